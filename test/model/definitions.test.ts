import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { loadYaml } from "../../src/model/load-yaml.ts";
import { deliveryFromJson } from "../../src/model/model-schema.ts";
import { refusalText } from "../../src/model/refusal.ts";

/**
 * `err/NAME.yaml` is refused with exactly the words of `err/NAME.txt`; `ok/NAME.yaml` is accepted. A new case is two new
 * files; `UPDATE=1` writes the expected words anew, to be read before they are committed.
 */
const folder = new URL("./", import.meta.url);
const update = process.env.UPDATE === "1";

for (const name of readdirSync(new URL("err/", folder)).sort()) {
  if (!name.endsWith(".yaml")) continue;
  test(`err/${name} is refused`, () => {
    const result = loadYaml(readFileSync(new URL(`err/${name}`, folder), "utf8"), name);
    assert.ok(!result.ok, "nothing was refused");
    const found = `${result.refusals.map((refusal) => refusalText(refusal)).join("\n")}\n`;
    const expected = new URL(`err/${name.replace(".yaml", ".txt")}`, folder);
    if (update) writeFileSync(expected, found);
    assert.equal(found, readFileSync(expected, "utf8"));
    for (const { place, related } of result.refusals) {
      assert.ok(place?.column, "a refusal has no place");
      for (const item of related) assert.ok(item.place?.column, "a related place is missing");
    }
  });
}

for (const name of readdirSync(new URL("ok/", folder)).sort()) {
  if (!name.endsWith(".yaml")) continue;
  test(`ok/${name} is accepted`, () => {
    const result = loadYaml(readFileSync(new URL(`ok/${name}`, folder), "utf8"), name);
    assert.deepEqual(result.ok ? [] : result.refusals.map((refusal) => refusalText(refusal)), []);
    assert.ok(result.ok);
    const json = JSON.parse(JSON.stringify(result.value)) as unknown;
    assert.deepEqual(deliveryFromJson(json), { ok: true, value: json }, "the built model has the form of its schema");
    const expected = new URL(`ok/${name.replace(".yaml", ".json")}`, folder);
    if (existsSync(expected)) {
      if (update) writeFileSync(expected, `${JSON.stringify(json, null, 2)}\n`);
      assert.deepEqual(json, JSON.parse(readFileSync(expected, "utf8")));
    }
  });
}
