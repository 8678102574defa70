/** An environment that says so goes back by itself to its last good release when what came there failed. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "../../src/control/connect.ts";
import { type Actor, answered } from "../../src/control/control.ts";
import type { AuditView } from "../../src/control/views/audit.ts";
import type { EngineEvent } from "../../src/control/views/events.ts";
import type { StatusView } from "../../src/control/views/status.ts";
import { fullDepth } from "../lane/needs.ts";
import { batonFile, type Sandbox, sandbox } from "./sandbox.ts";

/** What is deployed lies in a folder, and is well unless it says otherwise. */
const definition = (there: string) => `name: shop
variables: { there: ${there} }
environments:
  dev: { branch: main }
  prod: { after: dev, onFailure: rollback, approval: { reviewers: [ann] } }
pipelines:
  data:
    paths: ["schema"]
    jobs:
      migrate:
        deploys: true
        irreversible: drops a column
        condition: { environment: prod }
        env: { THERE: { variable: there } }
        steps: ['cp schema "$THERE/schema.prod"']
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
        steps: ['cp bytes "$THERE/web.$BATON_ENVIRONMENT"']
      smoke:
        verify: true
        env: { THERE: { variable: there } }
        steps: ['test dev = "$BATON_ENVIRONMENT" || [[ "$(< "$THERE/web.prod")" = *well* ]]']
`;

async function shop(t: TestContext): Promise<{ box: Sandbox; there(name: string): string; folder: string }> {
  const box = sandbox(t, { files: { ".gitignore": "there/\n", "there/x": "", schema: "1\n", page: "well 1\n" } });
  const folder = join(box.root, "there");
  box.write({ "baton.yaml": definition(folder) });
  box.commit("one");
  const first = await box.baton("run", "--to", "prod", "--yes");
  assert.equal(first.code, 0, first.stderr);
  return { box, folder, there: (name) => readFileSync(join(folder, name), "utf8") };
}

function push(box: Sandbox, files: Record<string, string>): void {
  box.write(files);
  box.commit(Object.values(files).join());
}

test("what fails in production goes back by itself, nobody is asked, and it stays away", fullDepth(), async (t) => {
  const { box, there } = await shop(t);
  push(box, { page: "broken 2\n" });
  const failed = await box.baton("run", "--to", "prod", "--yes");
  assert.equal(failed.code, 1, "what failed has failed, whatever was done about it");
  assert.match(failed.stderr, /prod goes back by itself: web\.smoke@prod failed/);
  assert.match(failed.stderr, /rollback to release 1 passed/);
  assert.doesNotMatch(failed.stdout, /rollback/, "stdout tells of the run that was asked for");
  assert.equal(there("web.prod"), "well 1\n");
  const { runs, owed } = await box.json<StatusView>("status");
  assert.deepEqual(owed, []);
  assert.equal(runs[0]?.moves?.kind, "rollback");
  const again = await box.baton("promote", "--to", "prod", "--yes");
  assert.match(again.stderr, /taken back/);
  const { entries } = await box.json<AuditView>("audit", "--env", "prod");
  const back = entries.find(({ deed }) => deed === "rolled back");
  assert.equal(back?.by, "baton");
  assert.match(back?.comment ?? "", /run r0002 failed there/);
});

test("it does not go back over what cannot be undone, says so, and people decide", fullDepth(), async (t) => {
  const { box, there } = await shop(t);
  push(box, { page: "broken 2\n", schema: "2\n" });
  const failed = await box.baton("run", "--to", "prod", "--yes");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /not by itself: data\.migrate@prod of release 2 drops a column/);
  assert.equal(there("web.prod"), "broken 2\n");
  const shown = await box.baton("rollback", "prod", "--dry-run");
  assert.match(shown.stdout, /beware: data\.migrate@prod of release 2 drops a column, which this does not undo/);
  const { entries } = await box.json<AuditView>("audit", "--env", "prod");
  assert.ok(entries.some(({ deed, run }) => deed === "did not take back" && run === "r0002"));
  // Nobody is kept out any more.
  push(box, { page: "well 3\n" });
  const mended = await box.baton("run", "--to", "prod", "--yes");
  assert.equal(mended.code, 0, mended.stderr);
  assert.equal(there("web.prod"), "well 3\n");
});

test(
  "where a Baton goes before it begins, nobody else deploys there until somebody takes it back",
  fullDepth(),
  async (t) => {
    const { box, there } = await shop(t);
    push(box, { page: "broken 2\n" });
    // As far as a Baton comes that is killed when the run has ended.
    const caller = { cwd: box.root, env: process.env, entry: batonFile, say: () => {} };
    const host = answered(await connect(caller, {}));
    const by: Actor = { name: "ann", via: "terminal" };
    const planned = answered(await host.plan({ to: "prod" }));
    const underway = answered(await host.start(planned, { isWatched: false }, by));
    await underway.begin({
      event: ({ event }) => asksFor(event) && void underway.answer("prod", "approved"),
      output() {},
    });
    await underway.ended();
    await underway.close();
    const { owed } = await box.json<StatusView>("status");
    assert.deepEqual(
      owed.map(({ environment, failed, job }) => [environment, failed, job]),
      [["prod", "r0002", "web.smoke@prod"]],
    );
    push(box, { page: "well 3\n" });
    const waiting = await box.baton("run", "--to", "prod", "--yes");
    assert.match(waiting.stdout, /prod goes back first: run r0002 failed there/);
    assert.equal(there("web.prod"), "broken 2\n");
    const shown = await box.baton("status");
    assert.match(shown.stdout, /prod goes back before anything else is deployed there: run r0002 failed/);
    assert.match(shown.stderr, /next: baton rollback prod/);
    const back = await box.baton("rollback", "prod", "--yes");
    assert.equal(back.code, 0, back.stderr);
    assert.equal(there("web.prod"), "well 1\n");
    // What was asked for before does not deploy over it; what is asked for now does.
    assert.match((await box.baton("resume")).stdout, /was cancelled/);
    assert.equal(there("web.prod"), "well 1\n");
    assert.equal((await box.baton("promote", "3", "--to", "prod", "--yes")).code, 0);
    assert.equal(there("web.prod"), "well 3\n");
  },
);

const asksFor = ({ type }: EngineEvent) => type === "approval.requested";

test("what lies between two releases says what no rollback undoes", async (t) => {
  const box = sandbox(t, { files: { ".gitignore": "there/\n", "there/x": "", schema: "1\n", page: "well 1\n" } });
  box.write({ "baton.yaml": definition(join(box.root, "there")).replace("condition: { environment: prod }", "") });
  box.commit("one");
  assert.equal((await box.baton("run", "--env", "dev")).code, 0);
  push(box, { schema: "2\n" });
  assert.equal((await box.baton("run", "--env", "dev")).code, 0);
  const between = await box.baton("release", "diff", "1", "2");
  assert.match(between.stdout, /data {2}changes\n.*\n {4}beware: migrate drops a column, which no rollback undoes\n/);
  const notes = await box.baton("release", "show", "2", "--markdown");
  assert.match(notes.stdout, /\*\*no rollback undoes\*\*: migrate drops a column\n/);
  push(box, { page: "well 2\n" });
  assert.equal((await box.baton("run", "--env", "dev")).code, 0);
  assert.doesNotMatch((await box.baton("release", "diff", "2", "3")).stdout, /beware/, "it does not run again");
});
