/** The planning action: whom it believes, and that what does not answer never changes what it decides. */

import assert from "node:assert/strict";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { isFull, seed, times } from "../../../lane/depth.ts";
import { fullDepth, needs } from "../../../lane/needs.ts";
import type { NewRun } from "../api/control.ts";
import { type Ended, type ProgramBox, programBox, type Sabotage } from "./program.ts";

const when = needs("gh", "jq", "zip", "unzip");
const slow = fullDepth("gh", "jq", "zip", "unzip");

const definition = `name: shop
environments:
  test: { branch: main }
  prod: { after: test, approval: { reviewers: [owners] } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { bucket: string }
    jobs: { apply: { deploys: true, steps: [./apply.sh], drift: ./same.sh } }
  web:
    needs: infra
    paths: ["web/**"]
    jobs:
      build: { per: release, steps: [./build.sh], artifacts: { dist: dist } }
      deploy: { needs: build, deploys: true, uses: [dist], env: { BUCKET: { output: infra.bucket } }, steps: [./deploy.sh] }
`;

interface Deployed extends ProgramBox {
  /** What run 100 deployed to prod. */
  readonly commit100: string;
  record(environment: string, run: number, bucket: string, commit?: string): object;
}

/** Run 100 has deployed everything to test and to prod; since then a file of web has changed. */
function deployed(t: TestContext): Deployed {
  const box = programBox(t, definition);
  box.commit({});
  const commit100 = box.commit({ "infra/a": "1", "web/a": "1" });
  box.run({ id: 100 });
  const record = (environment: string, run: number, bucket: string, commit = commit100) => ({
    version: 1,
    environment,
    run: String(run),
    commit,
    pipelines: {
      infra: { release: run, commit, outputs: { bucket }, artifacts: {} },
      web: {
        release: run,
        commit,
        outputs: {},
        artifacts: { dist: { digest: `sha256:${"a".repeat(64)}`, run: String(run), name: "dist" } },
      },
    },
  });
  for (const environment of ["test", "prod"]) {
    box.leave(`started-${environment}`, 100, {});
    box.leave(`release-${environment}`, 100, record(environment, 100, "good-bucket"));
  }
  box.leave("dist", 100, {});
  box.commit({ "web/a": "2" });
  box.run({ id: 500 });
  return { ...box, commit100, record };
}

const whole = { ENVIRONMENT: "", PIPELINE: "" };
const inProd = { ENVIRONMENT: "prod", PIPELINE: "" };

function output({ outputs }: Ended, name: string): string | undefined {
  return outputs
    .split("\n")
    .find((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

test("in an environment: what changed runs, the rest comes from the record", when, (t) => {
  const end = deployed(t).start("plan", inProd);
  assert.equal(end.status, 0, end.log);
  assert.equal(output(end, "decision_infra"), "reuse");
  assert.equal(output(end, "decision_web"), "run");
  assert.deepEqual(JSON.parse(output(end, "handed")!), {
    infra: { outputs: { bucket: "good-bucket" }, artifacts: {} },
  });
});

test("what this run has not built, and has to be deployed by now, is refused", slow, (t) => {
  const end = deployed(t).start("plan", inProd, { release: { web__result: "skipped" } });
  assert.equal(end.status, 1);
  assert.match(end.log, /::error title=Not built::What is deployed to prod changed while this run waited: now web has/);
  assert.equal(output(end, "begins"), undefined);
});

const strangers: readonly (readonly [string, (box: Deployed) => Partial<NewRun>])[] = [
  ["another branch", (box) => ({ head_branch: "evil", head_sha: box.commit({}, "evil") })],
  ["another workflow", () => ({ path: ".github/workflows/other.yml" })],
  ["another workflow, with its ref", () => ({ path: ".github/workflows/other.yml@main" })],
  ["a pull request from a branch of the same name", () => ({ event: "pull_request" })],
  ["a branch that begins alike", (box) => ({ head_branch: "main2", head_sha: box.commit({}, "main2") })],
  ["a branch that differs in case", (box) => ({ head_branch: "MAIN", head_sha: box.commit({}, "MAIN") })],
];

test("a record of a stranger is not believed, nor is its mark, nor does anything go back to it", slow, (t) => {
  const box = deployed(t);
  strangers.forEach(([, forge], index) => {
    const id = 400 + index;
    box.run({ id, ...forge(box) });
    box.git("checkout", "--quiet", "main");
    box.leave("started-prod", id, {});
    box.leave("release-prod", id, box.record("prod", id, `evil-bucket-${id}`));
  });
  const end = box.start("plan", inProd);
  assert.equal(end.status, 0, end.log);
  const found = /evil-bucket-(\d+)/.exec(end.outputs)?.[1];
  assert.equal(found, undefined, strangers[Number(found) - 400]?.[0]);
  assert.match(end.outputs, /good-bucket/);
  for (const index of isFull ? strangers.keys() : [0]) {
    const back = box.start("plan", inProd, {
      event: { inputs: { environment: "prod", rollback_to: `${400 + index}` } },
    });
    assert.equal(back.status, 1, strangers[index]![0]);
    assert.match(back.log, /left no record of a release in prod, or is not a run of this workflow/);
  }
});

test(
  "a later run whose commit its branch has no more: it is not believed, and nothing older stands in for it",
  slow,
  (t) => {
    const box = deployed(t);
    box.run({ id: 400, head_sha: box.commit({}, "elsewhere") });
    box.git("checkout", "--quiet", "main");
    box.leave("started-prod", 400, {});
    box.leave("release-prod", 400, box.record("prod", 400, "evil-bucket"));
    const end = box.start("plan", inProd);
    assert.equal(end.status, 0, end.log);
    assert.equal(output(end, "decision_infra"), "run");
    assert.equal(output(end, "handed"), "{}");
    assert.match(end.log, /Run 400 began to deploy to prod and its commit is not on its branch any more/);
    const back = box.start("plan", inProd, { event: { inputs: { environment: "prod", rollback_to: "400" } } });
    assert.equal(back.status, 1);
    // What is deployed for certain still keeps older commits out.
    const older = box.start("plan", { ...inProd, GITHUB_SHA: box.git("rev-parse", `${box.commit100}^`) });
    assert.match(older.log, new RegExp(`prod already has the newer commit ${box.commit100}`));
    assert.equal(older.status, 1);
  },
);

test("a merge queue: everything since its base counts, in a chain too", slow, (t) => {
  const box = deployed(t);
  const base_sha = box.git("rev-parse", "main");
  box.commit({ "web/b": "1" });
  box.commit({ "other/c": "1" });
  const end = box.start(
    "plan",
    { ...whole, PIPELINE: "web", GITHUB_EVENT_NAME: "merge_group" },
    { event: { merge_group: { base_sha, base_ref: "refs/heads/main" } } },
  );
  assert.equal(end.status, 0, end.log);
  assert.equal(output(end, "decision"), "run");
  assert.equal(output(end, "event"), "pull-request");
});

test("going back: to a run by its digits alone, with the commit that it deployed", slow, (t) => {
  const box = deployed(t);
  const to = (rollback_to: string) =>
    box.start(
      "plan",
      { ...inProd, GITHUB_EVENT_NAME: "workflow_dispatch" },
      { event: { inputs: { environment: "prod", rollback_to } } },
    );
  const end = to("100");
  assert.equal(end.status, 0, end.log);
  assert.equal(output(end, "commit"), box.commit100);
  for (const strange of isFull ? ["../../../../x", "100 ", "-1", "1e2"] : ["100/../400"]) {
    const refused = to(strange);
    assert.equal(refused.status, 1, strange);
    assert.match(refused.log, /digits alone/);
  }
});

test("an old run that is run again hides nothing; a run that began and left no record is told of", slow, (t) => {
  const box = deployed(t);
  box.run({ id: 90, head_sha: box.commit100 });
  box.leave("release-prod", 90, box.record("prod", 90, "old-bucket"));
  const end = box.start("plan", inProd);
  assert.equal(end.status, 0, end.log);
  assert.match(end.outputs, /good-bucket/);
  box.run({ id: 200 });
  box.leave("started-prod", 200, {});
  const unknown = box.start("plan", inProd);
  assert.equal(output(unknown, "decision_infra"), "run");
  assert.match(unknown.log, /Run 200 began to deploy to prod and its record is not there/);
});

const shared = `name: shop
environments: { prod: { branch: main } }
pipelines:
  api:
    paths: ["api/**"]
    jobs:
      build: { per: release, steps: [./build.sh], artifacts: { dist: dist } }
      report: { needs: build, steps: [./report.sh], artifacts: { notes: notes } }
  web:
    needs: api
    paths: ["web/**"]
    jobs: { deploy: { deploys: true, uses: [api.dist, api.notes], steps: [./deploy.sh] } }
`;
const rival = (artifact: string) => `  docs:
    paths: ["docs/**"]
    jobs: { build: { steps: [./build.sh], artifacts: { ${artifact}: made } } }
`;

for (const [now, decision, text] of [
  ["of today's name stands in", "reuse", shared],
  [
    "of the release that got another name, since a pipeline makes one like it, is made again",
    "run",
    shared + rival("dist"),
  ],
  ["of an environment that got another name is made again", "run", shared + rival("notes")],
] as const) {
  test(`a kept artifact ${now}`, slow, (t) => {
    const box = programBox(t, text);
    const commit = box.commit({});
    box.run({ id: 100 });
    const made = (name: string) => ({ digest: `sha256:${"a".repeat(64)}`, run: "100", name });
    const pipelines = {
      api: { release: 100, commit, outputs: {}, artifacts: { dist: made("dist"), notes: made("notes-prod") } },
      web: { release: 100, commit, outputs: {}, artifacts: {} },
    };
    box.leave("started-prod", 100, {});
    box.leave("release-prod", 100, { version: 1, environment: "prod", run: "100", commit, pipelines });
    for (const name of ["dist", "notes-prod"]) box.leave(name, 100, {});
    box.commit({ "web/a": "2" });
    box.run({ id: 500 });
    const end = box.start("plan", {
      ENVIRONMENT: "prod",
      PIPELINE: "",
    });
    assert.equal(end.status, 0, end.log);
    assert.equal(output(end, "decision_web"), "run");
    assert.equal(output(end, "decision_api"), decision);
  });
}

test("without unzip the plan says so, and asks GitHub no more", slow, (t) => {
  const end = deployed(t).start("plan", inProd, { without: "unzip" });
  assert.equal(end.status, 1);
  assert.match(end.log, /::error title=No unzip::/);
  assert.doesNotMatch(end.log, /asking again/);
});

test("nothing is begun from a branch that does not belong to the environment", slow, (t) => {
  const box = deployed(t);
  const asked = (branch: string, type = "branch") =>
    box.start(
      "plan",
      { ...whole, GITHUB_EVENT_NAME: "workflow_dispatch", GITHUB_REF_NAME: branch, GITHUB_REF_TYPE: type },
      { event: { inputs: { environment: "test" } } },
    );
  const good = asked("main");
  assert.equal(good.status, 0, good.log);
  for (const end of [asked("feature"), asked("MAIN"), asked("main", "tag")]) {
    assert.equal(end.status, 1);
    assert.match(end.log, /nothing is deployed to test/);
  }
});

/** Too many to try all of them each time: they take turns, and each test begins somewhere else. */
function some(all: readonly Sabotage[]): readonly Sabotage[] {
  const step = Math.ceil(all.length / times(30));
  return all.filter((_, index) => index % step === (seed ?? 0) % step);
}

const places: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "in an environment": inProd,
  "for the whole run": whole,
};

for (const [where, env] of Object.entries(places)) {
  test(
    `every single call fails once, ${where}: it is asked again or the job fails, and no decision changes`,
    slow,
    (t) => {
      const box = deployed(t);
      const healthy = box.start("plan", env, { counted: true });
      assert.equal(healthy.status, 0, healthy.log);
      const all = Object.entries(healthy.calls).flatMap(([program, count]) =>
        Array.from({ length: count }, (_, index) => index + 1).flatMap((call): Sabotage[] =>
          (program === "gh"
            ? (["fails", "is limited", "answers half", "fails for ever"] as const)
            : (["fails"] as const)
          ).map((how) => ({
            program,
            call,
            how,
          })),
        ),
      );
      assert.ok(healthy.calls.gh! >= 4 && healthy.calls.jq! > 10, JSON.stringify(healthy.calls));
      for (const sabotage of some(all)) {
        const end = box.start("plan", env, { sabotage });
        const said = `${JSON.stringify(sabotage)}\n${end.log}`;
        if (sabotage.how === "fails for ever") assert.notEqual(end.status, 0, said);
        if (end.status === 0) assert.equal(end.outputs, healthy.outputs, said);
        // What GitHub did not answer once is asked again.
        if (sabotage.program === "gh" && sabotage.how !== "fails for ever") assert.equal(end.status, 0, said);
      }
    },
  );
}

/** The other scripts, each with what it is given; `web` deploys `dist`, which `infra` has handed a bucket. */
const scripts: Readonly<Record<string, (box: Deployed) => Readonly<Record<string, string>>>> = {
  begin: (box) => {
    box.leave("started-prod", 500, {});
    const given = { infra_bucket: "b", web_dist__digest: "sha256:x" };
    writeFileSync(join(box.temp, "given.json"), JSON.stringify(given));
    return { JOB: "web.deploy", ENVIRONMENT: "prod", COMMIT: box.commit100 };
  },
  publish: (box) => {
    const BATON_OUTPUT = join(box.temp, "outputs");
    writeFileSync(BATON_OUTPUT, "bucket<<X\nends\nbucket=`id` $(id)\nX\n");
    return { JOB: "infra.apply", BATON_OUTPUT };
  },
  record: (box) => {
    mkdirSync(join(box.temp, "plan"));
    const { pipelines } = box.record("prod", 100, "old") as { pipelines: object };
    const plan = { environment: "prod", commit: box.commit100, before: pipelines, handed: {} };
    const decisions = { infra: "run", web: "reuse" };
    writeFileSync(join(box.temp, "plan/plan.json"), JSON.stringify({ ...plan, decisions }));
    const needs = { infra: { result: "success", outputs: { bucket: "'new' $(id)" } } };
    writeFileSync(join(box.temp, "needs.json"), JSON.stringify(needs));
    writeFileSync(join(box.temp, "release-inputs.json"), "{}");
    return { PIPELINE: "" };
  },
  pack: (box) => {
    mkdirSync(join(box.temp, "a folder"));
    writeFileSync(join(box.temp, "a folder/it's"), "x");
    return { SOURCE: join(box.temp, "a folder") };
  },
  renew: () => ({ ENVIRONMENT: "prod" }),
  look: () => ({ ENVIRONMENT: "prod" }),
  approve: (box) => {
    box.gate("prod-approval", 1);
    return { GATE: "prod-approval", COMMIT: box.commit100, MESSAGE: "Deploy to prod" };
  },
  place: (box) => {
    mkdirSync(join(box.temp, "downloaded/file"), { recursive: true });
    writeFileSync(join(box.temp, "downloaded/file/it's"), "x");
    const digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    const [DOWNLOADED, TARGET] = [join(box.temp, "downloaded"), "dist/$(id)"];
    return { DOWNLOADED, DIGEST: `sha256:${digest}`, TARGET, SIGNER: "", GITHUB_WORKSPACE: join(box.temp, "work") };
  },
};

/** A chain, which keeps what it hands on in Parameter Store. */
function chain(t: TestContext): ProgramBox {
  const box = programBox(
    t,
    `name: shop
environments: { prod: { branch: main } }
pipelines:
  infra:
    outputs: { bucket: string, url: { type: url, job: apply, parameter: "/shop/{environment}/url" } }
    jobs: { apply: { deploys: true, steps: [./apply.sh], report: what.md } }
  web:
    needs: infra
    jobs: { deploy: { deploys: true, env: { BUCKET: { output: infra.bucket } }, steps: [./deploy.sh] } }
`,
    { layout: "chained" },
  );
  box.commit({});
  return box;
}

const chainScripts: Readonly<Record<string, (box: ProgramBox) => Readonly<Record<string, string>>>> = {
  keep: () => {
    const OUTPUTS = JSON.stringify({ bucket: "'b' $(id)", url: "https://example.org", of: "another job" });
    return { JOB: "infra.apply", ENVIRONMENT: "prod", OUTPUTS };
  },
  read: (box) => {
    const handed = { infra: { outputs: { bucket: "/shop/prod/infra/bucket:3", url: "/shop/prod/url:3" } } };
    writeFileSync(join(box.temp, "handed.json"), JSON.stringify(handed));
    return { OUTPUTS: "infra.bucket infra.url" };
  },
  report: (box) => {
    writeFileSync(join(box.temp, "what.md"), "**12 kB** of s3cret\n");
    return { JOB: "infra.apply", FILE: join(box.temp, "what.md"), SECRETS: '["s3cret"]' };
  },
};

test("what a job publishes is kept under its names, and read in the version that was handed over", slow, (t) => {
  const box = chain(t);
  const start = (script: string) =>
    box.start(script, { RUNNER_TEMP: box.temp, ...chainScripts[script]!(box) }, { counted: true });
  const kept = start("keep");
  assert.equal(kept.status, 0, kept.log);
  assert.equal(kept.outputs, "bucket_parameter=/shop/prod/infra/bucket:3\nurl_parameter=/shop/prod/url:3\n");
  const read = start("read");
  assert.equal(read.status, 0, read.log);
  assert.match(
    read.outputs,
    /^infra_bucket<<(end_\w+)\nof \/shop\/prod\/infra\/bucket:3\n\1\ninfra_url<<\1\nof \/shop\/prod\/url:3\n\1\n$/,
  );
  const none = box.start("read", { RUNNER_TEMP: box.temp, OUTPUTS: "infra.bucket infra.other" }, { counted: true });
  assert.equal(none.status, 1);
  assert.match(none.log, /::error title=Not handed over::infra\.other was not published/);
});

test("there is a test in which every single call fails once, for every script that an action starts", () => {
  const folder = new URL("../../../../src/platforms/github/write/workflow-program/", import.meta.url);
  const there = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /\/.*\.sh$/.test(path));
  const tested = [...Object.keys(scripts), ...Object.keys(chainScripts), "plan", "comment", "withdraw", "preview"];
  // They start no program, or the command of the team alone.
  const others = ["record/settle.sh", "drift/drift.sh"];
  assert.deepEqual(there.sort(), [...tested.map((name) => `${name}/${name}.sh`), ...others].sort());
  for (const one of others)
    assert.doesNotMatch(readFileSync(new URL(one, folder), "utf8"), /\b(?:gh|git|jq|aws|unzip)\b/);
});

test("what GitHub drops between jobs of one file fails whoever takes it, in each layout", slow, (t) => {
  const inOneFile = `name: shop
environments: { prod: { branch: main } }
pipelines:
  api:
    outputs: { address: { type: url, job: look }, token: { type: string, job: maybe } }
    jobs:
      look: { steps: [./look.sh] }
      maybe: { condition: { branch: main }, steps: [./maybe.sh] }
      smoke:
        runsAfter: always
        needs: [look, maybe]
        env: { URL: { output: address }, TOKEN: { output: token } }
        steps: [./smoke.sh]
`;
  const box = programBox(t, inOneFile);
  box.commit({});
  writeFileSync(join(box.temp, "given.json"), "{}");
  const begin = (needs: object) => {
    writeFileSync(join(box.temp, "needs.json"), JSON.stringify(needs));
    return box.start("begin", { RUNNER_TEMP: box.temp, JOB: "api.smoke", ENVIRONMENT: "", COMMIT: "abc" });
  };
  const whole = { result: "success", outputs: { address: "https://a.example", token: "t" } };
  assert.equal(begin({ look: whole, maybe: whole }).status, 0);
  for (const outputs of [{}, { address: "" }]) {
    for (const id of ["look", "api__look"]) {
      const { status, log } = begin({ [id]: { result: "success", outputs } });
      assert.equal(status, 1);
      assert.match(log, /Not handed over::api\.address is empty/);
    }
  }
  // Whoever runs after a failure bears that nothing was published; a job that may be left out promises nothing.
  assert.equal(begin({ look: { result: "failure", outputs: {} }, maybe: whole }).status, 0);
  assert.equal(begin({ look: whole, maybe: { result: "success", outputs: {} } }).status, 0);
  for (const layout of ["orchestrated", "per-environment", "chained"] as const) {
    const loaded = loadYaml(inOneFile, "baton.yaml");
    assert.ok(loaded.ok);
    const smoke = writeWorkflows(loaded.value, { layout }).filter(({ text }) => text.includes("job: api.smoke"));
    assert.equal(smoke.length, 1, layout);
    assert.match(smoke[0]!.text, /needs: "?\$\{\{ toJSON\(needs\) \}\}/, layout);
  }
});

test("steps find what the documentation promises", slow, (t) => {
  const box = deployed(t);
  const end = box.start("begin", { RUNNER_TEMP: box.temp, ...scripts.begin!(box) });
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(
    Object.fromEntries(
      end.environment
        .trim()
        .split("\n")
        .map((line) => line.split("=")),
    ),
    {
      BATON_OUTPUT: join(box.temp, "outputs"),
      BATON_DELIVERY: "shop",
      BATON_PIPELINE: "web",
      BATON_JOB: "deploy",
      BATON_ENVIRONMENT: "prod",
      BATON_COMMIT: box.commit100,
      BATON_BRANCH: "main",
      BATON_RUN: "500",
      BATON_RELEASE: "500",
    },
  );
});

/** Marks, which nobody can know beforehand, aside. */
const handedOn = ({ outputs, environment, summary }: Ended) =>
  [outputs, environment, summary].map((text) => text.replaceAll(/end_[0-9a-f]{32}/g, "MARK"));

const boxes: Readonly<
  Record<string, (t: TestContext) => { box: ProgramBox; given: Readonly<Record<string, string>> }>
> = {
  ...mapped(scripts, (given) => (t) => {
    const box = deployed(t);
    return { box, given: given(box) };
  }),
  ...mapped(chainScripts, (given) => (t) => {
    const box = chain(t);
    return { box, given: given(box) };
  }),
};

function mapped<T, U>(all: Readonly<Record<string, T>>, change: (one: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
}

for (const [script, make] of Object.entries(boxes)) {
  test(`every single call fails once, in ${script}: the job fails, or what it hands on is the same`, slow, (t) => {
    const { box, given } = make(t);
    const fixed = { RUNNER_TEMP: box.temp, ...given };
    /** Files that a script leaves beside what it hands on. */
    const left = {
      place: "work/dist/$(id)",
      record: "record/release.json",
      report: "report/infra.apply.md",
    }[script];
    const isThere = () => (left === undefined ? undefined : readFileSync(join(box.temp, left), "utf8"));
    // What a script takes away is there again each time, and what it leaves is not there yet.
    const again = () => {
      if (script === "place") writeFileSync(join(box.temp, "downloaded/file/it's"), "x");
      if (left !== undefined) rmSync(join(box.temp, left), { force: true });
    };
    const healthy = box.start(script, fixed, { counted: true });
    assert.equal(healthy.status, 0, healthy.log);
    const made = isThere();
    const all = Object.entries(healthy.calls).flatMap(([program, count]) =>
      Array.from({ length: count }, (_, index): Sabotage => ({ program, call: index + 1, how: "fails" })),
    );
    assert.ok(all.length > 1);
    let failures = 0;
    // What is asked to look what is deployed the plan asks as well, and there every call fails.
    for (const sabotage of script === "look" ? some(all) : all) {
      again();
      const end = box.start(script, fixed, { sabotage });
      const said = `${JSON.stringify(sabotage)}\n${end.log}`;
      if (end.status !== 0) failures++;
      if (end.status !== 0) continue;
      assert.deepEqual(handedOn(end), handedOn(healthy), said);
      assert.equal(isThere(), made, said);
    }
    // GitHub is asked again; what else fails is not made good.
    if (script !== "approve") assert.ok(failures > 0, script);
  });
}

test(
  "a record that has lived half of its time is renewed: on its branch, by hand of the schedule, as it is",
  slow,
  (t) => {
    const box = deployed(t);
    const schedule = { ENVIRONMENT: "", GH_TOKEN: "renewal", GITHUB_EVENT_NAME: "schedule", GITHUB_RUN_ID: "700" };
    box.age(100, 44);
    const early = box.start("renew", schedule);
    assert.equal(early.status, 0, early.log);
    assert.deepEqual(box.waiting(), []);
    box.age(100, 46);
    const due = box.start("renew", schedule);
    assert.equal(due.status, 0, due.log);
    const path = ".github/workflows/shop-records.yml";
    assert.deepEqual(
      box.waiting(),
      ["test", "prod"].map((environment) => ({ path, branch: "main", inputs: { environment } })),
    );

    const before = box.start("plan", inProd);
    assert.equal(before.status, 0, before.log);
    const byHand = { ENVIRONMENT: "prod", GITHUB_EVENT_NAME: "workflow_dispatch", GITHUB_RUN_ID: "600" };
    const renewed = box.start("renew", { ...byHand, RUNNER_TEMP: box.temp });
    assert.equal(output(renewed, "renewed"), "yes", renewed.log);
    const record = JSON.parse(readFileSync(join(box.temp, "record/release.json"), "utf8"));
    assert.deepEqual(record, box.record("prod", 100, "good-bucket"));

    // What the action uploads; the old record is gone, and all is known still. A run that is run again half way finds the old one.
    box.run({ id: 600, path, event: "workflow_dispatch" });
    box.leave("started-prod", 600, {});
    const again = box.start("renew", { ...byHand, RUNNER_TEMP: box.temp });
    assert.equal(output(again, "renewed"), "yes", again.log);
    box.leave("release-prod", 600, record);
    box.store.expire(/^(release|started)-prod$/, 100);
    const after = box.start("plan", inProd);
    assert.equal(after.status, 0, after.log);
    assert.equal(after.outputs.replace(/^handed=.*$/m, ""), before.outputs.replace(/^handed=.*$/m, ""));
    assert.equal(output(after, "decision_infra"), "reuse");
  },
);

test("who approves sees what would happen in each environment, and since which commit", slow, (t) => {
  const box = deployed(t);
  const end = box.start("plan", whole);
  assert.equal(end.status, 0, end.log);
  const run = `run (\`${box.commit100.slice(0, 7)}\` is there)`;
  assert.equal(
    end.summary,
    `### What this run deploys\n\n| | test | prod |\n|---|---|---|\n| infra | reuse | reuse |\n| web | ${run} | ${run} |\n\n`,
  );
});

test("where nothing is known there is nothing to renew, and the run is green", slow, (t) => {
  const box = deployed(t);
  box.store.expire(/^release-prod$/);
  const end = box.start("renew", { ENVIRONMENT: "prod", GITHUB_RUN_ID: "600" });
  assert.equal(end.status, 0, end.log);
  assert.equal(output(end, "renewed"), undefined);
  assert.match(end.log, /::notice title=Nothing to renew::/);
});

test("the gate opens where somebody is asked, and nowhere else", slow, (t) => {
  const box = deployed(t);
  const end = (reviewers: number | undefined) => {
    box.gate("prod-approval", reviewers);
    return box.start("approve", { GATE: "prod-approval", COMMIT: box.commit100, MESSAGE: "Deploy to prod" });
  };
  const asked = end(2);
  assert.equal(asked.status, 0, asked.log);
  assert.match(asked.log, new RegExp(`Deploy to prod: approved for ${box.commit100}`));
  for (const reviewers of [0, undefined]) {
    const none = end(reviewers);
    assert.equal(none.status, 1, none.log);
    assert.match(none.log, /::error title=No reviewers::The environment prod-approval asks nobody/);
  }
});

test("what is packed is laid out as it was: folders with modes and links, programs, files of any name", slow, (t) => {
  const box = deployed(t);
  const source = (name: string) => join(box.temp, "made", name);
  mkdirSync(source("site/bin"), { recursive: true });
  writeFileSync(source("site/bin/go"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("bin/go", source("site/start"));
  writeFileSync(source("tool"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(source("site.folder.tar"), "no archive");
  for (const name of ["site", "tool", "site.folder.tar"]) {
    const RUNNER_TEMP = join(box.temp, `machine-${name}`);
    const packed = box.start("pack", { SOURCE: source(name), RUNNER_TEMP });
    assert.equal(packed.status, 0, packed.log);
    const placed = box.start("place", {
      DOWNLOADED: output(packed, "folder")!,
      DIGEST: output(packed, "digest")!,
      TARGET: `laid/${name}`,
      SIGNER: "",
      GITHUB_WORKSPACE: box.temp,
    });
    assert.equal(placed.status, 0, placed.log);
  }
  const laid = (name: string) => join(box.temp, "laid", name);
  const mode = (name: string) => statSync(laid(name)).mode & 0o111;
  assert.ok(mode("site/bin/go") && mode("tool"));
  assert.equal(mode("site.folder.tar"), 0);
  assert.equal(readlinkSync(laid("site/start")), "bin/go");
  assert.equal(readFileSync(laid("site.folder.tar"), "utf8"), "no archive");
});
