/** What Baton writes as Terraform is read back whole: the facts are those of the same delivery as CloudFormation. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { literal } from "../../../../../src/facts/written.ts";
import type { Delivery } from "../../../../../src/model/delivery.ts";
import { type Layout, layouts } from "../../../../../src/platforms/codepipeline/write/options.ts";
import { CannotWrite } from "../../../../../src/platforms/generated.ts";
import { checkFolder, lines } from "../../../../check/cases.ts";
import { isFull, tries } from "../../../../lane/depth.ts";
import { fullDepth } from "../../../../lane/needs.ts";
import { samples } from "../../../../plan/random-delivery.ts";
import { readBack } from "../../simulate/read-back.ts";
import { examples, readExample, shop, shopSettings, write } from "../../write/written.ts";
import { bare } from "./bare-facts.ts";

interface Written {
  readonly name: string;
  readonly built: Delivery;
  readonly settings: object;
  readonly layouts: readonly Layout[];
}

const infraWeb = { name: "infra-web", ...(await readExample("infra-web")), layouts };
const written: readonly Written[] = [
  { name: "shop", built: shop, settings: shopSettings, layouts },
  infraWeb,
  // The others cannot be written as separate pipelines.
  { name: "network-compute", ...(await readExample("network-compute")), layouts: ["single"] },
  { name: "lambda-terraform", ...(await readExample("lambda-terraform")), layouts: ["single"] },
];

describe("generated Terraform says what generated CloudFormation says", fullDepth(), () => {
  for (const { name, built, settings, layouts } of written) {
    for (const layout of layouts) {
      test(`${name}, ${layout}`, async () => {
        const terraform = await readBack(write(built, settings, { format: "terraform", layout }));
        const cloudFormation = await readBack(write(built, settings, { format: "cloudformation", layout }));
        assert.ok(terraform.facts.length > 0);
        assert.deepEqual(bare({ pipelines: terraform.facts }), bare({ pipelines: cloudFormation.facts }));
      });
    }
  }
});

test("random deliveries, too", fullDepth(), async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(samples, fc.constantFrom(...layouts), async ({ delivery }, layout) => {
      const files = writable(expressible(delivery), layout);
      if (!files) return;
      count++;
      const [terraform, cloudFormation] = await Promise.all(files.map(readBack));
      assert.deepEqual(bare({ pipelines: terraform!.facts }), bare({ pipelines: cloudFormation!.facts }));
    }),
    { seed: 3, ...tries(40) },
  );
  if (isFull) assert.ok(count > 10, `only ${count} of them can be written`);
});

/** Nothing runs after a failure and nothing hangs on the event, as on CodePipeline itself. */
function expressible(delivery: Delivery): Delivery {
  const copy = structuredClone(delivery);
  for (const job of copy.pipelines.flatMap(({ jobs }) => Object.values(jobs))) {
    job.runsAfter = "success";
    delete job.condition;
  }
  for (const environment of copy.environments) if (environment.after.length === 0) environment.branch ??= "main";
  return copy;
}

/** In both formats; not every delivery is one that CodePipeline can carry out. */
function writable(delivery: Delivery, layout: Layout) {
  try {
    return (["terraform", "cloudformation"] as const).map((format) => write(delivery, {}, { format, layout }));
  } catch (error) {
    if (error instanceof CannotWrite) return undefined;
    throw error;
  }
}

test("infra-web: every stage, action, trigger and role is there, and nothing is found", async () => {
  const { facts, pipelines } = await readBack(write(infraWeb.built, infraWeb.settings, { format: "terraform" }));
  const [dev] = facts;
  assert.deepEqual(
    facts.map(({ label, partial, mode }) => [label, partial, mode]),
    [
      ["infra-web-dev", false, "queued"],
      ["infra-web-prod", false, "queued"],
    ],
  );
  assert.deepEqual(
    dev!.actions.map(({ stageLabel, label, runOrder, inputs, outputs, opaque }) => {
      return [stageLabel, label, runOrder, inputs.map(literal), outputs.map(literal), opaque];
    }),
    [
      ["Source", "repository", 1, [], ["Source"], false],
      ["Build", "infra-validate", 1, ["Source"], [], false],
      ["Build", "web-check", 2, ["Source"], [], false],
      ["Build", "web-package", 3, ["Source"], ["web_package"], false],
      ["dev", "infra-apply", 1, ["Source"], [], false],
      ["dev", "web-build", 2, ["Source"], ["web_build__dev"], false],
      ["dev", "web-deploy", 3, ["Source", "web_build__dev", "web_package"], [], false],
    ],
  );
  const [start] = dev!.starts;
  assert.ok(start?.cause.kind === "push");
  assert.deepEqual(start.cause.branches.literals, ["develop"]);
  assert.ok(start.cause.paths.accepts("web/index.html") && !start.cause.paths.accepts("README.md"));
  assert.deepEqual(pipelines[0]!.stages.at(-1)?.onFailure?.result, "ROLLBACK");
  assert.deepEqual(
    dev!.stores.map(({ label, gaps }) => [label, gaps]),
    [["aws_s3_bucket.artifacts", []]],
  );
  const { findings } = await checkFolder(`${examples}infra-web`);
  assert.equal(lines(findings), "");
});
