/** A definition that changed is a change, and what of it is no change. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery, Job, Pipeline, Step } from "../../src/model/delivery.ts";
import { plan } from "../../src/plan/make-plan.ts";
import type { MadeRelease } from "../../src/plan/plan.ts";
import {
  artifact,
  delivery,
  deployed,
  environment,
  job,
  jobOf,
  output,
  pipeline,
  releaseJob,
  request,
} from "./sample-delivery.ts";

const step: Step = { ...job().steps[0]!, env: { REGION: { variable: "region" } } };
const dist = { artifacts: { dist: artifact("a") } };

interface Parts {
  build?: Partial<Job>;
  deploy?: Partial<Job>;
  pipeline?: Partial<Pipeline>;
  jobs?: Record<string, Job>;
}

const regions = { dev: "eu", prod: "us" };

function web({ build, deploy, pipeline: parts, jobs }: Parts = {}, region = regions): Delivery {
  const all = {
    build: releaseJob({ artifacts: { dist: { path: "dist" } }, ...build }),
    deploy: job({ needs: ["build"], deploys: true, steps: [step, step], ...deploy }),
    ...jobs,
  };
  const places = [
    environment("dev", { variables: { region: region.dev } }),
    environment("prod", { after: ["dev"], variables: { region: region.prod } }),
  ];
  return delivery([pipeline("web", { jobs: all, ...parts }), pipeline("other")], places);
}

const before = web();
const there = { web: deployed(4, { commit: "old", ...dist }), other: deployed(4, { commit: "old" }) };
const made = (defined: Delivery | undefined, commit = "old"): MadeRelease[] => [
  {
    release: 4,
    commit,
    ...(defined && { delivery: defined }),
    jobs: { "web.build": { release: 4, outputs: {}, ...dist } },
  },
];

/** Nothing but the definition is another one. */
function ask(now: Delivery, then: Delivery | undefined = before) {
  const found = plan(
    now,
    request({
      environments: ["dev", "prod"],
      deployed: { dev: there, prod: there },
      made: made(then),
      change: { changedSince: { old: ["README.md"] } },
    }),
  );
  return found;
}

const said = (now: Delivery, then?: Delivery) =>
  ask(now, then).pipelines.map(({ pipeline: name, environment: place, decision, reason }) =>
    decision === "run" ? `${name}@${place} ${reason.code}: ${reason.text}` : decision,
  );

const everywhere = (part: string) => {
  const text = `other-definition: its definition changed since release 4: ${part}`;
  return [`web@dev ${text}`, "reuse", `web@prod ${text}`, "reuse"];
};

test("the same definition is no change", () => {
  assert.deepEqual(said(web()), ["reuse", "reuse", "reuse", "reuse"]);
});

const changes: [Parts, string][] = [
  [{ deploy: { steps: [step, { ...step, run: "false" }] } }, "job deploy, step 2"],
  [{ deploy: { steps: [step] } }, "job deploy, step 2"],
  [{ deploy: { steps: [step, step, step] } }, "job deploy, step 3"],
  [{ deploy: { steps: [{ ...step, shell: "bash" }, step] } }, "job deploy, step 1"],
  [{ deploy: { env: { A: "" } } }, "job deploy, env"],
  [{ deploy: { tools: [{ name: "terraform", version: ">=1" }] } }, "job deploy, tools"],
  [{ deploy: { needs: [] } }, "job deploy, needs"],
  [{ build: { steps: [{ ...step, run: "make" }] } }, "job build, step 1"],
  [{ build: { artifacts: { dist: { path: "out" } } } }, "job build, artifacts"],
  [{ jobs: { check: job() } }, "job check is new"],
  [{ pipeline: { env: { A: "1" } } }, "env"],
  [{ pipeline: { needs: ["other"] } }, "needs"],
  [{ pipeline: { outputs: { url: output("deploy") } } }, "outputs"],
];

for (const [parts, part] of changes) {
  test(`a change, wherever it is deployed: ${JSON.stringify(parts).slice(0, 60)}`, () => {
    const now = web(parts);
    // With what it needs behind it where it has to be.
    const order = now.pipelines[0]!.needs.length > 0 ? [...now.pipelines].reverse() : now.pipelines;
    const found = said({ ...now, pipelines: order });
    assert.deepEqual(found.toSorted(), everywhere(part).toSorted());
  });
}

test("a job that is gone is a change", () => {
  assert.deepEqual(said(before, web({ jobs: { check: job() } })), everywhere("job check is gone"));
});

test("a variable is a change where it has another value and a job reads it", () => {
  assert.deepEqual(said(web({}, { ...regions, prod: "ap" })), [
    "reuse",
    "reuse",
    everywhere("job deploy, variable region")[2],
    "reuse",
  ]);
  const unread = { ...before, variables: { color: "green" } };
  assert.deepEqual(said(unread), ["reuse", "reuse", "reuse", "reuse"]);
});

test("what an action is made of may be other commands in the next Baton; what is asked of it counts", () => {
  const action = (run: string, bucket: string): Parts => ({
    deploy: { steps: [{ ...step, run, action: { kind: "s3.sync", inputs: { bucket } } }] },
  });
  assert.deepEqual(said(web(action("aws s3 sync --new", "b")), web(action("aws s3 sync", "b"))), [
    "reuse",
    "reuse",
    "reuse",
    "reuse",
  ]);
  assert.deepEqual(said(web(action("x", "c")), web(action("x", "b"))), everywhere("job deploy, step 1"));
});

const noChanges: Parts[] = [
  { deploy: { steps: [{ ...step, name: "another name", timeoutMs: 5 }, step] } },
  { deploy: { timeoutMs: 1, retry: { attempts: 3, delayMs: 1, factor: 1, maxDelayMs: 1 } } },
  { deploy: { concurrency: { group: "g", limit: 1 } } },
  { pipeline: { description: "the web" } },
  { jobs: { never: job({ condition: { environment: [] } }) } },
];

for (const parts of noChanges) {
  test(`no change: ${JSON.stringify(parts).slice(0, 60)}`, () => {
    assert.deepEqual(said(web(parts)), ["reuse", "reuse", "reuse", "reuse"]);
  });
}

test("a job counts where it runs", () => {
  const only = (run: string): Parts => ({
    jobs: { smoke: job({ condition: { environment: ["prod"] }, steps: [{ ...step, run }] }) },
  });
  assert.deepEqual(said(web(only("b")), web(only("a"))), [
    "reuse",
    "reuse",
    everywhere("job smoke, step 1")[2],
    "reuse",
  ]);
});

test("parts that a newer Baton's model has, and that are empty, are no change", () => {
  const { uses, tools, ...older } = before.pipelines[0]!.jobs.deploy!;
  const then = structuredClone(before);
  then.pipelines[0]!.jobs.deploy = older as Job;
  assert.deepEqual(said(before, then), ["reuse", "reuse", "reuse", "reuse"]);
});

test("a definition that nobody wrote down is no change, and that is said", () => {
  const [first] = plan(
    before,
    request({ deployed: { dev: there }, made: made(undefined), change: { changedSince: { old: [] } } }),
  ).pipelines;
  assert.equal(first!.reason.text, "unchanged since release 4, whose definition is not known: outputs reused");
});

test("what was built once is built anew when another definition builds it, though the commit is the same", () => {
  const built = (now: Delivery) =>
    jobOf(
      plan(now, request({ environments: ["dev"], made: made(before, "new"), change: { commit: "new" } })),
      "web.build",
    );
  assert.equal(built(before).decision, "reuse");
  assert.equal(built(web({ build: { steps: [{ ...step, run: "make" }] } })).decision, "run");
  assert.equal(built(web({ deploy: { steps: [step] } })).decision, "reuse", "only the deployment is another one");
});
