/** What jobs report: in the summary of the run, and in one comment on a pull request. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { layouts, type WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";
import { type ProgramBox, programBox, type Sabotage } from "./program.ts";

const definition = `
name: shop
environments: { dev: { branch: main } }
pipelines:
  infra:
    jobs:
      plan:
        per: release
        workingDirectory: infra
        tools: [terraform, aws]
        env: { TF_VAR_token: { secret: TOKEN } }
        steps: ["terraform init -input=false", "terraform plan -no-color > plan.txt"]
        report: plan.txt
      apply: { deploys: true, workingDirectory: infra, steps: [./apply.sh], report: what.md }
  web:
    needs: infra
    jobs:
      build: { per: release, steps: [./build.sh], report: sizes.md }
      deploy: { needs: build, deploys: true, steps: [./deploy.sh] }
  quiet:
    pullRequests: false
    jobs:
      look: { per: release, steps: [./look.sh], report: look.txt }
      deploy: { deploys: true, steps: [./deploy.sh] }
`;

const load = (text: string) => {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
};

type Job = { if?: string; needs?: string[]; permissions?: object; steps?: { uses?: string; with?: object }[] };

function jobsOf(file: string, options: Partial<WriteOptions> = {}): Record<string, Job> {
  const files = writeWorkflows(load(definition), { layout: "orchestrated", ...options });
  return (parse(files.find(({ path }) => path.endsWith(`/${file}`))!.text) as { jobs: Record<string, Job> }).jobs;
}

test("who reports is the definition's to say, and who may comment is a job without the team's code", () => {
  const { plan, apply } = jobsOf("infra.yml");
  const step = plan!.steps!.find(({ uses }) => uses?.endsWith("/report"))!;
  assert.deepEqual(step.with, { job: "infra.plan", file: "infra/plan.txt", secrets: "[${{ toJSON(secrets.TOKEN) }}]" });
  assert.ok(apply!.steps!.some(({ uses }) => uses?.endsWith("/report")));
  const entry = jobsOf("shop.yml");
  const { needs, permissions, steps, if: condition } = entry.comment!;
  // Not of what pull requests do not start.
  assert.deepEqual(needs, ["infra-release", "web-release"]);
  assert.deepEqual(permissions, { contents: "read", "pull-requests": "write" });
  assert.deepEqual(
    steps!.map(({ uses }) => uses!.replace(/@.*/, "")),
    ["actions/checkout", "./.github/actions/shop/comment"],
  );
  for (const part of ["head.repo.full_name == github.repository", "dependabot[bot]", "!cancelled()"]) {
    assert.ok(condition!.includes(part), part);
  }
  // A comment that cannot be written holds no pull request back.
  assert.ok(!entry.summary!.needs!.includes("comment"));
  for (const [name, job] of Object.entries(entry)) {
    if (name !== "comment") assert.doesNotMatch(JSON.stringify(job.permissions), /pull-requests/);
  }
  const chained = jobsOf("infra.yml", { layout: "chained" });
  assert.deepEqual(chained.comment!.steps![1]!.with, { pipeline: "infra" });
});

test("a delivery without reports has neither the job nor the program", () => {
  const files = writeWorkflows(load(definition.replaceAll(/,? ?report: [a-z.]+/g, "")), { layout: "orchestrated" });
  assert.ok(!files.some(({ path, text }) => /\/(?:report|comment)\//.test(path) || text.includes("pull-requests")));
});

const slow = fullDepth("gh", "jq", "zip", "unzip");

test("GitHub's parser, actionlint, shellcheck and check have nothing to say", fullDepth("shellcheck"), async () => {
  const delivery = load(definition);
  const own = new Set(
    delivery.pipelines.flatMap(({ jobs }) => Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run))),
  );
  for (const layout of layouts)
    assert.deepEqual(await complaints(writeWorkflows(delivery, { layout }), own), [], layout);
});

function pullRequest(t: TestContext) {
  const box = programBox(t, definition);
  box.commit({ a: "1" });
  const reports = join(box.temp, "reports");
  const reported = (files: Readonly<Record<string, string>>) => {
    rmSync(reports, { recursive: true, force: true });
    mkdirSync(reports);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(reports, name), text);
  };
  const env = { RUNNER_TEMP: box.temp, NUMBER: "7", COMMIT: "abc1234", PIPELINE: "", GH_TOKEN: "comment" };
  const tell = (run: number, given: Parameters<ProgramBox["start"]>[2] = {}, more: object = {}) =>
    box.start("comment", { ...env, GITHUB_RUN_ID: `${run}`, ...more }, given);
  return { ...box, reported, tell };
}

test("one comment, changed in its place; that of a newer run stays, and so does what others wrote", slow, (t) => {
  const box = pullRequest(t);
  const bodies = () => box.comments().map(({ body }) => body);
  box.reported({});
  assert.equal(box.tell(10).status, 0);
  assert.deepEqual(bodies(), []);
  box.comment("<!-- reports of shop -->\n<!-- run 999 -->\nmine", "somebody");
  box.reported({ "infra.plan.txt": "Plan: 1 to add\n", "web.build.md": "**12 kB**\n" });
  const first = box.tell(10);
  assert.equal(first.status, 0, first.log);
  assert.equal(bodies().length, 2);
  assert.match(
    bodies()[1]!,
    /^<!-- reports of shop -->\n<!-- run 10 -->\n### infra\.plan\n\n```\nPlan: 1 to add\n```\n/,
  );
  assert.match(bodies()[1]!, /### web\.build\n\n\*\*12 kB\*\*\n/);
  assert.match(bodies()[1]!, /As of abc1234, by \[this run\]\(https:\/\/github\.com\/team\/shop\/actions\/runs\/10\)/);
  box.reported({});
  assert.equal(box.tell(20).status, 0);
  assert.match(bodies()[1]!, /<!-- run 20 -->\nNothing to report as of abc1234/);
  box.reported({ "infra.plan.txt": "old\n" });
  const older = box.tell(15);
  assert.equal(older.status, 0);
  assert.match(older.log, /A newer run has told/);
  assert.doesNotMatch(bodies()[1]!, /old/);
  // Each workflow of a chain has its own.
  assert.equal(box.tell(30, {}, { PIPELINE: "infra" }).status, 0);
  assert.equal(bodies().length, 3);
  assert.match(bodies()[0]!, /mine/);
});

test("where the token may not write, the run is green and says so", slow, (t) => {
  const box = pullRequest(t);
  box.reported({ "infra.plan.txt": "Plan\n" });
  const end = box.tell(10, {}, { GH_TOKEN: "job" });
  // Of a private repository it may not even read: that is no answer, and told as such.
  assert.equal(box.comments().length, 0, end.log);
  assert.match(end.log, /No comment|does not answer/);
});

test("no comment is longer than GitHub takes; of a long report beginning and end are there", slow, (t) => {
  const box = pullRequest(t);
  const long = (character: string) => Array.from({ length: 30_000 }, (_, at) => `${at} ${character}`).join("\n");
  box.reported({
    "a.a.txt": long("x"),
    "b.b.md": long("🙂"),
    "c.c.txt": "`".repeat(80_000),
    "d.d.txt": "```\nin a fence",
  });
  const end = box.tell(10);
  assert.equal(end.status, 0, end.log);
  const { body } = box.comments()[0]!;
  assert.ok(body.length <= 65_536, `${body.length}`);
  assert.match(body, /^0 x$/m);
  assert.match(body, /^29999 x$/m);
  assert.match(body, /^\.\.\. \d+ lines are left out here \.\.\.$/m);
  assert.match(body, /^````\n```\nin a fence\n````$/m);
});

test("every single call fails once: the comment is there once, or the job fails", slow, (t) => {
  const box = pullRequest(t);
  const fresh = () => {
    for (const { id } of box.comments()) box.forget(id);
    box.reported({ "infra.plan.txt": "Plan: 1 to add\n", "web.build.md": "**12 kB**\n" });
  };
  fresh();
  const healthy = box.tell(10, { counted: true });
  assert.equal(healthy.status, 0, healthy.log);
  const { body } = box.comments()[0]!;
  const all = Object.entries(healthy.calls).flatMap(([program, count]) =>
    Array.from({ length: count }, (_, index): Sabotage => ({ program, call: index + 1, how: "fails" })),
  );
  assert.ok(all.length > 5);
  for (const sabotage of [
    ...all,
    ...all.filter(({ program }) => program === "gh").map((one) => ({ ...one, how: "answers half" as const })),
  ]) {
    fresh();
    const end = box.tell(10, { sabotage });
    const said = `${JSON.stringify(sabotage)}\n${end.log}`;
    if (end.status === 0)
      assert.deepEqual(
        box.comments().map((one) => one.body),
        [body],
        said,
      );
    else assert.ok(box.comments().length <= 1, said);
  }
});

test("secrets are in no report, in no form and on no line", slow, (t) => {
  const box = programBox(t, definition);
  box.commit({ a: "1" });
  const file = join(box.temp, "plan.txt");
  const secret = fc
    .string({ minLength: 4, maxLength: 24 })
    .filter((one) => one.trim().length > 3 && !one.includes("*"));
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 3 }), fc.constantFrom("txt", "md"), (secrets, kind) => {
      const forms = secrets.flatMap((one) => [one, Buffer.from(one).toString("base64"), JSON.stringify(one)]);
      writeFileSync(file, forms.map((one, at) => `${at}: [${one}]`).join("\n"));
      writeFileSync(join(box.temp, `plan.${kind}`), readFileSync(file));
      const end = box.start("report", {
        JOB: "infra.plan",
        FILE: join(box.temp, `plan.${kind}`),
        SECRETS: JSON.stringify(secrets),
        RUNNER_TEMP: join(box.temp, "machine"),
        AWS_SECRET_ACCESS_KEY: "0: [",
      });
      assert.equal(end.status, 0, end.log);
      const kept = readFileSync(join(box.temp, "machine/report", `infra.plan.${kind}`), "utf8");
      for (const text of [end.summary, kept]) {
        for (const one of forms) assert.ok(!text.includes(one), `${one} in ${text}`);
        assert.ok(!text.includes("0: ["));
      }
      rmSync(join(box.temp, `plan.${kind}`));
    }),
    tries(15),
  );
});

test("a report that is not there fails the job", slow, (t) => {
  const box = programBox(t, definition);
  box.commit({ a: "1" });
  const end = box.start("report", { JOB: "infra.plan", FILE: "infra/plan.txt", SECRETS: "[]" });
  assert.equal(end.status, 1);
  assert.match(end.log, /::error title=No report::infra\.plan was to leave a report in infra\/plan\.txt/);
});
