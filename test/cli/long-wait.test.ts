import assert from "node:assert/strict";
import { test } from "node:test";
import { plainDisplay, stillLine } from "../../src/cli/live/plain-display.ts";
import { noStyle } from "../../src/cli/terminal/style.ts";
import type { Terminal } from "../../src/cli/terminal/terminal.ts";
import type { Underway } from "../../src/control/host.ts";
import type { RunView } from "../../src/control/views/run.ts";

const began = 1_000_000;

const job = (id: string, status: RunView["jobs"][number]["status"]): RunView["jobs"][number] => ({
  id,
  status,
  attempts: 1,
  mostAttempts: 1,
  startedAt: began,
});

const picture = (jobs: RunView["jobs"], waiting: RunView["waiting"] = []) => ({ jobs, waiting }) as unknown as RunView;

test("a long job says in a log that it is still at work, and no line comes while others do", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "setImmediate", "Date"], now: began });
  const said: string[] = [];
  const display = plainDisplay({
    terminal: { err: noStyle, cwd: "/", say: (...lines: string[]) => void said.push(...lines) } as unknown as Terminal,
    underway: { stateFolder: "/", view: () => picture([job("web.test", "running")]) } as unknown as Underway,
    verbose: false,
    onInterrupt: () => {},
  });
  t.mock.timers.tick(59_000);
  display.say("something else");
  t.mock.timers.tick(59_000);
  assert.deepEqual(said, ["something else"]);
  t.mock.timers.tick(6_000);
  assert.equal(said.length, 2);
  assert.match(said[1]!, /still at it: web\.test for 2m 0\ds/);
  display.close();
});

test("when nothing runs the line says what is waited for; of many it names three", () => {
  const lock = { kind: "lock", environment: "dev", holder: "r0001", ahead: 0 } as const;
  const waits = [{ subject: "web.deploy@dev", wait: lock, kind: "elsewhere" as const }];
  assert.equal(
    stillLine(picture([job("web.deploy@dev", "ready")], waits), began),
    "still waiting: web.deploy@dev waits until run r0001 has left dev",
  );
  const many = ["a.a", "a.b", "a.c", "a.d", "a.e"].map((id) => job(id, "running"));
  assert.equal(
    stillLine(picture(many), began + 5_000),
    "still at it: a.a for 5.0s, a.b for 5.0s, a.c for 5.0s and 2 more",
  );
  assert.equal(stillLine(picture([job("a.a", "succeeded")]), began), undefined);
});
