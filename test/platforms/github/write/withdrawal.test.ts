/** A newer release that comes to wait for an approval withdraws the older ones that wait for it, where the settings say so. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import type { WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import type { NewRun } from "../api/control.ts";
import { complaints } from "./accept.ts";
import { programBox, type Sabotage } from "./program.ts";

const definition = `
name: shop
environments: { test: { branch: main }, prod: { after: test, approval: { reviewers: [owners] } } }
pipelines: { web: { jobs: { deploy: { deploys: true, steps: [./deploy.sh] } } } }
`;

function written(options: Partial<WriteOptions> = {}) {
  const loaded = loadYaml(definition, "baton.yaml");
  assert.ok(loaded.ok);
  return writeWorkflows(loaded.value, { layout: "orchestrated", ...options });
}

const withdrawn = { olderRequests: "withdrawn" } as const;

test("a job beside the approval withdraws, with the right to, and nothing waits for it", () => {
  const entry = (options: Partial<WriteOptions>) => {
    const file = written(options).find(({ path }) => path.endsWith("/shop.yml"))!;
    return (parse(file.text) as { jobs: Record<string, { if: string; needs: string[]; permissions: object }> }).jobs;
  };
  const jobs = entry(withdrawn);
  assert.deepEqual(jobs["prod-withdrawal"]!.permissions, { actions: "write", contents: "read" });
  assert.deepEqual(jobs["prod-withdrawal"]!.needs, jobs["prod-approval"]!.needs);
  // What goes back on purpose is no newer release.
  assert.match(jobs["prod-withdrawal"]!.if, /outputs\.event != 'rollback'/);
  for (const { needs = [] } of Object.values(jobs)) assert.ok(!needs.includes("prod-withdrawal"));
  assert.equal(entry({})["prod-withdrawal"], undefined);
});

const slow = fullDepth("gh", "jq", "unzip");

test("GitHub's parser, actionlint, shellcheck and check have nothing to say", fullDepth("shellcheck"), async () => {
  for (const layout of ["orchestrated", "per-environment"] as const) {
    assert.deepEqual(await complaints(written({ layout, ...withdrawn }), new Set(["./deploy.sh"])), [], layout);
  }
});

function waiting(t: TestContext) {
  const box = programBox(t, definition, withdrawn);
  const first = box.commit({ a: "1" });
  const second = box.commit({ a: "2" });
  const aside = box.commit({ a: "3" }, "side");
  box.git("checkout", "--quiet", "main");
  const run = (id: number, more: Partial<NewRun> = {}) =>
    box.run({
      id,
      head_sha: first,
      status: "waiting",
      waitsFor: ["prod-approval"],
      jobs: [
        { name: "test", status: "completed" },
        { name: "Approve prod", status: "waiting" },
      ],
      ...more,
    });
  const given = { GATE: "prod-approval", COMMIT: second, GH_TOKEN: "withdrawal" };
  const env = { ...given, GITHUB_WORKFLOW_REF: "team/shop/.github/workflows/shop.yml@refs/heads/main" };
  const start = (more: Parameters<typeof box.start>[2] = {}) => box.start("withdraw", env, more);
  const cancelled = () => box.runs().flatMap(({ id, conclusion }) => (conclusion === "cancelled" ? [id] : []));
  return { ...box, first, second, aside, wait: run, start, cancelled };
}

test("only what waits for this approval alone, with an older commit, of this workflow, is cancelled", slow, (t) => {
  const box = waiting(t);
  box.wait(400);
  box.wait(401, { event: "schedule" });
  const stay: Record<string, Partial<NewRun>> = {
    "the same commit": { head_sha: box.second },
    "a commit elsewhere": { head_sha: box.aside },
    "a commit that nobody knows": { head_sha: "d".repeat(40) },
    "started by hand": { event: "workflow_dispatch" },
    "another workflow": { path: ".github/workflows/other.yml" },
    "a fork": { fork: "evil/shop" },
    "waits for something else": { waitsFor: ["qa-approval"] },
    "waits for more": { waitsFor: ["prod-approval", "qa-approval"] },
    "waits for nothing that GitHub tells": { waitsFor: [] },
    "still does something": { jobs: [{ name: "dev", status: "in_progress" }] },
    "is not waiting": { status: "in_progress" },
  };
  Object.values(stay).forEach((more, at) => {
    box.wait(410 + at, more);
  });
  const end = box.start();
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(box.cancelled(), [400, 401], JSON.stringify(Object.keys(stay)));
  assert.match(end.log, /::notice title=Withdrawn::Run 400 waited for prod-approval with an older commit/);
});

test("every single call fails once: the older run is withdrawn, or the job fails; no other run ever is", slow, (t) => {
  const box = waiting(t);
  let id = 1000;
  const one = (sabotage?: Sabotage) => {
    const older = id++;
    const other = id++;
    box.wait(older);
    box.wait(other, { head_sha: box.aside });
    const end = box.start(sabotage === undefined ? { counted: true } : { sabotage });
    const is = (run: number) => box.cancelled().includes(run);
    const result = { end, isGone: is(older) };
    assert.ok(!is(other), JSON.stringify(sabotage));
    // It must not be there for the next.
    for (const run of box.runs()) if (run.status === "waiting") box.endRun(run.id);
    return result;
  };
  const healthy = one();
  assert.equal(healthy.end.status, 0, healthy.end.log);
  assert.ok(healthy.isGone);
  const all = Object.entries(healthy.end.calls).flatMap(([program, count]) =>
    Array.from({ length: count }, (_, index): Sabotage => ({ program, call: index + 1, how: "fails" })),
  );
  assert.ok(all.length > 6);
  for (const sabotage of all) {
    const { end, isGone } = one(sabotage);
    assert.ok(end.status !== 0 || isGone, `${JSON.stringify(sabotage)}\n${end.log}`);
  }
});
