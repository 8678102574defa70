import assert from "node:assert/strict";
import { test } from "node:test";
import * as baton from "../../src/index.ts";
import {
  cdk,
  cloudformation,
  cloudfront,
  DefinitionError,
  docker,
  lambda,
  parameterStore,
  s3,
  terraform,
} from "../../src/index.ts";

/** Every action there is, by whether a job with it has to say that it deploys. */
const changing = {
  apply: terraform.apply(),
  destroy: terraform.destroy(),
  stack: cloudformation.deploy({ stack: "shop", template: "stack.yaml" }),
  cdk: cdk.deploy(),
  sync: s3.sync({ from: "dist", bucket: "site" }),
  update: lambda.update({ function: "shop", package: "function.zip" }),
  shift: lambda.blueGreen({ function: "shop", alias: "live", package: "function.zip" }),
  put: parameterStore.put({ "/shop/url": "x" }),
};
const harmless = {
  format: terraform.format(),
  validate: terraform.validate(),
  plan: terraform.plan(),
  synth: cdk.synth(),
  invalidate: cloudfront.invalidate({ distribution: "E1" }),
  publish: parameterStore.publish({ url: "/shop/url" }),
  image: docker.build({ repository: "ghcr.io/team/shop", publish: "url" }),
};

function refusals(step: baton.StepInput, deploys: { readonly deploys?: true }): string[] {
  const job = { ...deploys, steps: [step] };
  const outputs = ["parameter-store.publish", "docker.build"].includes(step.action?.kind ?? "")
    ? { outputs: { url: "string" as const } }
    : {};
  const shop = baton.pipeline("shop", { ...outputs, jobs: { job } });
  try {
    baton.delivery("shop", { pipelines: [shop], environments: [baton.env("dev")] });
    return [];
  } catch (error) {
    assert.ok(error instanceof DefinitionError);
    return error.refusals.map(({ code }) => code);
  }
}

test("a job whose action changes an environment has to say that it deploys", () => {
  for (const [name, step] of Object.entries(changing)) {
    assert.deepEqual(refusals(step, {}), ["changes-without-deploys"], name);
    assert.deepEqual(refusals(step, { deploys: true }), [], name);
  }
  for (const [name, step] of Object.entries(harmless)) assert.deepEqual(refusals(step, {}), [], name);
});

test("no action is left out above", () => {
  const groups = [terraform, cloudformation, cloudfront, cdk, docker, lambda, s3, parameterStore];
  const offered = groups.reduce((count, group) => count + Object.keys(group).length, 0);
  assert.equal(Object.keys(changing).length + Object.keys(harmless).length, offered);
});
