/** What CodePipeline has no means for is refused, with what it is and what to do; what it can widen, it widens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { context, delivery, env, parameter, pipeline, sh, text, when } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { eventBridgeCron } from "../../../../src/platforms/codepipeline/write/cron.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { releaseLinesOf } from "../../../../src/platforms/codepipeline/write/release-lines.ts";
import { triggersOf } from "../../../../src/platforms/codepipeline/write/triggers.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { write } from "./written.ts";

const main = env("test", { branch: "main" });

/** A job or two in one pipeline. */
const withJobs = (jobs: object, environments = [main]): Delivery =>
  delivery("shop", { pipelines: [pipeline("web", { jobs } as never)], environments } as never);

const deploy = (more: object = {}) => ({ deploys: true, steps: [sh("./deploy.sh")], ...more });

const withDefault = (preset: string): Delivery =>
  delivery("shop", {
    parameters: [parameter("note", { default: preset })],
    pipelines: [pipeline("web", { jobs: { deploy: deploy() } as never })],
    environments: [main],
  });

test("each refusal names the thing and the remedy", () => {
  const size = parameter("size", { options: ["s", "l"], default: "s" });
  const cases: [Delivery, RegExp, RegExp][] = [
    [
      withJobs({ deploy: deploy(), report: deploy({ needs: ["deploy"], runsAfter: "always" }) }),
      /web\.report runs after success and failure/,
      /continueOnFailure/,
    ],
    [
      withJobs({ deploy: deploy() }, [env("test", { branch: "main", approval: { count: 2 } }) as never]),
      /test wants the approval of 2 people, and on CodePipeline one answer lets a run in/,
      /leave count out/,
    ],
    [
      withJobs({ deploy: deploy() }, [env("test", { branch: "main", approval: { selfApproval: false } }) as never]),
      /somebody else than who asked for the run, and CodePipeline lets anybody answer/,
      /leave selfApproval out/,
    ],
    [
      withJobs({ deploy: deploy(), back: { undo: true, steps: ["./back.sh"] } }),
      /web\.back undoes what a rollback takes back, and what is generated for CodePipeline takes back nothing/,
      /leave the job out/,
    ],
    [
      withJobs({ deploy: deploy() }, [
        env("test", { branch: "main", windows: { from: "09:00", to: "17:00", zone: "UTC" } }) as never,
      ]),
      /test is deployed in change windows only, and a run on CodePipeline goes on at once/,
      /leave windows out/,
    ],
    [
      withJobs({ deploy: deploy() }, [
        env("dev", { branch: "main" }) as never,
        env("test", { after: "dev", promote: { soak: "2h" } }) as never,
      ]),
      /promoted to test by themselves when they have soaked, and a run on CodePipeline goes on at once/,
      /leave promote out/,
    ],
    [withJobs({ deploy: deploy({ condition: when.event("push") }) }), /does not tell its actions/, /use a parameter/],
    [
      withJobs({ deploy: deploy() }, [env("test", { branch: "release/**" }) as never]),
      /takes pushes to release\/\*\*/,
      /name the branch/,
    ],
    [withJobs({ deploy: deploy() }, [env("test") as never]), /neither a branch nor an environment/, /give it a branch/],
    [
      withJobs({ deploy: deploy() }, [
        main,
        env("live", { branch: "live" }) as never,
        env("prod", { after: ["test", "live"] }) as never,
      ]),
      /after environments of several branches \(main, live\)/,
      /one branch/,
    ],
    [
      withJobs({ deploy: deploy({ concurrency: "database" }) }, [main, env("prod", { after: "test" }) as never]),
      /group database is used in the stages test and prod/,
      /environment into the name/,
    ],
    [
      withJobs({ deploy: deploy() }, [
        env("test", { branch: "main", approval: { message: "x".repeat(1000) } }) as never,
      ]),
      /asks with 1\d{3} characters/,
      /shorten its message/,
    ],
    [
      withJobs(Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`job${index}`, deploy()]))),
      /the stage test of shop would have 51 actions, and CodePipeline takes 50/,
      /layout separate/,
    ],
    [
      withJobs({ deploy: deploy() }, [env("t".repeat(95), { branch: "main", approval: {} }) as never]),
      /the stage Approve-t+ would have a name of 103 characters, and CodePipeline takes 100/,
      /shorten the name/,
    ],
    [withDefault(""), /the default of the parameter note is empty/, /another default/],
    [withDefault("a\nb"), /the default of the parameter note has more than one line/, /another default/],
    [withDefault("x".repeat(1001)), /note has 1001 characters, and CodePipeline takes 1000/, /another default/],
    [
      withJobs({ deploy: deploy({ concurrency: { group: text`run-${context("run")}` } }) }),
      /known only while it runs/,
      /variables, the environment/,
    ],
    [
      delivery("shop", {
        parameters: [size],
        environments: [main],
        pipelines: [
          pipeline("web", {
            outputs: { url: "string" },
            jobs: { deploy: deploy({ condition: when.parameter(size, "l") }) },
          } as never),
        ],
      } as never),
      /web\.deploy hands something over and its condition may leave it out/,
      /condition on its steps/,
    ],
    [
      delivery("shop", {
        environments: [],
        pipelines: [pipeline("web", { jobs: { test: { per: "release", steps: [sh("true")] } } })],
      }),
      /has no environment/,
      /add an environment/,
    ],
  ];
  for (const [built, message, next] of cases) {
    assert.throws(
      () => write(built),
      (error: CannotWrite) => {
        assert.ok(error instanceof CannotWrite, String(error));
        assert.match(error.message, message);
        assert.match(error.next ?? "", next);
        return true;
      },
    );
  }
});

test("what separate CodePipelines cannot hand on is refused", () => {
  const size = parameter("size", { type: "string" });
  const lib = (outputs = {}) =>
    pipeline("lib", {
      outputs,
      jobs: {
        build: { per: "release", steps: [sh("make")], artifacts: { package: "out" } },
        deploy: { deploys: true, steps: ["./deploy.sh"] },
      },
    });
  const versioned = lib({ version: { type: "string", job: "build" } }) as never as { outputs: { version: never } };
  const web = (needs: object, job: object, more: object = {}) =>
    delivery("shop", {
      ...more,
      pipelines: [needs, pipeline("web", { needs: [needs], jobs: { deploy: deploy(job) } } as never)],
      environments: [main],
    } as never);
  const cases: [Delivery, object, RegExp, RegExp][] = [
    [
      web(lib(), { per: "release", deploys: false, uses: ["lib.package"] }),
      {},
      /takes lib\.package once for each release/,
      /layout single/,
    ],
    [
      web(versioned, { per: "release", deploys: false, env: { VERSION: versioned.outputs.version } }),
      {},
      /takes lib\.version once for each release/,
      /layout single/,
    ],
    [web(lib(), {}, { parameters: [size] }), {}, /the parameter size has no default/, /give it a default/],
    [
      delivery("shop", { pipelines: [lib()], environments: [main] } as never),
      { rollback: "function", alarms: { test: ["errors"] } },
      /an alarm does not tell whose deployment/,
      /rollback: stage/,
    ],
    [web(lib(), {}), { rollback: "function" }, /does not know which release/, /rollback: stage/],
  ];
  for (const [built, settings, message, next] of cases) {
    assert.throws(
      () => write(built, settings, { layout: "separate" }),
      (error: unknown) => error instanceof CannotWrite && message.test(error.message) && next.test(error.next ?? ""),
    );
  }
});

test("more outputs than an action can be told are refused, not cut", () => {
  const names = Array.from({ length: 12 }, (_, index) => `output${index}`);
  const infra = pipeline("infra", {
    outputs: Object.fromEntries(names.map((name) => [name, "string"])) as Record<string, "string">,
    jobs: { apply: deploy() } as never,
  });
  const outputs = infra.outputs as unknown as Record<string, never>;
  const web = pipeline("web", {
    needs: [infra],
    jobs: {
      deploy: deploy({ env: Object.fromEntries(names.map((name) => [name.toUpperCase(), outputs[name]])) }),
    } as never,
  });
  assert.throws(
    () => write(delivery("shop", { pipelines: [infra, web], environments: [main] })),
    /CodePipeline takes 1000/,
  );
});

test("one pipeline for each branch, with the environments that its releases reach", () => {
  const built = withJobs({ deploy: deploy() }, [
    env("dev", { branch: "develop" }),
    env("test", { branch: "main" }),
    env("prod", { after: "test" }),
  ] as never);
  assert.deepEqual(
    releaseLinesOf(built).map(({ name, branch, environments }) => [name, branch, environments.map((one) => one.name)]),
    [
      ["shop-dev", "develop", ["dev"]],
      ["shop-test", "main", ["test", "prod"]],
    ],
  );
});

test("a trigger is as narrow as it can be told, and never narrower than the definition", () => {
  const triggered = (...paths: string[][]) => {
    const pipelines = paths.map((list, index) =>
      pipeline(`p${index}`, { paths: list, jobs: { deploy: deploy() } as never }),
    );
    const [line] = releaseLinesOf(delivery("shop", { pipelines, environments: [main] } as never));
    return triggersOf(line!, { root: "shop", settings: settingsSchema.parse({}) })[0]!.paths;
  };
  assert.deepEqual(triggered(["web/**"], ["infra/*.tf", "!infra/old.tf"]), ["shop/web/**", "shop/infra/*.tf"]);
  assert.deepEqual(triggered(["web/**"], []), ["shop/**"]);
  assert.deepEqual(triggered(["web/page[0-9].html", "a/b+c/d"]), ["shop/web/**", "shop/a/**"]);
  // There, a folder has to be where `**` and a slash stand.
  assert.deepEqual(triggered(["**/*.css", "web/**/index.html"]), ["shop/***.css", "shop/web/**index.html"]);
  assert.deepEqual(triggered([`web/${"x".repeat(250)}`]), ["shop/**"]);
  assert.deepEqual(triggered(Array.from({ length: 9 }, (_, index) => `p${index}/**`)), ["shop/**"]);
});

test("what is too long to be told is shortened, the same way wherever it stands", () => {
  const parameters = [parameter("note", { default: "none", description: `Why\n  ${"so ".repeat(100)}` })];
  const long = "j".repeat(60);
  const jobs = { [long]: deploy({ env: { NOTE: parameters[0]! } }), after: deploy({ needs: [long] }) };
  const built = delivery("shop", {
    parameters,
    pipelines: [pipeline("w".repeat(50), { jobs } as never)],
    environments: [main],
  } as never);
  const infrastructure = lowerDelivery(built, {
    layout: "single",
    format: "cloudformation",
    root: "",
    folder: "x",
    settings: settingsSchema.parse({}),
  });
  const found = infrastructure.resources.find((one) => one.kind === "pipeline")!;
  assert.equal(found.variables[0]!.description.length, 200);
  assert.match(found.variables[0]!.description, /^Why so so .*…$/);
  for (const { namespace } of found.stages.flatMap(({ actions }) => actions))
    if (namespace !== undefined) assert.match(namespace, /^[A-Za-z0-9@_-]{1,100}$/);
});

test("cron lines mean the same on EventBridge", () => {
  assert.deepEqual(eventBridgeCron("30 4 * * 1-5"), ["cron(30 4 ? * MON,TUE,WED,THU,FRI *)"]);
  assert.deepEqual(eventBridgeCron("0 0 1 * *"), ["cron(0 0 1 * ? *)"]);
  assert.deepEqual(eventBridgeCron("0 0 13 * 5"), ["cron(0 0 13 * ? *)", "cron(0 0 ? * FRI *)"]);
  assert.deepEqual(eventBridgeCron("*/5 * * * sun,6-7"), ["cron(*/5 * ? * SUN,SAT *)"]);
});

test("legs of a matrix and members of a group stand behind each other where only some may run", () => {
  const built = withJobs({
    a: deploy({ matrix: { values: { n: ["1", "2", "3", "4"] }, maxParallel: 2 } }),
    b: deploy({ concurrency: "db" }),
    c: deploy({ concurrency: "db" }),
    d: deploy({ needs: ["b"] }),
  });
  const infrastructure = lowerDelivery(built, {
    layout: "single",
    format: "cloudformation",
    root: "",
    folder: "x",
    settings: settingsSchema.parse({}),
  });
  const found = infrastructure.resources.find((one) => one.kind === "pipeline")!;
  const actions = found.stages.find(({ name }) => name === "test")!.actions;
  assert.deepEqual(Object.fromEntries(actions.map(({ name, runOrder }) => [name, runOrder])), {
    "web-a-1": 1,
    "web-a-2": 1,
    "web-a-3": 2,
    "web-a-4": 2,
    "web-b": 1,
    "web-c": 2,
    "web-d": 2,
  });
});

test("more than a stack can hold is refused as a template, and written for Terraform", () => {
  const pipelines = Array.from({ length: 110 }, (_, index) =>
    pipeline(`p${index}`, { jobs: { deploy: deploy() } as never }),
  );
  const built = delivery("shop", { pipelines, environments: [main] } as never);
  const layout = "separate";
  const settings = { permissions: Object.fromEntries(pipelines.map(({ name }) => [`${name}.deploy`, []])) };
  assert.throws(
    () => write(built, settings, { layout }),
    /are \d{3} resources, and CloudFormation takes 500 in a stack/,
  );
  assert.equal(write(built, {}, { layout, format: "terraform" }).files.length, 119);
});
