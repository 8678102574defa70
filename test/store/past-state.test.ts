/** The journal folded up to each of its events: cheap by the runs that were open then, and the same as all of it folded. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { boardView } from "../../src/control/views/board.ts";
import { deployedView } from "../../src/control/views/deployed.ts";
import { runView } from "../../src/control/views/run.ts";
import type { Recorded, RunId } from "../../src/engine/events.ts";
import { replay } from "../../src/engine/fold.ts";
import { rebuildRun } from "../../src/engine/rebuild-run.ts";
import type { State } from "../../src/engine/state.ts";
import { runAt, stateAt } from "../../src/store/past-state.ts";
import { openStoreForReading } from "../../src/store/store.ts";
import { sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: {} }
pipelines:
  infra:
    outputs: { url: string }
    jobs: { apply: { deploys: true, steps: ['echo "url=$(cat page)" >> "$BATON_OUTPUT"'] } }
  web:
    needs: [infra]
    jobs:
      deploy: { deploys: true, steps: ["test ! -e broken || test $BATON_ENVIRONMENT = dev"] }
`;

test("every moment of a journal is what all of it comes to when it is folded up to there", fullDepth(), async (t) => {
  const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n", page: "one\n" } });
  const baton = async (expected: number, ...args: string[]) => {
    const { code, stdout, stderr } = await box.baton(...args);
    assert.equal(code, expected, stdout + stderr);
  };
  const commit = (files: Record<string, string>, subject: string) => {
    box.write(files);
    box.git("add", "-A");
    box.git("commit", "-qm", subject);
  };
  await baton(0, "run", "--to", "prod");
  commit({ page: "two\n" }, "two");
  await baton(0, "run", "--to", "prod");
  await baton(0, "approve", "1", "prod");
  await baton(0, "approve", "2", "prod");
  commit({ broken: "", page: "three\n" }, "three");
  await baton(0, "run", "--to", "prod");
  await baton(1, "approve", "3", "prod");
  await baton(1, "retry", "3");
  await baton(0, "freeze", "prod", "--until", "2h", "--reason", "a test");
  await baton(0, "thaw", "prod");
  await baton(0, "rollback", "prod", "--yes");

  using journal = openStoreForReading(join(box.root, ".baton"));
  const all = [...journal.load()];
  const { delivery } = journal.runState("r0001")!;
  let [open, finished, refused] = [0, 0, 0];
  for (const { seq, at } of all) {
    const before = all.slice(0, seq);
    const whole = replay(before);
    const state = stateAt(journal, seq);
    assert.deepEqual([...state.runs.keys()], [...whole.runs.keys()], `runs at ${seq}`);
    assert.deepEqual(places(state), places(whole), `who holds and waits for environments at ${seq}`);
    assert.deepEqual(state.deployed, whole.deployed, `what is deployed at ${seq}`);
    for (const run of runsIn(all)) {
      const found = runAt(journal, run, { seq, state });
      const own = before.filter(({ event }) => event.run === run);
      if (own.length === 0) {
        assert.equal(found, undefined);
        refused++;
        continue;
      }
      const known = whole.runs.get(run) ?? rebuildRun(own);
      assert.deepEqual(runView(state, found!, at), runView(whole, known, at), `${run} at ${seq}`);
      if (known.finished === undefined) open++;
      else finished++;
    }
    const runs = [...state.runs.values()];
    const deployed = deployedView(journal, { until: seq });
    const board = boardView(delivery, { state, runs, deployed, now: at, journal, until: seq, expected: new Map() });
    for (const { name, in: cells } of board.pipelines) {
      for (const [environment, { deployed }] of Object.entries(cells)) {
        assert.equal(
          deployed?.number,
          whole.deployed[environment]?.[name]?.release,
          `${name} in ${environment} at ${seq}`,
        );
      }
    }
  }
  assert.ok(open > 50 && finished > 20 && refused > 50, `${open} open, ${finished} finished, ${refused} not yet there`);
});

test("a moment after a run went past another that a freeze holds up", fullDepth(), async (t) => {
  const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n", page: "one\n" } });
  assert.equal((await box.baton("freeze", "dev", "--until", "2h", "--reason", "a test")).code, 0);
  const held = box.baton("run", "--env", "dev");
  const isInLine = async () => (await box.baton("status", "--json")).stdout.includes(`"kind": "freeze"`);
  await until("the first run waits for the freeze", isInLine);
  const passed = await box.baton("run", "--env", "dev", "--override", "customers cannot pay");
  assert.equal(passed.code, 0, passed.stderr);
  assert.equal((await box.baton("thaw", "dev")).code, 0);
  assert.equal((await held).code, 0);

  using journal = openStoreForReading(join(box.root, ".baton"));
  const all = [...journal.load()];
  assert.equal(all.filter(({ event }) => event.type === "lock.acquired")[0]!.event.run, "r0002");
  for (const { seq } of all)
    assert.deepEqual(places(stateAt(journal, seq)), places(replay(all.slice(0, seq))), `at ${seq}`);
});

const runsIn = (events: readonly Recorded[]): RunId[] =>
  [...new Set(events.map(({ event }) => event.run))].filter(Boolean);

const places = ({ environments }: State) =>
  [...environments.values()].flatMap(({ name, holder, queue, freeze }) =>
    holder === undefined && queue.length === 0 && freeze === undefined ? [] : [[name, holder, queue, freeze]],
  );
