/** What is due by schedule: done once, by whichever server, however the clock goes; what was missed is told. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../../src/control/connect.ts";
import { answered } from "../../src/control/control.ts";
import { ScheduledTimes } from "../../src/server/scheduled-times.ts";
import { Schedules, type SchedulesOptions } from "../../src/server/schedules.ts";
import type { AccessEntry } from "../../src/server/wire/access-log.ts";
import { type Sandbox, sandbox } from "../cli/sandbox.ts";

const definition = (line: string) => `name: shop
environments:
  dev: { branch: main }
pipelines:
  web:
    schedules: ["${line}"]
    jobs: { deploy: { deploys: true, steps: ["cat page"] } }
  other:
    jobs: { deploy: { deploys: true, steps: ["cat page"] } }
`;

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 30, 12);

/** A server's schedules with a clock of our own and a host that starts nothing. */
function served(stateFolder: string, line = "0 * * * *") {
  const clock = { now: noon - 10 * minute };
  const started: string[] = [];
  const notes: AccessEntry[] = [];
  const said: string[] = [];
  const state = { fails: false, asked: 0, line, isLogFull: false, breaksOff: false };
  const host = {
    async schedules({ branch }: { branch: string }) {
      state.asked++;
      const lines = [{ pipeline: "web", line: state.line }];
      return { ok: true, value: { version: 1, branch, commit: "c", lines } } as const;
    },
    async planScheduled({ pipelines }: { pipelines: readonly string[] }) {
      if (state.fails)
        return {
          ok: false,
          refusal: { code: "not-reached", subject: "main", known: [], because: "it is away" },
        } as const;
      return { ok: true, value: { plan: { jobs: [{ decision: "run" }] }, pipelines } } as const;
    },
    async start(planned: { pipelines: string[] }) {
      started.push(`${planned.pipelines} at ${new Date(clock.now).toISOString().slice(11, 16)}`);
      return { ok: true, value: { run: "r0001", view: () => ({}) } } as const;
    },
  };
  const times = new ScheduledTimes(stateFolder);
  const schedules = new Schedules({
    host,
    underways: {
      async take() {
        if (state.breaksOff) throw new Error("underway.json cannot be written");
        return "r0001";
      },
    },
    accessLog: {
      note(entry: AccessEntry) {
        if (state.isLogFull) throw new Error("no space left");
        notes.push(entry);
      },
    },
    times,
    secretsFile: undefined,
    branches: ["main"],
    report: (error: Error) => said.push(error.message),
    now: () => clock.now,
  } as unknown as SchedulesOptions);
  const at = async (time: number) => {
    clock.now = time;
    await schedules.look();
  };
  return { at, schedules, started, notes, said, state, times };
}

test("what is due runs once: again looked at, by two servers, after a restart, and when the clock is set back", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const [one, other] = [served(root), served(root)];
  for (const server of [one, other]) await server.at(noon - 10 * minute);
  assert.deepEqual(one.started, [], "nothing is due, and who has never looked has missed nothing");
  await Promise.all([one.at(noon + 5000), other.at(noon + 5000)]);
  for (const time of [noon + 25_000, noon - hour, noon + minute]) await one.at(time);
  const again = served(root);
  await again.at(noon + 2 * minute);
  assert.deepEqual([...one.started, ...other.started, ...again.started], ["web at 12:00"]);
  await again.at(noon + hour);
  assert.deepEqual(again.started, ["web at 13:00"]);
  assert.deepEqual(
    again.notes.map(({ asked, about }) => [asked, about.pipelines, about.due, about.run]),
    [["schedule", "web", "2026-11-30T13:00Z", "r0001"]],
  );
});

test("what was missed is told once and not done; what is hardly late is done", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  await served(root).at(noon - 10 * minute);
  const late = served(root);
  await late.at(noon + 3 * hour + 10 * minute);
  assert.deepEqual(late.started, ["web at 15:10"]);
  const told =
    "web of main was due by its schedule and was not run: 3 times from 2026-11-30T12:00Z to 2026-11-30T14:00Z";
  assert.deepEqual(late.said, [told]);
  await late.at(noon + 5 * hour + 30 * minute);
  assert.deepEqual(late.started.length, 1, "half an hour is too late");
  assert.match(late.said[1]!, /2 times from 2026-11-30T16:00Z to 2026-11-30T17:00Z$/);
  await served(root).at(noon + 5 * hour + 31 * minute);
  assert.deepEqual(
    late.notes.flatMap(({ code = "" }) => code || []),
    ["missed", "missed"],
  );
});

test("what cannot be started is tried again and told once, until it is too late", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const server = served(root);
  await server.at(noon - minute);
  server.state.fails = true;
  for (const seconds of [5, 25, 45]) await server.at(noon + seconds * 1000);
  assert.equal(server.said.length, 1);
  server.state.fails = false;
  await server.at(noon + 2 * minute);
  assert.deepEqual(server.started, ["web at 12:02"]);
  server.state.fails = true;
  await server.at(noon + hour);
  await server.at(noon + hour + 20 * minute);
  assert.match(server.said.at(-1)!, /was due by its schedule and was not run: 2026-11-30T13:00Z$/);
});

test("a server that ended between taking and starting is told of by the next", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const times = new ScheduledTimes(root);
  times.looked("main", noon);
  assert.equal(times.take({ branch: "main", pipeline: "web", at: noon }), true);
  const next = served(root);
  await next.at(noon + minute);
  assert.deepEqual([next.started, next.said], [[], []], "it may still be at it");
  await next.at(noon + 20 * minute);
  await next.at(noon + 21 * minute);
  assert.deepEqual(next.said, ["web of main was due by its schedule and was not run: 2026-11-30T12:00Z"]);
});

test("a disk that is full starts nothing twice, and ends no server", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const server = served(root);
  await server.at(noon - 10 * minute);
  server.state.isLogFull = true;
  for (const seconds of [5, 25, 45]) await server.at(noon + seconds * 1000);
  assert.deepEqual([server.started, server.said], [["web at 12:00"], ["no space left"]]);
  server.times.done = () => {
    throw new Error("nothing can be written");
  };
  for (const seconds of [5, 25, 45]) await server.at(noon + hour + seconds * 1000);
  assert.equal(server.started.length, 2);
  server.state.breaksOff = true;
  for (const seconds of [5, 25, 45]) await server.at(noon + 2 * hour + seconds * 1000);
  assert.equal(server.started.length, 3, "a run that stands in the journal is not started again");
});

test("what cannot be taken is not taken, and is tried again", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const server = served(root);
  await server.at(noon - 10 * minute);
  const folder = join(root, "server", "schedules");
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "");
  await server.at(noon + 5000);
  assert.deepEqual(server.started, []);
  assert.notEqual(server.said.length, 0);
  rmSync(folder);
  server.times.looked("main", noon - minute);
  await server.at(noon + 25_000);
  assert.deepEqual(server.started, ["web at 12:00"]);
});

test("what another server forgets meanwhile, and what cannot be read, ends no server; the latter is told", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const folder = join(root, "server", "schedules");
  mkdirSync(folder, { recursive: true });
  for (const text of ["", "{", "7", "{}"])
    writeFileSync(join(folder, `taken-${noon}-${text.length}${text.at(0)}`), text);
  const server = served(root, "0 0 1 1 *");
  await server.at(noon + 20 * minute);
  await server.at(noon + 21 * minute);
  assert.equal(server.said.length, 4);
  for (const said of server.said)
    assert.match(said, /^a pipeline .* cannot be read\) of a branch .* 2026-11-30T12:00Z$/);
  const { abandoned } = server.times;
  server.times.abandoned = () => {
    throw new Error("a disk is broken");
  };
  await server.at(noon + 22 * minute);
  assert.equal(server.said.at(-1), "a disk is broken");
  server.times.abandoned = abandoned;
  assert.ok(server.times.take({ branch: "main", pipeline: "web", at: noon }));
  const [mine] = server.times.abandoned(noon + 1);
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  server.times.settle(mine!.name);
  assert.deepEqual([readdirSync(folder), server.times.abandoned(noon + 1)], [[], []]);
});

test("a clock that was far ahead once stops no schedule for as long, and that is said", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const server = served(root);
  await server.at(noon + 400 * 24 * hour);
  for (const time of [noon - minute, noon - minute + 20_000, noon + 5000, noon + 25_000]) await server.at(time);
  assert.deepEqual(server.started, ["web at 12:00"]);
  assert.deepEqual(server.said, [
    "schedules of main were looked at until 2028-01-04T12:00Z, which is not yet: the clock was wrong",
  ]);
});

test("the remote is asked when something may be due, and every few minutes for new lines", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const server = served(root, "0 0 1 1 *");
  for (let seconds = 0; seconds < 600; seconds += 20) await server.at(noon - 10 * minute + seconds * 1000);
  assert.equal(server.state.asked, 2);
  server.state.line = "4 12 * * *";
  await server.at(noon + 5 * minute);
  assert.deepEqual(server.started, ["web at 12:05"]);
});

function pushed(box: Sandbox, line: string): void {
  box.write({ "baton.yaml": definition(line) });
  box.git("commit", "--quiet", "--all", "--message", `at ${line}`);
  box.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
}

test("lines and files are those of the branch at the remote, and only what is due runs", async (t) => {
  const box = sandbox(t, {
    files: { "baton.yaml": definition("0 1 * * *"), ".gitignore": ".baton\norigin\n", page: "one\n" },
  });
  box.git("init", "--quiet", "--bare", "--initial-branch=main", "origin");
  box.git("remote", "add", "origin", "./origin");
  pushed(box, "30 4 * * 1-5");
  const tip = box.git("rev-parse", "HEAD").trim();
  box.git("reset", "--quiet", "--hard", "HEAD~1");
  const host = answered(await connect({ cwd: box.root, env: box.env, entry: "", say: () => {} }, {}));
  const read = answered(await host.schedules({ branch: "main" }));
  assert.deepEqual([read.commit, read.lines], [tip, [{ pipeline: "web", line: "30 4 * * 1-5" }]]);
  const { plan } = answered(await host.planScheduled({ branch: "main", pipelines: ["web"] }));
  assert.deepEqual([plan.change.event, plan.change.commit], ["schedule", tip]);
  assert.deepEqual(
    plan.jobs.map(({ id, decision }) => [id, decision]).filter(([, decision]) => decision === "run"),
    [["web.deploy@dev", "run"]],
  );
  const nowhere = await host.schedules({ branch: "gone" });
  assert.deepEqual(nowhere.ok ? "" : nowhere.refusal.code, "not-reached");
});

test("schedules are looked at though what was to be done before has failed", async (t) => {
  const { root } = sandbox(t, { files: {}, commit: false });
  const { schedules, state } = served(root);
  schedules.begin(Promise.reject(new Error("the remote is away")));
  await new Promise(setImmediate);
  assert.equal(state.asked, 1);
  await schedules.close();
});
