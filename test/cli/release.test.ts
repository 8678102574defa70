import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { type Sandbox, sandbox } from "./sandbox.ts";

interface Summary {
  conclusion: string;
  jobs: { id: string; status: string }[];
}

interface Outputs {
  environments: Record<string, Record<string, { release: number; artifacts: Record<string, { digest: string }> }>>;
}

/** Its build never makes the same bytes twice. */
const shop = (more = "") => ({
  "baton.yaml": `name: shop
environments:
  dev: { branch: develop }
  test: { branch: main }
  prod: { after: test, approval: { reviewers: [owners] } }
pipelines:
  api:
    jobs:
      build: { per: release, steps: ["date +%s%N > bytes"], artifacts: { bytes: bytes } }
      deploy: { needs: build, deploys: true, uses: [bytes], steps: ["cat bytes; test ! -e fail"] }
${more}`,
});

const digestIn = async (box: Sandbox, environment: string): Promise<string> =>
  (await box.json<Outputs>("outputs")).environments[environment]!.api!.artifacts.bytes!.digest;

const started = ({ jobs }: Summary) => jobs.map(({ id }) => id);

test("today test, tomorrow prod: prod gets the very bytes that test had, and the plan says so", async (t) => {
  const box = sandbox(t, { files: shop() });
  assert.deepEqual(started(await box.json<Summary>("run")), ["api.build", "api.deploy@test"]);
  const plan = await box.baton("plan", "--to", "prod");
  assert.match(plan.stdout, /reuse api +built once by release 1 for this commit/);
  assert.deepEqual(started(await box.json<Summary>("run", "--to", "prod", "--yes")), ["api.deploy@prod"]);
  assert.equal(await digestIn(box, "prod"), await digestIn(box, "test"));
});

test("what was built is kept although its deployment failed; other files are another build", fullDepth(), async (t) => {
  const box = sandbox(t, { files: { ...shop(), fail: "yes" } });
  const first = await box.json<Summary>("run");
  assert.equal(first.conclusion, "failed");
  assert.deepEqual(started(await box.json<Summary>("run")), ["api.deploy@test"]);
  rmSync(join(box.root, "fail"));
  assert.deepEqual(started(await box.json<Summary>("run")), ["api.build", "api.deploy@test"]);
});

test("a snapshot is shown as what it is: files that were not committed, on a commit", fullDepth(), async (t) => {
  const box = sandbox(t, { files: shop() });
  const head = box.git("rev-parse", "--short=7", "HEAD").trim();
  box.write({ more: "x" });
  await box.baton("run");
  const { stdout } = await box.baton("status");
  assert.match(stdout, new RegExp(`release 1 +[0-9a-f]{7} \\(head ${head} with uncommitted files\\)`));
});

test("forced, or with its files gone, it is built anew, and said to be other bytes", fullDepth(), async (t) => {
  const box = sandbox(t, { files: shop() });
  await box.baton("run");
  const forced = await box.baton("plan", "--force");
  assert.match(forced.stdout, /asked to run whether it changed or not: other bytes than those of release 1/);
  rmSync(join(box.root, ".baton", "artifacts"), { recursive: true });
  const plan = await box.baton("plan", "--to", "prod");
  assert.match(plan.stdout, /the files that release 1 made for this are not kept any more: made anew, other bytes/);
  const alone = await box.baton("run", "--env", "prod", "--yes");
  assert.equal(alone.code, 2);
  assert.match(
    alone.stderr,
    /api has to run in test \(prod gets files that are made anew: they go through test first\)/,
  );
  const { code, stdout, stderr } = await box.baton("run", "--to", "prod", "--yes", "--json");
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /api\.build: the files that release 1 made for this are not kept any more: made anew, other bytes/,
  );
  assert.deepEqual(started(JSON.parse(stdout)), ["api.build", "api.deploy@test", "api.deploy@prod"]);
  assert.equal(await digestIn(box, "prod"), await digestIn(box, "test"));
});

test(
  "an environment alone may be forced when what comes before it has passed, and only then",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files: shop() });
    await box.baton("run");
    // What it gets is what comes before has, forced or not.
    const forced = () => box.json<Summary>("run", "--env", "prod", "--force", "--yes");
    assert.deepEqual(started(await forced()), ["api.deploy@prod"]);
    assert.equal(await digestIn(box, "prod"), await digestIn(box, "test"));
    await box.json<Summary>("run", "--force");
    assert.notEqual(await digestIn(box, "prod"), await digestIn(box, "test"));
    assert.deepEqual(started(await forced()), ["api.deploy@prod"]);
    assert.equal(await digestIn(box, "prod"), await digestIn(box, "test"));
    box.write({ more: "x" });
    const { code, stderr } = await box.baton("run", "--env", "prod", "--force", "--yes", "--allow-dirty");
    assert.equal(code, 2);
    assert.match(stderr, /api has to run in test \(1 file changed/);
    rmSync(join(box.root, "more"));
    rmSync(join(box.root, ".baton", "artifacts"), { recursive: true });
    const lost = await box.baton("run", "--env", "prod", "--force", "--yes");
    assert.equal(lost.code, 2);
    assert.match(
      lost.stderr,
      /prod comes after test, where .*: api: prod would get files that are made anew, which test does not have\n.*--to prod/,
    );
  },
);

test(
  "built with another parameter it goes through what comes before as well, and a parameter alone is a change",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, {
      files: {
        "baton.yaml": `name: shop
parameters: { flavour: { type: string, default: plain } }
environments: { dev: {}, test: { after: dev }, prod: { after: test } }
pipelines:
  web:
    jobs:
      build:
        per: release
        env: { FLAVOUR: { parameter: flavour } }
        steps: ['echo "$FLAVOUR" > bytes']
        artifacts: { bytes: bytes }
      deploy: { needs: build, deploys: true, uses: [bytes], steps: ["cat bytes"] }
`,
      },
    });
    await box.json<Summary>("run", "--to", "test", "--param", "flavour=hot");
    const alone = await box.baton("run", "--env", "prod", "--yes");
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /web has to run in dev \(parameter flavour is plain, release 1 had hot\)/);
    const all = ["web.build", "web.deploy@dev", "web.deploy@test", "web.deploy@prod"];
    assert.deepEqual(started(await box.json<Summary>("run", "--to", "prod", "--yes")), all);
    const { environments } = await box.json<Outputs>("outputs");
    const digests = new Set(Object.values(environments).map(({ web }) => web!.artifacts.bytes!.digest));
    assert.equal(digests.size, 1);
    const cold = await box.json<Summary>("run", "--env", "dev", "--param", "flavour=cold");
    assert.deepEqual(started(cold), ["web.build", "web.deploy@dev"]);
    const again = await box.json<Summary>("run", "--env", "dev", "--param", "flavour=cold");
    assert.equal(again.conclusion, "nothing-to-do");
  },
);

test("a push goes where its branch leads, and on; by hand it goes as far as it is told", fullDepth(), async (t) => {
  const box = sandbox(t, { files: shop() });
  const environments = async (...args: string[]) =>
    (await box.json<{ environments: string[] }>("plan", ...args)).environments;
  assert.deepEqual(await environments("--event", "push"), ["test", "prod"]);
  assert.deepEqual(await environments(), ["test"]);
  assert.deepEqual(await environments("--event", "push", "--branch", "develop"), ["dev"]);
  const elsewhere = await box.baton("plan", "--event", "push", "--branch", "feature/x");
  assert.match(elsewhere.stdout, /pushes to feature\/x do not deploy to dev, whose branch is develop/);
  assert.match(elsewhere.stdout, /0 jobs to run/);
});

test(
  "what a push would not have brought is said, and refused where somebody has to approve",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files: shop() });
    box.git("checkout", "-q", "-b", "feature/x");
    const dev = await box.baton("run", "--env", "dev");
    assert.equal(dev.code, 0, dev.stderr);
    assert.match(dev.stderr, /pushes to feature\/x do not deploy to dev, whose branch is develop/);
    await box.baton("run", "--env", "test");
    const prod = await box.baton("run", "--env", "prod", "--yes");
    assert.equal(prod.code, 2);
    assert.match(prod.stderr, /prod comes after test, and pushes to feature\/x do not deploy to test/);
    assert.match(prod.stderr, /next: --any-branch says that it is meant/);
    box.write({ uncommitted: "x" });
    await box.baton("run", "--env", "test");
    const neither = await box.baton("run", "--env", "prod", "--yes");
    assert.match(neither.stderr, /next: --any-branch and --allow-dirty say that it is meant/);
    const advised = await box.baton("plan", "--env", "prod");
    assert.match(advised.stderr, /next: baton run --env prod --any-branch --allow-dirty {2}does this/);
    const both = await box.baton("run", "--env", "prod", "--yes", "--any-branch");
    assert.equal(both.code, 2);
    assert.match(both.stderr, /would get 1 file that is not committed/);
    assert.match(both.stderr, /next: --allow-dirty says that it is meant/);
    const meant = await box.baton("run", "--env", "prod", "--yes", "--any-branch", "--allow-dirty");
    assert.equal(meant.code, 0, meant.stderr);
    assert.match(meant.stderr, /prod asks for approval by owners; who answers here is not checked/);
  },
);

test("a branch that is only named opens no door: it has to have the commit", fullDepth(), async (t) => {
  const box = sandbox(t, { files: shop() });
  box.git("checkout", "-q", "-b", "feature/evil");
  box.write({ evil: "x" });
  box.commit("evil");
  const named = ["run", "--to", "prod", "--branch", "main", "--yes"];
  const refused = await box.baton(...named);
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /prod takes pushes to main, and this commit is on no branch main that git knows/);
  assert.match(refused.stderr, /next: --any-branch says that it is meant/);
  const plan = await box.baton("plan", "--to", "prod", "--branch", "main");
  assert.match(plan.stdout, /on feature\/evil, as if on main/);
  // As CI services leave it: no branch checked out, the remote's fetched.
  box.git("checkout", "-q", "--detach");
  assert.equal((await box.baton(...named)).code, 2);
  box.git("update-ref", "refs/remotes/origin/main", "HEAD");
  const fetched = await box.baton(...named);
  assert.equal(fetched.code, 0, fetched.stderr);
  // On the branch's own history it is a commit of that branch.
  box.git("checkout", "-q", "-b", "feature/none", "main");
  const merged = await box.baton(...named, "--force");
  assert.equal(merged.code, 0, merged.stderr);
});

test("a branch without an environment, or none, takes no environment in silence", fullDepth(), async (t) => {
  const box = sandbox(t, { files: shop() });
  box.git("checkout", "-q", "--detach");
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 2);
  assert.match(stderr, /no branch is checked out, and nothing says where to go/);
  assert.match(stderr, /next: --env dev, or --to and one of dev, test, prod/);
  const plan = await box.baton("plan");
  assert.equal(plan.code, 0);
  assert.match(plan.stdout, /goes to dev, the first environment: no branch is checked out/);
  assert.match(plan.stderr, /next: baton run --env dev {2}does this/);
  box.git("checkout", "-q", "-b", "feature/x");
  assert.match((await box.baton("run")).stderr, /no environment takes pushes to feature\/x, and nothing says/);
});

test("everything that is missing is told at once, before anything begins", async (t) => {
  const more = `  web:
    workingDirectory: wbe
    needs: api
    jobs:
      check: { per: release, continueOnFailure: true, steps: ["true"] }
      deploy:
        needs: check
        deploys: true
        tools: [terrafrom, node]
        env: { TOKEN: { secret: SHOP_TOKEN } }
        steps: ["true"]
parameters:
  version: string
`;
  const box = sandbox(t, { files: shop(more) });
  const plan = await box.baton("plan");
  assert.equal(plan.code, 0, plan.stderr);
  for (const line of [
    /missing: parameter version, not given/,
    /missing: secret SHOP_TOKEN, not set \(web\.deploy@test\)/,
    /missing: tool terrafrom, not on the PATH \(web\.deploy@test\)/,
    /missing: folder wbe, not there \(web\.check and 1 more\)/,
    /a hollow gate: web\.check may fail, and web\.deploy goes on/,
  ])
    assert.match(plan.stdout, line);
  assert.doesNotMatch(plan.stdout, /tool node/);
  const run = await box.baton("run");
  assert.equal(run.code, 2);
  for (const line of [/parameter version/, /secret SHOP_TOKEN/, /tool terrafrom/, /folder wbe/])
    assert.match(run.stderr, line);
  assert.equal(box.exists(".baton/logs"), false, "nothing has begun");
  const only = await box.baton("run", "--param", "version=1", "--pipeline", "api");
  assert.equal(only.code, 0, only.stderr);
});
