import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import type { Delivery } from "../../src/model/delivery.ts";
import { loadYaml } from "../../src/model/load-yaml.ts";
import { deliveryFromJson } from "../../src/model/model-schema.ts";
import { refusalText } from "../../src/model/refusal.ts";
import { deliverySchema } from "../../src/model/schema.ts";
import { tries } from "../lane/depth.ts";
import { buildFromWritten } from "./built-from-written.ts";
import { writtenDelivery } from "./random-delivery.ts";

function loaded(text: string): Delivery {
  const result = loadYaml(text, "baton.yaml");
  assert.deepEqual(result.ok ? [] : result.refusals.map((refusal) => refusalText(refusal)), []);
  assert.ok(result.ok);
  return result.value;
}

test("a delivery gives the same model from builders, YAML and JSON, and the model survives as JSON", () => {
  fc.assert(
    fc.property(writtenDelivery, (written) => {
      const built = buildFromWritten(written);
      assert.deepEqual(loaded(stringify(written)), built);
      assert.deepEqual(loaded(JSON.stringify(written)), built);
      const json = JSON.parse(JSON.stringify(built)) as unknown;
      assert.deepEqual(json, built);
      assert.deepEqual(deliveryFromJson(json), { ok: true, value: json });
      assert.equal(deliverySchema.safeParse(written).success, true);
    }),
    tries(60),
  );
});

/** Every place inside a value, as the keys that lead there. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([key, item]) => places(item, [...path, key]))];
}

/** What people do wrong: the wrong kind of thing, a key too many, a key that is gone. */
const slips = [null, 1, -1, true, "x", "", [], ["x"], {}, { x: "y" }, { output: 1 }, [[]], { attempts: "2" }] as const;

function spoil(value: unknown, path: (string | number)[], slip: unknown): unknown {
  if (path.length === 0) return slip;
  const [key, ...rest] = path as [string | number, ...(string | number)[]];
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string | number, unknown>)[key] = spoil((value as never)[key], rest, slip);
  return copy;
}

test("what the schema refuses is refused here too, and what has a wrong form here is refused by the schema", () => {
  const spoilt = writtenDelivery.chain((written) => {
    const all = places(written);
    const where = fc.nat({ max: all.length - 1 }).map((index) => all[index]!);
    const misspelt = where.map((path) => [...path.slice(0, -1), `${String(path.at(-1))}z`]);
    return fc
      .tuple(fc.oneof(where, misspelt), fc.constantFrom(...slips))
      .map(([path, slip]) => ({ path, slip, written: spoil(written, path, slip) }));
  });
  const formCodes = new Set(["wrong-form", "unknown-key", "unknown-word", "unknown-version"]);
  fc.assert(
    fc.property(spoilt, ({ path, slip, written }) => {
      const result = loadYaml(JSON.stringify(written), "baton.json");
      const refusals = result.ok ? [] : result.refusals;
      const said = refusals.map((refusal) => refusalText(refusal)).join("\n");
      const schema = deliverySchema.safeParse(written);
      const at = `${path.join(".")} = ${JSON.stringify(slip)}`;
      if (!schema.success) assert.notEqual(said, "", `only the schema refuses ${at}: ${schema.error.message}`);
      if (refusals.some((refusal) => formCodes.has(refusal.code))) {
        assert.equal(schema.success, false, `only the normaliser refuses ${at}:\n${said}`);
      }
      for (const refusal of refusals) assert.ok(refusal.place?.line, said);
    }),
    tries(400),
  );
});
