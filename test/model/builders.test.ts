import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { isBuiltDelivery, placesOf } from "../../src/model/built-delivery.ts";
import { deliveryFromModule } from "../../src/model/from-module.ts";
import {
  DefinitionError,
  delivery,
  env,
  output,
  parameter,
  pipeline,
  secret,
  sh,
  variable,
  when,
} from "../../src/model/index.ts";
import type { DefinitionPlace } from "../../src/model/refusal.ts";

function lineHere(): number {
  const [, , caller] = new Error().stack!.split("\n");
  return Number(/:(\d+):\d+\)?$/.exec(caller!)![1]);
}

function refusedBy(build: () => unknown): DefinitionError {
  try {
    build();
  } catch (error) {
    assert.ok(error instanceof DefinitionError, String(error));
    return error;
  }
  return assert.fail("nothing was refused");
}

function where(place: DefinitionPlace | undefined): string {
  return place ? `${basename(place.file)}:${place.line}` : "nowhere";
}

test("a refusal names the line of the builder call, and the line of what it relates to", () => {
  const infraLine = lineHere() + 1;
  const infra = pipeline("infra", {
    outputs: { bucket: "string" },
    jobs: { apply: { deploys: true, steps: ["./apply.sh"] } },
  });
  const stepLine = lineHere() + 1;
  const step = sh`deploy ${variable("regoin")}`;
  const webLine = lineHere() + 1;
  const web = pipeline("web", {
    jobs: { deploy: { deploys: true, env: { BUCKET: infra.outputs.bucket }, steps: [step] } },
  });
  const error = refusedBy(() =>
    delivery("shop", { variables: { region: "eu" }, pipelines: [infra, web], environments: [env("dev")] }),
  );
  const file = "builders.test.ts";
  assert.deepEqual(
    error.refusals.map(({ code, place, related }) => [code, where(place), ...related.map((item) => where(item.place))]),
    [
      ["unknown-variable", `${file}:${stepLine}`],
      ["output-without-needs", `${file}:${webLine}`, `${file}:${infraLine}`],
    ],
  );
  assert.match(error.message, /did you mean "region"\?/);
});

test("two things of one name are refused with both lines", () => {
  const first = lineHere() + 1;
  const one = env("dev");
  const two = env("dev");
  const web = () => pipeline("web", { jobs: { test: { steps: ["npm test"] } } });
  const error = refusedBy(() => delivery("shop", { pipelines: [web(), web()], environments: [one, two] }));
  const environment = error.refusals.find((refusal) => refusal.path[0] === "environments")!;
  assert.equal(environment.message, 'there is already an environment "dev"');
  assert.equal(where(environment.place), `builders.test.ts:${first + 1}`);
  assert.equal(where(environment.related[0]!.place), `builders.test.ts:${first}`);
  assert.equal(error.refusals.length, 2);
});

test("a needed pipeline and a used parameter that the delivery does not list are refused", () => {
  const infra = pipeline("infra", { jobs: { apply: { deploys: true, steps: ["./apply.sh"] } } });
  const version = parameter("version");
  const web = pipeline("web", {
    needs: [infra],
    jobs: { deploy: { env: { VERSION: version }, steps: ["./deploy.sh"] } },
  });
  const error = refusedBy(() => delivery("shop", { pipelines: [web], environments: [env("dev")] }));
  assert.deepEqual(
    error.refusals.map(({ message }) => message),
    ['there is no pipeline "infra"', 'there is no parameter "version"'],
  );
});

test("what is undefined where something is listed or named is told as that, once", () => {
  const { infra, bucket } = {} as Record<string, never>;
  const web = pipeline("web", {
    needs: [infra!],
    jobs: { deploy: { env: { BUCKET: bucket! }, uses: [bucket!], steps: [sh("true"), infra!, sh`echo ${bucket!}`] } },
  });
  const error = refusedBy(() =>
    delivery("shop", { pipelines: [web], environments: [env("dev", { after: [infra!] })] }),
  );
  assert.deepEqual(error.refusals.map(({ message }) => message).sort(), [
    '"BATON_VALUE_1" is undefined',
    '"BUCKET" is undefined',
    'an entry of "after" is undefined',
    'an entry of "needs" is undefined',
    'an entry of "steps" is undefined',
    'an entry of "uses" is undefined',
  ]);
  assert.ok(error.refusals.every(({ help }) => help.startsWith("look for a misspelt property or import")));
});

test("what the compiler would have refused is refused again when types were not checked", () => {
  const loose = (value: unknown) => value as never;
  const web = pipeline(
    "web",
    loose({ needs: ["infra", 7], jobs: { test: { needs: "tset", steps: [sh("npm test"), 5], timout: 3 }, odd: null } }),
  );
  const error = refusedBy(() =>
    delivery("shop", loose({ pipelines: [web, "infra", { name: "x" }], environments: env("dev"), parameters: [null] })),
  );
  const said = error.refusals.map(({ message }) => message).sort();
  assert.deepEqual(
    said,
    [
      '"environments" must be a list',
      '"odd" must be an object, but it is empty',
      '"steps" must be a list, but it is missing',
      '"timout" is not a key of "test"',
      'an entry of "needs" must be a string, but it is the number 7',
      'an entry of "steps" must be an object, but it is the number 5',
      '"run" must be a string, but it is missing',
      "parameters[0] was not made by parameter(...)",
      "pipelines[1] was not made by pipeline(...)",
      "pipelines[2] was not made by pipeline(...)",
      'there are no environments for the job "test" of "web" to run in',
      'there is no job "tset"',
      'there is no pipeline "infra"',
    ].sort(),
  );
  assert.throws(() => delivery(loose(undefined), loose(undefined)), DefinitionError);
  assert.throws(() => delivery("shop", loose({ pipelines: [pipeline("web", loose(null))], environments: [] })));
});

test("the built model is plain JSON without traces of the builders", () => {
  const web = pipeline("web", {
    outputs: { url: { type: "url", job: "deploy" } },
    jobs: {
      deploy: { deploys: true, env: { TOKEN: secret("TOKEN") }, steps: [sh("./deploy.sh")] },
      smoke: { needs: "deploy", steps: [sh`curl ${output("url")}`], condition: when.environment("dev") },
    },
  });
  const built = delivery("shop", { pipelines: [web], environments: [env("dev")] });
  assert.deepEqual(JSON.parse(JSON.stringify(built)), structuredClone(built));
  assert.deepEqual(Object.getOwnPropertyNames(built).sort(), [
    "environments",
    "name",
    "parameters",
    "pipelines",
    "variables",
    "version",
  ]);
  assert.deepEqual(built.pipelines[0]!.jobs.smoke!.steps[0]!.env, { BATON_VALUE_URL: { output: "web.url" } });
  assert.equal(where(placesOf(built)(["pipelines", "web", "jobs"])), where(placesOf(built)(["pipelines", "web"])));
});

test("a pipeline of 2,000 jobs in a row is built and checked", () => {
  const jobs: Record<string, { needs: string[]; steps: string[] }> = {};
  for (let index = 0; index < 2_000; index++) {
    jobs[`j${index}`] = { needs: index === 0 ? [] : [`j${index - 1}`], steps: ["true"] };
  }
  const built = delivery("long", { pipelines: [pipeline("web", { jobs })], environments: [env("dev")] });
  assert.equal(Object.keys(built.pipelines[0]!.jobs).length, 2_000);
});

test("the delivery of a module is its default export; anything else is named", () => {
  const web = pipeline("web", { jobs: { test: { per: "release", steps: ["npm test"] } } });
  const shop = delivery("shop", { pipelines: [web], environments: [] });
  assert.deepEqual(deliveryFromModule({ default: shop }), { ok: true, value: shop });
  assert.equal(isBuiltDelivery({ ...shop }), false);
  const said = [
    { shop, web },
    {},
    { default: () => shop },
    { default: Promise.resolve(shop) },
    { default: { ...shop } },
    { default: 5 },
  ]
    .map((exports) => deliveryFromModule(exports))
    .map((result) => (result.ok ? "accepted" : `${result.refusals[0]!.message} | ${result.refusals[0]!.help}`));
  const write = 'write: export default delivery("name", { pipelines: [...], environments: [...] })';
  assert.deepEqual(said, [
    `the module's default export is missing; it also exports "shop", "web" | write: export default shop`,
    `the module's default export is missing | ${write}`,
    `the module's default export is a function, not a delivery | ${write}`,
    `the module's default export is a promise, not a delivery | ${write}`,
    `the module's default export is an object that delivery(...) did not make | ${write}`,
    `the module's default export is 5, not a delivery | ${write}`,
  ]);
});

test("what verifies for less than a minute looks again when that is over, unless it says when", () => {
  const everyOf = (verify: string | boolean | { for: string; every: string }) => {
    const web = pipeline("web", {
      jobs: { deploy: { deploys: true, steps: [sh("true")] }, smoke: { verify, steps: [sh("true")] } },
    });
    const built = deliveryFromModule({ default: delivery("shop", { pipelines: [web], environments: [env("dev")] }) });
    assert.ok(built.ok);
    return built.value.pipelines[0]!.jobs.smoke!.verify!.everyMs;
  };
  assert.equal(everyOf("10s"), 10_000);
  assert.equal(everyOf("10m"), 60_000);
  assert.equal(everyOf({ for: "10s", every: "2s" }), 2_000);
  assert.equal(everyOf("0s"), 1_000);
  assert.equal(everyOf(true), 60_000);
});
