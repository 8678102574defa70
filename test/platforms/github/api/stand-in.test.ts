/** The stand-in itself: the real `gh` meets in it what it meets at GitHub, and what GitHub does not know is told. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fullDepth, needs } from "../../../lane/needs.ts";
import { githubPrograms, githubStandIn, type Lasting } from "./stand-in.ts";

const when = fullDepth(...githubPrograms);
const shop = "team/shop";
const workflow = ".github/workflows/shop.yml";

function begin(t: TestContext, lasting: Lasting = t) {
  const folder = mkdtempSync(join(tmpdir(), "baton-api-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { control, tools, env } = githubStandIn(lasting, { folder });
  control.addRepository(shop);
  control.setBranch(shop, "main", "a".repeat(40));
  const shell = (script: string, token = "person") => {
    const { status, stdout, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: `${tools}:${process.env.PATH}`, ...env, GH_TOKEN: token },
    });
    return { status, out: stdout.trim(), err: stderr.trim() };
  };
  return { control, folder, shell };
}

/** A test that can be ended from within another. */
function lasting(): Lasting & { end(): Promise<void> } {
  const ends: (() => unknown)[] = [];
  return {
    after: (end) => ends.push(end),
    async end() {
      for (const one of ends) await one();
    },
  };
}

test("gh lists, filters, follows pages and gets bytes over a redirect", needs(...githubPrograms), (t) => {
  const { control, folder, shell } = begin(t);
  const run = control.addRun(shop, { path: workflow });
  mkdirSync(join(folder, "content"));
  writeFileSync(join(folder, "content", "file.txt"), "hello\n");
  execFileSync("zip", ["-qr", join(folder, "a.zip"), "."], { cwd: join(folder, "content") });
  for (let i = 0; i < 5; i++) control.addArtifact(shop, run, `n${i}`, Buffer.from(`zip ${i}`));
  const ids = control.artifacts(shop).map(({ id }) => id);
  const list = `repos/${shop}/actions/artifacts`;
  assert.equal(shell(`gh api '${list}?name=n3' --jq '.artifacts[].workflow_run.head_branch'`).out, "main");
  const names = shell(`gh api --paginate '${list}?per_page=2' --jq '.artifacts[].name'`).out.split("\n");
  assert.deepEqual(names, ["n4", "n3", "n2", "n1", "n0"]);
  control.setListing("oldest-first");
  assert.equal(shell(`gh api '${list}?per_page=1' --jq '.artifacts[0].name'`).out, "n0");
  assert.equal(shell(`gh api ${list}/${ids[2]}/zip`).out, "zip 2");
  control.changeArtifact(shop, ids[2]!, { expired: true });
  const gone = shell(`gh api ${list}/${ids[2]}/zip`);
  assert.equal(gone.status, 1);
  assert.match(gone.err, /Artifact has expired \(HTTP 410\)/);
});

test("a dispatch makes a queued run on its branch, and only for a workflow that takes one", when, (t) => {
  const { control, shell } = begin(t);
  control.addWorkflow(shop, { path: workflow, name: "shop", on: ["push"] });
  control.addWorkflow(shop, { path: ".github/workflows/web.yml", name: "web", on: ["workflow_dispatch"] });
  control.addToken("job", "infra", { actions: "write" });
  const start = (file: string, ref: string) =>
    shell(
      `gh api -X POST repos/${shop}/actions/workflows/${file}/dispatches -f ref=${ref} -f 'inputs[chain]=7'`,
      "job",
    );
  assert.equal(start("web.yml", "main").status, 0);
  assert.equal(shell(`gh workflow run web.yml --ref main --repo ${shop} -f chain=7`, "job").status, 0);
  assert.deepEqual(
    control.queuedRuns(shop).map(({ path, head_branch, actor }) => [path, head_branch, actor]),
    [1, 2].map(() => [".github/workflows/web.yml", "main", "github-actions[bot]"]),
  );
  assert.match(start("shop.yml", "main").err, /workflow_dispatch.*HTTP 422/);
  assert.match(start("web.yml", "gone").err, /No ref found for: gone.*HTTP 422/);
  assert.match(start("none.yml", "main").err, /HTTP 404/);
});

test("a job's token may do what its permissions say and nothing else", when, (t) => {
  const { control, shell } = begin(t);
  control.addToken("reads", "plan", { actions: "read" });
  assert.equal(shell(`gh api repos/${shop}/actions/artifacts`, "reads").status, 0);
  const write = `gh api -X POST repos/${shop}/deployments -f ref=main -f environment=prod`;
  assert.match(shell(write, "reads").err, /Resource not accessible by integration.*HTTP 403/);
  assert.match(shell(`gh api repos/${shop}/actions/variables`, "reads").err, /HTTP 403/);
  assert.match(shell(`gh api repos/${shop}/actions/artifacts`, "unknown").err, /HTTP 401/);
  control.addToken("deploys", "deploy", { deployments: "write" });
  assert.equal(shell(`${write} --jq .environment`, "deploys").out, "prod");
  assert.match(shell(`gh api repos/${shop}/actions/artifacts`, "deploys").err, /HTTP 403/);
});

test("deployments are superseded, listed by environment, and not made over checks that are not through", when, (t) => {
  const { control, shell } = begin(t);
  const deploy = (more = {}) => {
    const body = JSON.stringify({ ref: "main", environment: "prod", ...more });
    return shell(`gh api -X POST repos/${shop}/deployments --jq .id --input - <<< '${body}'`);
  };
  const first = deploy();
  const state = (id: string, state: string) =>
    shell(`gh api -X POST repos/${shop}/deployments/${id}/statuses -f state=${state} --jq .state`).out;
  assert.equal(state(first.out, "success"), "success");
  control.addRun(shop, { path: workflow });
  assert.match(deploy().err, /HTTP 409/);
  const second = deploy({ required_contexts: [] });
  assert.equal(state(second.out, "success"), "success");
  const last = (id: string) => shell(`gh api repos/${shop}/deployments/${id}/statuses --jq '.[0].state'`).out;
  assert.deepEqual([last(first.out), last(second.out)], ["inactive", "success"]);
  assert.equal(shell(`gh api 'repos/${shop}/deployments?environment=dev' --jq length`).out, "0");
});

test("environments as the settings commands make them, with reviewers by team and a branch by name", when, (t) => {
  const { control, shell } = begin(t);
  const team = control.addTeam("team/owners");
  const at = `repos/${shop}/environments/prod`;
  assert.match(shell(`gh api ${at}`).err, /HTTP 404/);
  const body = {
    reviewers: [{ type: "Team", id: team }],
    prevent_self_review: true,
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  };
  const made = shell(`gh api -X PUT ${at} --input - <<< '${JSON.stringify(body)}'`);
  assert.equal(made.status, 0, made.err);
  assert.equal(shell(`gh api -X POST ${at}/deployment-branch-policies -f name=main --jq .name`).out, "main");
  assert.equal(shell(`gh api ${at}/deployment-branch-policies --jq '.branch_policies[].name'`).out, "main");
  const rule =
    '.protection_rules[] | select(.type == "required_reviewers") | .reviewers[0].reviewer.slug, .prevent_self_review';
  assert.equal(shell(`gh api ${at} --jq '${rule}'`).out, "owners\ntrue");
  assert.equal(shell(`gh variable set AWS_REGION --env prod --repo ${shop} --body eu-central-1`).status, 0);
  assert.match(
    shell(`gh secret set TOKEN --env prod --repo ${shop} --body x && gh secret list --env prod --repo ${shop}`).out,
    /^TOKEN/,
  );
});

test("attestations are verified by who signed, and from which branch", when, (t) => {
  const { control, folder, shell } = begin(t);
  writeFileSync(join(folder, "dist.tgz"), "bytes");
  const digest = `sha256:${execFileSync("sha256sum", [join(folder, "dist.tgz")], { encoding: "utf8" }).slice(0, 64)}`;
  const verify = (more: string) => shell(`gh attestation verify dist.tgz --repo ${shop} ${more}`);
  assert.equal(verify("").status, 1);
  control.attest(shop, {
    digest,
    predicateType: "https://slsa.dev/provenance/v1",
    signerWorkflow: `${shop}/.github/workflows/evil.yml`,
    sourceRef: "refs/heads/evil",
    sourceDigest: "b".repeat(40),
  });
  assert.equal(verify("").status, 0);
  assert.equal(verify(`--signer-workflow ${shop}/${workflow}`).status, 1);
  assert.equal(verify(`--signer-workflow=${shop}/.github/workflows/evil.yml`).status, 0);
  assert.equal(verify("--source-ref refs/heads/main").status, 1);
  assert.match(verify("--signer-workflw x").err, /unknown flag/);
});

test("it fails as it is told: status, rate limit, cut short, no answer, and slowly", when, (t) => {
  const { control, shell } = begin(t);
  const ask = () => shell(`gh api repos/${shop}/actions/artifacts --jq .total_count`);
  const match = /\/artifacts$/;
  const oneAfterAnother = [
    [{ kind: "status", status: 502, message: "Bad Gateway" } as const, /HTTP 502/],
    [{ kind: "status", status: 429, message: "Too many", headers: { "retry-after": "1" } } as const, /HTTP 429/],
    [{ kind: "cut" } as const, /unexpected EOF/],
    [{ kind: "reset" } as const, /EOF/],
  ] as const;
  for (const [is, expected] of oneAfterAnother) {
    control.noFaults();
    control.addFault({ match, is, from: 2, to: 2 });
    assert.equal(ask().out, "0");
    const failed = ask();
    assert.equal(failed.status, 1, is.kind);
    assert.match(failed.err, expected);
    assert.equal(ask().out, "0");
  }
  control.noFaults();
  control.addFault({ match, is: { kind: "slow", delayMs: 30 } });
  assert.equal(ask().out, "0");
  control.addToken("job", "plan", { actions: "read" });
  control.setLimit(1);
  const limited = () => shell(`gh api repos/${shop}/actions/artifacts`, "job");
  assert.equal(limited().status, 0);
  assert.match(limited().err, /API rate limit exceeded.*HTTP 403/);
});

test("what GitHub does not know is refused, and fails the test that asked", when, async (t) => {
  for (const [command, problem] of [
    [`gh api repos/${shop}/actions/artefacts`, /no operation of operations\.ts is GET/],
    [`gh api 'repos/${shop}/actions/artifacts?nmae=x'`, /additional properties.*nmae/],
    [`gh api 'repos/${shop}/actions/artifacts?per_page=all'`, /per_page must be integer/],
    [`gh api -X POST repos/${shop}/deployments -f environment=prod`, /required property 'ref'/],
    [`gh api -X POST repos/${shop}/deployments -f ref=main -f enviroment=prod`, /no field enviroment/],
    [`gh api -X PUT repos/${shop}/environments/prod -f wait_timer=soon`, /wait_timer must be integer/],
  ] as const) {
    const inner = lasting();
    const { shell } = begin(t, inner);
    const { status, err } = shell(command);
    assert.equal(status, 1);
    assert.match(err, /the stand-in: /);
    await assert.rejects(inner.end(), problem, command);
  }
});

test("an answer that GitHub never gives fails the test as well", when, async (t) => {
  const inner = lasting();
  const { control, shell } = begin(t, inner);
  control.addRun(shop, { path: workflow, head_sha: 7 as unknown as string });
  shell(`gh api repos/${shop}/actions/runs`);
  await assert.rejects(inner.end(), /head_sha must be string/);
});
