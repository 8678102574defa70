/** Types are stripped, so what an action was given is read when the definition loads; its outputs are held against the model. */

import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import {
  cdk,
  cloudformation,
  cloudfront,
  DefinitionError,
  delivery,
  docker,
  env,
  lambda,
  parameterStore,
  pipeline,
  type StepInput,
  s3,
  secret,
  terraform,
  variable,
} from "../../src/index.ts";

function said(build: () => unknown): string[] {
  try {
    build();
    return [];
  } catch (error) {
    assert.ok(error instanceof DefinitionError, String(error));
    return error.refusals.map(({ place, message, help }) => {
      assert.equal(place && basename(place.file), "inputs.test.ts", "the place is the call");
      return `${message}: ${help}`;
    });
  }
}

/** As an editor without types lets it through. */
const given = (input: object) => input as never;

test("an input that an action does not have, lacks or cannot take is refused where the action is called", () => {
  assert.deepEqual(
    said(() => docker.build(given({ repositry: "ghcr.io/team/web", registry: "gchr", publish: 1 }))),
    [
      '"repositry" is not a key of "docker.build": did you mean "repository"?',
      '"repository" must be a string or an object with one of the keys output, secret, variable, parameter, matrix, context, but it is missing: write a string or an object with one of the keys output, secret, variable, parameter, matrix, context',
      '"publish" must be a string, but it is the number 1: write a string',
      '"registry" cannot be "gchr": did you mean "ghcr"?',
    ],
  );
  const actions: Record<string, (input: never) => unknown> = {
    "terraform.format": terraform.format,
    "terraform.validate": terraform.validate,
    "terraform.plan": terraform.plan,
    "terraform.apply": terraform.apply,
    "terraform.destroy": terraform.destroy,
    "cdk.synth": cdk.synth,
    "cdk.deploy": cdk.deploy,
    "cloudformation.deploy": cloudformation.deploy,
    "cloudfront.invalidate": cloudfront.invalidate,
    "lambda.update": lambda.update,
    "lambda.blueGreen": lambda.blueGreen,
    "s3.sync": s3.sync,
    "docker.build": docker.build,
  };
  for (const [name, action] of Object.entries(actions)) {
    const [first = ""] = said(() => action(given({ publsh: "x" })));
    assert.ok(first.startsWith(`"publsh" is not a key of "${name}": `), `${name}: ${first}`);
    assert.match(said(() => action(given(["x"]))).join("\n"), /must be an object with the keys/, name);
  }
  for (const action of [parameterStore.put, parameterStore.publish]) {
    assert.match(said(() => action(given({ url: { ouput: "x" } }))).join("\n"), /^"url" must be a string or an object/);
    assert.match(said(() => action(undefined as never)).join("\n"), /must be an object with names as keys/);
  }
});

test("the repository of an image has no tag and no digest", () => {
  const built = (repository: string) => said(() => docker.build({ repository, publish: "image" }));
  assert.deepEqual(built("ghcr.io/team/web:latest"), [
    '"repository" is "ghcr.io/team/web:latest", with a tag: write repository: "ghcr.io/team/web", and tag: "latest" if you mean it',
  ]);
  assert.deepEqual(built("web@sha256:00"), ['"repository" is "web@sha256:00", with a digest: write repository: "web"']);
  for (const repository of ["web", "localhost:5000/web", "1.dkr.ecr.eu-central-1.amazonaws.com/team/web"]) {
    assert.deepEqual(built(repository), [], repository);
  }
  assert.deepEqual(
    said(() => docker.build({ repository: variable("repository"), publish: "image" })),
    [],
  );
});

interface Shop {
  readonly step: StepInput;
  readonly outputs?: Readonly<Record<string, object>>;
  readonly per?: "release" | "environment";
  readonly environments?: readonly string[];
}

function shop({ step, outputs = { image: { job: "build" } }, per = "release", environments = ["dev", "prod"] }: Shop) {
  const web = pipeline("web", given({ outputs, jobs: { build: { per, steps: [step] }, test: { steps: ["true"] } } }));
  return said(() =>
    delivery("shop", {
      pipelines: [web],
      environments: environments.map((name) => env(name, { variables: { stage: name } })),
      variables: { team: "web" },
    }),
  );
}

test("what an action publishes is an output of its pipeline, and of its job", () => {
  const build = (publish: string) => docker.build({ repository: "web", publish });
  assert.deepEqual(shop({ step: build("image") }), []);
  assert.deepEqual(shop({ step: build("imgae") }), [
    'the job "build" publishes "imgae", but "web" has no such output: did you mean "image"?',
  ]);
  assert.deepEqual(shop({ step: build("image"), outputs: {} }), [
    'the job "build" publishes "image", but "web" has no such output: add it: outputs: { image: { job: "build" } }',
  ]);
  assert.deepEqual(shop({ step: build("image"), outputs: { image: { job: "test" } } }), [
    'the job "build" publishes "image", which "test" is to publish: name the job: image: { job: "build" }',
  ]);
  for (const step of [
    parameterStore.publish({ url: "/shop/url" }),
    terraform.apply({ publish: { url: "site_url" } }),
    cloudformation.deploy({ stack: "shop", template: "t.yaml", publish: { url: "Url" } }),
  ]) {
    assert.match(shop({ step }).join("\n"), /publishes "url", but "web" has no such output/, step.action?.kind);
  }
});

test("an image that is the same everywhere is built once", () => {
  const build = (more: object) => docker.build({ repository: "web", publish: "image", ...more });
  const again = /^the job "build" builds the image again in every environment/;
  for (const more of [{}, { tag: variable("team") }, { arguments: { TOKEN: secret("TOKEN") } }]) {
    assert.match(shop({ step: build(more), per: "environment" }).join("\n"), again, JSON.stringify(more));
    assert.deepEqual(shop({ step: build(more), per: "environment", environments: ["dev"] }), []);
    assert.deepEqual(shop({ step: build(more) }), []);
  }
  for (const more of [
    { repository: variable("stage") },
    { arguments: { STAGE: { context: "environment" } } },
    { tag: ["v-", { context: "environment" }] },
  ]) {
    assert.deepEqual(shop({ step: build(more), per: "environment" }), [], JSON.stringify(more));
  }
});

/** An input with every key, and another value for each. */
const whole: readonly { action: (input: never) => StepInput<never, never>; input: object; other: object }[] = [
  { action: terraform.format, input: { directory: "a" }, other: { directory: "b" } },
  { action: terraform.validate, input: { directory: "a" }, other: { directory: "b" } },
  {
    action: terraform.plan,
    input: { directory: "a", backend: { key: "a" }, variables: { size: "1" }, report: "a" },
    other: { directory: "b", backend: { key: "b" }, variables: { size: "2" }, report: "b" },
  },
  {
    action: terraform.apply,
    input: { directory: "a", backend: { key: "a" }, variables: { size: "1" }, publish: { url: "a" } },
    other: { directory: "b", backend: { bucket: "a" }, variables: { width: "1" }, publish: { url: "b" } },
  },
  {
    action: terraform.destroy,
    input: { directory: "a", backend: { key: "a" }, variables: { size: "1" } },
    other: { directory: "b", backend: {}, variables: {} },
  },
  {
    action: cdk.synth,
    input: { stacks: ["a", "b"], app: "a", context: { zone: "a" }, output: "a" },
    other: { stacks: ["a", "c"], app: "b", context: { zone: "b" }, output: "b" },
  },
  {
    action: cdk.deploy,
    input: { stacks: ["a"], app: "a", context: { zone: "a" } },
    other: { stacks: ["a", "b"], app: "b", context: {} },
  },
  {
    action: cloudformation.deploy,
    input: {
      stack: "a",
      template: "a",
      parameters: { Size: "1" },
      capabilities: ["CAPABILITY_IAM"],
      tags: { a: "1" },
      publish: { id: "A" },
    },
    other: {
      stack: "b",
      template: "b",
      parameters: { Size: "2" },
      capabilities: ["CAPABILITY_NAMED_IAM"],
      tags: { a: "2" },
      publish: { id: "B" },
    },
  },
  {
    action: cloudfront.invalidate,
    input: { distribution: "a", paths: ["/a"] },
    other: { distribution: "b", paths: ["/b"] },
  },
  {
    action: lambda.update,
    input: { function: "a", package: "a", alias: "a" },
    other: { function: "b", package: "b", alias: "b" },
  },
  {
    action: lambda.blueGreen,
    input: { function: "a", package: "a", alias: "a", shares: [10], watchMinutes: "1", alarms: ["a"], check: "a" },
    other: { function: "b", package: "b", alias: "b", shares: [20], watchMinutes: "2", alarms: ["b"], check: "b" },
  },
  {
    action: s3.sync,
    input: { from: "a", bucket: "a", prefix: "a", cacheControl: "a", others: "kept" },
    other: { from: "b", bucket: "b", prefix: "b", cacheControl: "b", others: "deleted" },
  },
  {
    action: docker.build,
    input: {
      repository: "h/a",
      publish: "a",
      context: "a",
      file: "a",
      target: "a",
      arguments: { v: "1" },
      platforms: ["p/a"],
      tag: "a",
      registry: "ecr",
      layers: "a",
    },
    other: {
      repository: "h/b",
      publish: "b",
      context: "b",
      file: "b",
      target: "b",
      arguments: { v: "2" },
      platforms: ["p/b"],
      tag: "b",
      registry: "ghcr",
      layers: "b",
    },
  },
  { action: parameterStore.put, input: { "/a": "1" }, other: { "/a": "2" } },
  { action: parameterStore.publish, input: { url: "/a" }, other: { url: "/b" } },
];

test("another value for any key is another action for the plan, which does not compare its commands", () => {
  for (const { action, input, other } of whole) {
    const step = action(given(input));
    for (const [key, value] of Object.entries(other)) {
      const { action: made, run } = action(given({ ...input, [key]: value }));
      const words = `${step.action!.kind}, ${key}`;
      assert.notDeepEqual([made!.inputs, made!.publishes], [step.action!.inputs, step.action!.publishes], words);
      if (key !== "registry") assert.notEqual(run, step.run, `${words}: and it is another command`);
    }
  }
});
