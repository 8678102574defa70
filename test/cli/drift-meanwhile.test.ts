/** What happens while somebody looks for drift: deployments, another look, a signal; and what a look gets to see. By the real command. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { DriftView } from "../../src/control/views/drift.ts";
import { fullDepth } from "../lane/needs.ts";
import { batonFile, type Sandbox, sandbox, until } from "./sandbox.ts";

/** A folder that jobs deploy to; a job is held up by what the test puts there. */
function worldOf(t: TestContext) {
  const world = mkdtempSync(join(tmpdir(), "baton-drift-"));
  t.after(() => rmSync(world, { recursive: true, force: true }));
  return {
    path: world,
    has: (name: string) => existsSync(join(world, name)),
    write: (name: string, text: string) => writeFileSync(join(world, name), text),
    read: (name: string) => readFileSync(join(world, name), "utf8"),
    remove: (name: string) => rmSync(join(world, name), { recursive: true, force: true }),
  };
}

const drift = `touch "$WORLD/looked"
[ ! -e "$WORLD/hook" ] || . "$WORLD/hook"
there="$(cat "$WORLD/$BATON_ENVIRONMENT")"
[ "$there" = "$(cat size)" ] || exit 2`;

const apply = `if [ -e "$WORLD/fails" ]; then touch "$WORLD/deploying"; until [ -e "$WORLD/go" ]; do sleep 0.02; done; exit 1; fi
cp size "$WORLD/$BATON_ENVIRONMENT"`;

const shop = `name: shop
environments: { dev: { branch: main }, prod: { after: dev } }
pipelines:
  infra:
    jobs: { apply: { deploys: true, drift: ${JSON.stringify(drift)}, env: { WORLD: { secret: WORLD } }, steps: [${JSON.stringify(apply)}] } }
notices: { team: { slack: { secret: SLACK_URL }, on: drift } }
`;

async function look(box: Sandbox, ...args: string[]) {
  const { looks } = await box.json<DriftView>("drift", ...args);
  return looks.map(({ job, found, said }) => `${job} ${found} ${said.join(" ")}`.trimEnd());
}

test("what is deployed while somebody looks is never taken for drift", fullDepth(), async (t) => {
  const world = worldOf(t);
  const box = sandbox(t, { files: { "baton.yaml": shop, size: "small\n" } });
  box.env.WORLD = world.path;
  assert.equal((await box.baton("run", "--to", "prod")).code, 0);

  // While dev is looked at, the next release goes to both.
  box.write({ size: "large\n" });
  box.commit("large");
  world.write("hook", `rm "$WORLD/hook"; (cd '${box.root}' && '${batonFile}' run --to prod) >"$WORLD/said" 2>&1\n`);
  assert.deepEqual(await look(box), [
    "infra.apply@dev unknown run r0002 deploys to dev",
    "infra.apply@prod unknown run r0002 deploys to prod",
  ]);
  assert.deepEqual(await look(box), ["infra.apply@dev same", "infra.apply@prod same"], world.read("said"));

  // Somebody is at it when the look begins, and fails.
  box.write({ size: "huge\n" });
  box.commit("huge");
  world.write("fails", "");
  const run = box.start("run");
  const ended = once(run, "close");
  await until("it deploys", () => world.has("deploying"));
  world.remove("looked");
  assert.deepEqual(await look(box, "dev"), ["infra.apply@dev unknown run r0003 deploys to dev"]);
  assert.ok(!world.has("looked"), "there is nothing to look at while somebody deploys");
  world.write("go", "");
  assert.deepEqual(await ended, [1, null]);
  world.write("dev", "half\n");
  assert.deepEqual(await look(box), [
    "infra.apply@dev unknown a newer release of infra began to be deployed to dev and has not passed there",
    "infra.apply@prod same",
  ]);
});

test(
  "two who look at once tell a difference once; a signal ends a look and what it started",
  fullDepth(),
  async (t) => {
    const world = worldOf(t);
    const box = sandbox(t, { files: { "baton.yaml": shop, size: "small\n" } });
    box.env.WORLD = world.path;
    assert.equal((await box.baton("run")).code, 0);
    world.write("dev", "huge\n");
    // Each waits until the other one looks as well, and prints more than is shown.
    const meet = `mkdir "$WORLD/$$"; until [ "$(ls -d "$WORLD"/[0-9]* | wc -l)" = 2 ]; do sleep 0.02; done; seq 600`;
    world.write("hook", `${meet}\n`);
    const both = await Promise.all([box.baton("drift"), box.baton("drift")]);
    const logs = both.map(({ code, stdout }) => {
      assert.equal(code, 1);
      return /^ {2}log: (\S+)$/m.exec(stdout)?.[1] ?? assert.fail(stdout.slice(0, 300));
    });
    assert.notEqual(logs[0], logs[1]);
    for (const log of logs) assert.match(box.read(log), /600$/m);
    const told = (await box.baton("notices")).stdout.split("\n").filter((line) => line.includes("left it"));
    assert.equal(told.length, 1, told.join("\n"));

    world.write(
      "hook",
      'echo $$ >"$WORLD/pid"; touch "$WORLD/waits"; until [ -e "$WORLD/never" ]; do sleep 0.02; done\n',
    );
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      world.remove("waits");
      const looking = box.start("drift");
      const ended = once(looking, "close");
      await until("it looks", () => world.has("waits"));
      looking.kill(signal);
      assert.deepEqual(await ended, [130, null]);
      assert.throws(() => process.kill(Number(world.read("pid")), 0), { code: "ESRCH" });
    }
  },
);

test(
  "a look sees the secrets of its own job, masked, and none that another release declares",
  fullDepth(),
  async (t) => {
    const drift = 'echo "own=${OWN:-none} other=${OTHER_TOKEN:-none}"; exit 2';
    const deploys = `{ deploys: true, drift: ${JSON.stringify(drift)}, env: { OWN: { secret: OWN_TOKEN } }, steps: [echo gone] }`;
    const declares = "{ env: { OTHER: { secret: OTHER_TOKEN } }, steps: [echo made] }";
    const definition = (make: string) => `name: shop
environments: { dev: { branch: main } }
pipelines:
  infra: { paths: [infra], jobs: { apply: ${deploys} } }
  web: { paths: [web], jobs: { make: ${make}, go: ${deploys} } }
`;
    const box = sandbox(t, {
      files: { "baton.yaml": definition(declares), infra: "1\n", web: "1\n" },
    });
    Object.assign(box.env, { OWN_TOKEN: "own-secret-value", OTHER_TOKEN: "other-secret-value" });
    assert.equal((await box.baton("run")).code, 0);
    box.write({ "baton.yaml": definition("{ steps: [echo made] }"), web: "2\n" });
    box.commit("web");
    assert.equal((await box.baton("run", "--pipeline", "web")).code, 0);
    const shown = await box.baton("drift");
    assert.equal(shown.code, 1, shown.stderr);
    assert.deepEqual(shown.stdout.match(/release \d|own=.*/g), [
      "release 2",
      "own=*** other=none",
      "release 1",
      "own=*** other=none",
    ]);
    const journal = readFileSync(join(box.root, ".baton/journal.db"), "latin1");
    assert.match(journal, /own=\*\*\* other=none/);
    assert.doesNotMatch(journal, /-secret-value/);
  },
);
