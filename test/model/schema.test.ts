import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { z } from "zod";
import type { Condition, Delivery, Value } from "../../src/model/delivery.ts";
import { deliveryFromJson, type modelSchema } from "../../src/model/model-schema.ts";
import { schemaFiles } from "../../src/model/schema-files.ts";

const folder = new URL("../../schema/", import.meta.url);

for (const [name, text] of Object.entries(schemaFiles())) {
  test(`schema/${name} is what the Zod schema says; if not, run: node test/model/write-schema.ts`, () => {
    assert.equal(readFileSync(new URL(name, folder), "utf8"), text);
  });
}

test("nothing else lies in schema/", () => {
  assert.deepEqual(readdirSync(folder).sort(), Object.keys(schemaFiles()).sort());
});

type Form = z.infer<typeof modelSchema>;
/** Compile-time only: the schema and the type that everyone reads have the same keys and kinds. */
export const typeHasForm: (delivery: Delivery) => Form = (delivery) => delivery;
export const formHasType: (form: Form) => Loose<Delivery> = (form) => form;

/** The schema's values and conditions are recursive and typed as anything; a missing key may be written undefined. */
type Loose<T> = T extends Value | Condition
  ? unknown
  : T extends readonly (infer Item)[]
    ? Loose<Item>[]
    : { [Key in keyof T]: Loose<T[Key]> | (undefined extends T[Key] ? undefined : never) };

test("JSON from elsewhere is taken only in the form of the model, and only when it may run", () => {
  const job = {
    per: "release",
    needs: [],
    deploys: false,
    runsAfter: "success",
    steps: [{ name: "x", run: "x", shell: "sh", env: {}, workingDirectory: ".", continueOnFailure: false }],
    env: {},
    timeoutMs: 1_000,
    retry: { attempts: 1, delayMs: 0, factor: 1, maxDelayMs: 0 },
    workingDirectory: ".",
    tools: [],
    continueOnFailure: false,
    artifacts: {},
    uses: [],
  };
  const triggers = { paths: [], branches: [], pullRequests: true, manual: true, schedules: [] };
  const web = { name: "web", needs: [], triggers, outputs: {}, env: {}, workingDirectory: ".", jobs: { job } };
  const model = { version: 1, name: "shop", variables: {}, parameters: {}, environments: [], pipelines: [web] };
  assert.equal(deliveryFromJson(model).ok, true);
  const codes = (json: unknown) => {
    const result = deliveryFromJson(json);
    return result.ok ? [] : result.refusals.map((refusal) => refusal.code);
  };
  assert.deepEqual(codes({ ...model, version: 2 }), ["wrong-form"]);
  assert.deepEqual(codes({ ...model, more: true }), ["wrong-form"]);
  assert.deepEqual(codes({ ...model, pipelines: [{ ...web, needs: ["api"] }] }), ["unknown-pipeline"]);
  assert.deepEqual(codes(null), ["wrong-form"]);
});
