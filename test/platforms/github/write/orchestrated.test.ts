import assert from "node:assert/strict";
import { test } from "node:test";

import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { needs } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";
import { example } from "./deliveries.ts";

const storefront = example("storefront");
const own = new Set(
  storefront.pipelines.flatMap(({ jobs }) =>
    Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run.trimEnd())),
  ),
);

test("the storefront's files are accepted by everybody", needs("shellcheck"), async () => {
  assert.deepEqual(await complaints(writeWorkflows(storefront, { layout: "orchestrated" }), own), []);
});

test("so they are with attestation", needs("shellcheck"), async () => {
  assert.deepEqual(await complaints(writeWorkflows(storefront, { layout: "orchestrated", attest: "yes" }), own), []);
});
