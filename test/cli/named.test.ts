/** A command acts on what it names and on nothing else. */

import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { type Sandbox, sandbox, until } from "./sandbox.ts";

/** Deploys say where they are and wait until a file lets them go on. */
const shop = `
name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [boss] } }
pipelines:
  app:
    jobs:
      deploy:
        deploys: true
        steps:
          - echo "$BATON_RUN $(cat code) $BATON_ENVIRONMENT" >> "$SIDE"; until [ -e "$GO" ] || ! [ -d "\${GO%/*}" ]; do sleep 0.05; done
`;

interface Scene {
  box: Sandbox;
  /** What deployed where, one `run code environment` each. */
  side(): string[];
  go(): void;
}

function scene(t: TestContext, definition = shop): Scene {
  const box = sandbox(t, { files: { "baton.yaml": definition, code: "broken\n" } });
  const at = (name: string) => join(box.root, ".git", name);
  box.env.SIDE = at("side");
  box.env.GO = at("go");
  return {
    box,
    side: () => (existsSync(at("side")) ? readFileSync(at("side"), "utf8").trim().split("\n") : []),
    go: () => appendFileSync(at("go"), ""),
  };
}

/** Starts a run and ends Baton in the middle of its deployment. */
async function leftBehind({ box, side }: Scene, signal: NodeJS.Signals, ...args: string[]): Promise<void> {
  const before = side().length;
  const child = box.start("run", ...args);
  await until("the deployment has begun", () => side().length > before);
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

for (const signal of ["SIGKILL", "SIGTERM", "SIGHUP"] as const) {
  const when = signal === "SIGKILL" ? {} : fullDepth();
  test(`after ${signal} a new run leaves the old one alone, whatever it approves`, when, async (t) => {
    const now = scene(t);
    const { box, side, go } = now;
    await leftBehind(now, signal, "--to", "prod");
    box.write({ code: "fixed\n" });
    box.commit("fix");
    go();
    const { code, stderr } = await box.baton("run", "--env", "dev", "--yes");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /run r0001 has not ended and is left as it is/);
    assert.doesNotMatch(stderr, /is held by/, "nobody waits for one who is gone");
    assert.deepEqual(side(), ["r0001 broken dev", "r0002 fixed dev"]);
    const { open } = await box.json<{ open: { run: string; runBy?: object }[] }>("status");
    assert.deepEqual(
      open.map(({ run, runBy }) => [run, runBy]),
      [["r0001", undefined]],
    );
    // What is asked for by name goes on, and the newer release stays where it is.
    const resumed = await box.baton("resume", "r0001", "--yes");
    assert.match(resumed.stderr, /going on with run r0001/);
    assert.match(resumed.stderr, /■ app\.deploy@dev cancelled[\s\S]*next: baton status {2}a newer release came first/);
    assert.deepEqual(side(), ["r0001 broken dev", "r0002 fixed dev"], "nothing old was deployed");
  });
}

test("of several runs that have not ended none is chosen by chance", fullDepth(), async (t) => {
  const now = scene(t);
  const { box, go } = now;
  await leftBehind(now, "SIGKILL");
  box.write({ code: "two\n" });
  box.commit("two");
  await leftBehind(now, "SIGKILL");
  for (const verb of ["resume", "cancel"]) {
    const { code, stderr } = await box.baton(verb);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /several runs have not ended: r0001, r0002/);
  }
  assert.deepEqual(await box.json("cancel", "1"), { version: 1, run: "r0001", conclusion: "cancelled" });
  go();
  const { code, stderr } = await box.baton("resume");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /going on with run r0002/);
  assert.equal((await box.baton("resume")).code, 0, "nothing is left to do, and that is no failure");
});

test("what waits needs no name when it is one thing, and is told when it is not", fullDepth(), async (t) => {
  const now = scene(t);
  const { box, go, side } = now;
  go();
  const nothing = await box.baton("approve");
  assert.equal(nothing.code, 1);
  await box.baton("run", "--to", "prod");
  box.write({ code: "two\n" });
  box.commit("two");
  await box.baton("run", "--to", "prod");
  const several = await box.baton("approve");
  assert.equal(several.code, 2);
  assert.match(several.stderr, /several things wait for an answer: r0001 prod, r0002 prod/);
  assert.match((await box.baton("reject", "1")).stderr, /prod rejected by/);
  const { code, stderr } = await box.baton("approve", "--comment", "fine");
  assert.equal(code, 0, stderr);
  assert.deepEqual(side().at(-1), "r0002 two prod");
  const late = await box.baton("approve");
  assert.equal(late.code, 1);
  assert.match(late.stderr, /nothing waits for an approval/);
});

test("an answer that comes too late is refused in words, and what is advised asks again", fullDepth(), async (t) => {
  const now = scene(t, shop.replace("reviewers: [boss]", "reviewers: [boss], timeout: 1s"));
  const { box, go, side } = now;
  go();
  await box.baton("run", "--to", "prod");
  const { open } = await box.json<{ open: { approvals: { expiresAt: number }[] }[] }>("status");
  await until("the time is over", () => Date.now() > open[0]!.approvals[0]!.expiresAt);
  const status = await box.baton("status");
  assert.match(status.stdout, /prod {2}was not approved by boss in time/);
  assert.match(status.stderr, /next: baton resume r0001 {2}nobody answered in time; this ends it/);
  for (const answer of [["approve"], ["approve", "1", "prod"], ["reject", "1", "prod"]]) {
    const { code, stderr } = await box.baton(...answer);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /comes too late[\s\S]*next: baton resume r0001 ends it, then baton retry r0001/);
  }
  assert.equal((await box.baton("resume", "r0001")).code, 1);
  const { stderr } = await box.baton("approve", "1", "prod");
  assert.match(stderr, /next: baton retry r0001 asks for prod again/);
  await box.baton("retry", "r0001", "--yes");
  assert.deepEqual(side(), ["r0001 broken dev", "r0001 broken prod"]);
});

test("after a rejection the next step is what it does", fullDepth(), async (t) => {
  const now = scene(t);
  now.go();
  await now.box.baton("run", "--to", "prod");
  const { code, stderr } = await now.box.baton("reject", "dev");
  assert.equal(code, 2, stderr);
  const rejected = await now.box.baton("reject", "prod");
  assert.equal(rejected.code, 1);
  assert.match(rejected.stderr, /next: baton retry r0001 {2}asks again for prod/);
});

test("the next step of a plan does what was planned, with every option", async (t) => {
  const { box, go, side } = scene(t, `${shop}\nparameters: { size: { type: string } }\n`);
  go();
  const { stderr } = await box.baton("plan", "--to", "prod", "--param", "size=the big one", "--force", "--in-place");
  const [, command] = /next: (baton run .*?) {2}does this/.exec(stderr)!;
  assert.equal(command, "baton run --to prod --param 'size=the big one' --force --in-place");
  await box.baton("run", "--to", "prod", "--param", "size=the big one", "--force", "--in-place", "--yes");
  assert.deepEqual(side(), ["r0001 broken dev", "r0001 broken prod"]);
});

test("a release that ends late is not what is deployed; status and outputs say the same", fullDepth(), async (t) => {
  const definition = `
name: older
environments: { dev: { branch: main } }
pipelines:
  a:
    outputs: { v: string }
    jobs:
      make:
        steps:
          - until [ -e "$GO" ] || [ "$(cat code)" = new ]; do echo at >> "$SIDE"; sleep 0.05; done; echo "v=$(cat code)" >> "$BATON_OUTPUT"
  b: { needs: a, jobs: { use: { deploys: true, env: { V: { output: a.v } }, steps: [echo] } } }
`;
  const now = scene(t, definition);
  const { box, go } = now;
  await leftBehind(now, "SIGKILL");
  box.write({ code: "new\n" });
  box.commit("new");
  assert.equal((await box.baton("run")).code, 0);
  go();
  await box.baton("resume", "r0001");
  const { stdout } = await box.baton("status");
  assert.match(stdout, /^ {2}a +release 2 /m);
  const { environments } = await box.json<{ environments: Record<string, Record<string, { release: number }>> }>(
    "outputs",
  );
  assert.equal(environments.dev!.a!.release, 2);
});

test("a run that failed can be retried when others have ended since", fullDepth(), async (t) => {
  const flaky = `
name: shop
environments: { dev: { branch: main } }
pipelines:
  app:
    jobs:
      deploy: { deploys: true, steps: ['echo "$BATON_RUN $(cat code)" >> "$SIDE"; test -e "$GO"'] }
`;
  const { box, side, go } = scene(t, flaky);
  assert.equal((await box.baton("run")).code, 1);
  go();
  assert.equal((await box.baton("run", "--force")).code, 0);
  assert.equal((await box.baton("run", "--force")).code, 0);
  const { code, stderr } = await box.baton("retry", "r0001");
  assert.doesNotMatch(stderr, /nothing says where/);
  assert.match(stderr, /newer release came first/, "and an older release never takes the place of a newer one");
  assert.deepEqual(side(), ["r0001 broken", "r0002 broken", "r0003 broken"]);
  assert.equal(code, 1, stderr);
});

test("a state folder that is a link is no file of the commit", fullDepth(), async (t) => {
  const { box, go } = scene(t);
  go();
  assert.equal((await box.baton("run")).code, 0);
  renameSync(join(box.root, ".baton"), join(box.root, ".git", "state"));
  symlinkSync(join(".git", "state"), join(box.root, ".baton"));
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /nothing to do/);
});
