/** A rollback undoes first what later releases did, with what they know and the earlier one does not, and deploys then. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AuditView } from "../../src/control/views/audit.ts";
import type { MoveView } from "../../src/control/views/move.ts";
import type { StatusView } from "../../src/control/views/status.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Sandbox, sandbox, until } from "./sandbox.ts";

/** A schema that goes up and down, by files that only the commit has which needs them, and a page that reads it. */
const definition = (there: string) => `name: shop
variables: { there: ${there} }
environments:
  dev: { branch: main }
  prod: { after: dev, onFailure: rollback }
pipelines:
  data:
    paths: ["data/**"]
    outputs: { schema: { type: string, job: migrate } }
    jobs:
      migrate:
        deploys: true
        env: { THERE: { variable: there } }
        steps: ['cat data/up >> "$THERE/log.$BATON_ENVIRONMENT"; echo "schema=$(cat data/version)" >> "$BATON_OUTPUT"']
      revert:
        undo: true
        env: { THERE: { variable: there }, SCHEMA: { output: data.schema } }
        steps:
          - test ! -e "$THERE/stuck"
          - 'cat data/down >> "$THERE/log.$BATON_ENVIRONMENT"'
          - 'echo "$BATON_RELEASE $SCHEMA to $BATON_UNDO_TO_RELEASE" >> "$THERE/log.$BATON_ENVIRONMENT"'
  web:
    needs: [data]
    paths: ["page"]
    jobs:
      build: { per: release, steps: ["cp page bytes"], artifacts: { bytes: bytes } }
      deploy:
        deploys: true
        needs: [build]
        uses: [bytes]
        env: { THERE: { variable: there } }
        steps: ['cat bytes >> "$THERE/log.$BATON_ENVIRONMENT"; ! grep -q broken bytes || test dev = "$BATON_ENVIRONMENT"']
      offline:
        undo: true
        uses: [bytes]
        env: { THERE: { variable: there } }
        steps: ['echo "off: $(cat bytes)" >> "$THERE/log.$BATON_ENVIRONMENT"']
`;

function release(box: Sandbox, number: number, page: string): void {
  box.write({ "data/up": `up ${number}\n`, "data/down": `down ${number}\n`, "data/version": `s${number}\n`, page });
  box.commit(`release ${number}`);
}

async function shop(t: TestContext) {
  const box = sandbox(t, { files: { ".gitignore": "there/\n", "there/x": "" } });
  const there = join(box.root, "there");
  box.write({ "baton.yaml": definition(there) });
  for (const number of [1, 2]) {
    release(box, number, `page ${number}\n`);
    const ran = await box.baton("run", "--to", "prod", "--yes");
    assert.equal(ran.code, 0, ran.stderr);
  }
  const log = () => readFileSync(join(there, "log.prod"), "utf8").trimEnd().split("\n");
  return { box, there, log };
}

const undone = (number: number) => [`off: page ${number}`, `down ${number}`, `${number} s${number} to ${number - 1}`];

test("a rollback undoes first, whoever needs before whom it needs, with what was deployed", fullDepth(), async (t) => {
  const { box, log } = await shop(t);
  assert.deepEqual(log(), ["up 1", "page 1", "up 2", "page 2"]);
  const move = await box.json<MoveView>("rollback", "prod", "--dry-run");
  assert.deepEqual(move.undoes, [
    { release: 2, job: "web.offline@prod[release=2]" },
    { release: 2, job: "data.revert@prod[release=2]" },
  ]);
  const shown = await box.baton("rollback", "prod", "--dry-run");
  assert.match(shown.stdout, /undoes release 2 first: web\.offline@prod\[release=2\]\n/);
  const back = await box.baton("rollback", "prod", "--yes");
  assert.equal(back.code, 0, back.stderr);
  assert.deepEqual(log().slice(4), [...undone(2), "up 1", "page 1"]);
});

test("it undoes all that came since, newest first, and nothing twice", fullDepth(), async (t) => {
  const { box, log } = await shop(t);
  release(box, 3, "page 3\n");
  assert.equal((await box.baton("run", "--to", "prod", "--yes")).code, 0);
  assert.equal((await box.baton("rollback", "prod", "--yes")).code, 0);
  assert.deepEqual(log().slice(6), [...undone(3), "up 2", "page 2"]);
  assert.equal((await box.baton("rollback", "prod", "--to", "1", "--yes")).code, 0);
  assert.deepEqual(log().slice(11), [...undone(2), "up 1", "page 1"]);
});

test("what fails is undone as well when it goes back by itself", fullDepth(), async (t) => {
  const { box, log } = await shop(t);
  release(box, 3, "broken 3\n");
  const failed = await box.baton("run", "--to", "prod", "--yes");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /rollback to release 2 passed/);
  // Nothing that release 3 of web made was told as deployed here; release 3 of dev was, so these are its files.
  assert.deepEqual(log().slice(6), ["off: broken 3", "down 3", "3 s3 to 2", "up 2", "page 2"]);
});

test("where something cannot be undone nothing is deployed, and it says so and goes on", fullDepth(), async (t) => {
  const { box, log, there } = await shop(t);
  box.write({ "there/stuck": "" });
  const back = await box.baton("rollback", "prod", "--yes");
  assert.equal(back.code, 1);
  assert.match(back.stderr, /data +may be half-way: data\.revert@prod\[release=2\] failed/);
  assert.match(back.stderr, /web +was undone by web\.offline@prod\[release=2\], and release 1 is not there yet/);
  assert.deepEqual(log().slice(4), ["off: page 2"]);
  const status = await box.json<StatusView>("status");
  assert.equal(status.runs[0]?.conclusion, "failed");
  rmSync(join(there, "stuck"));
  const again = await box.baton("retry");
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(log().slice(4), [...undone(2), "up 1", "page 1"]);
});

/** What undoes waits for somebody to say so, so that it can be cut off in the middle. */
async function inTheMiddle(t: TestContext) {
  const { box, there, log } = await shop(t);
  const text = readFileSync(join(box.root, "baton.yaml"), "utf8");
  const waits = 'touch "$THERE/began"; until test -e "$THERE/go"; do sleep 0.05; done';
  box.write({ "baton.yaml": text.replace('- test ! -e "$THERE/stuck"', `- '${waits}'`) });
  release(box, 3, "page 3\n");
  assert.equal((await box.baton("run", "--to", "prod", "--yes")).code, 0);
  const back = box.start("rollback", "prod", "--yes");
  const ended = new Promise<number | null>((resolve) => back.on("close", resolve));
  await until("it undoes", () => existsSync(join(there, "began")));
  return { box, there, log, back, ended };
}

test("killed while it undoes, it goes on where it was, in one run and under one lock", fullDepth(), async (t) => {
  const { box, there, log, back, ended } = await inTheMiddle(t);
  back.kill("SIGKILL");
  await ended;
  assert.deepEqual(log().slice(6), ["off: page 3"]);
  box.write({ "there/go": "" });
  const resumed = await box.baton("resume");
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(log().slice(6), ["off: page 3", "down 3", "3 s3 to 2", "up 2", "page 2"]);
  const { runs } = await box.json<StatusView>("status");
  assert.deepEqual([runs[0]?.moves?.kind, runs[1]?.moves], ["rollback", undefined]);
  const { entries } = await box.json<AuditView>("audit", "--env", "prod");
  assert.equal(entries.filter(({ deed }) => deed === "rolled back").length, 1);
  assert.ok(existsSync(join(there, "began")));
});

test(
  "cancelled while it undoes, nothing is deployed, and a fresh rollback undoes all of it",
  fullDepth(),
  async (t) => {
    const { box, log, ended } = await inTheMiddle(t);
    assert.equal((await box.baton("cancel", "--now")).code, 0);
    assert.equal(await ended, 1);
    assert.deepEqual(log().slice(6), ["off: page 3"]);
    box.write({ "there/go": "" });
    const again = await box.baton("rollback", "prod", "--yes");
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(log().slice(7), [...undone(3), "up 2", "page 2"]);
  },
);
