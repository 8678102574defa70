/** How attempts are handed out, held and lost, without processes and on a clock that stands still. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readStanding } from "../../src/control/local/agents/board.ts";
import { endLeft } from "../../src/control/local/agents/end-left.ts";
import type { Attending } from "../../src/control/local/agents/exchange.ts";
import { Exchange } from "../../src/control/local/agents/exchange.ts";
import type { Poll } from "../../src/control/local/agents/poll.ts";
import { withAgents } from "../../src/control/local/agents/with-agents.ts";
import type { Clock, Ended, Launch } from "../../src/engine/ports.ts";
import { logPath } from "../../src/runner/log-path.ts";
import type { ProcessRunner } from "../../src/runner/runner.ts";
import { ArtifactStore } from "../../src/store/artifacts/artifact-store.ts";
import { AttemptTable } from "../../src/store/attempt-table.ts";
import { until } from "../cli/sandbox.ts";

const leaseMs = 10_000;

class World implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "baton-exchange-"));
  now = 0;
  alarms: { at: number; wake: () => void }[] = [];
  readonly ends: Ended[] = [];
  readonly lines: string[] = [];
  exchange: Exchange;
  readonly clock: Clock = {
    now: () => 1_700_000_000_000 + this.now,
    elapsed: () => this.now,
    wakeAfter: (ms, wake) => {
      const alarm = { at: this.now + ms, wake };
      this.alarms.push(alarm);
      return () => {
        this.alarms = this.alarms.filter((one) => one !== alarm);
      };
    },
  };
  readonly attending: Attending = {
    secrets: (name) => (name === "PASSWORD" ? "hunter22222" : undefined),
    ended: (ended) => void this.ends.push(ended),
    lines: (_, from, lines) => {
      this.lines.push(...lines.map(({ text }) => text));
      return from + lines.length;
    },
  };

  constructor() {
    this.exchange = this.open();
  }

  open(given = leaseMs, takes: "labelled" | "all" = "labelled"): Exchange {
    return Exchange.open({ stateFolder: this.folder, leaseMs: given, takes, clock: this.clock });
  }

  /** The server is killed, and another takes its place. What the first knew and did not write down is gone. */
  restart(given = leaseMs): void {
    this.exchange.close();
    this.alarms = [];
    this.exchange = this.open(given);
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 500);
      const due = this.alarms.filter(({ at }) => at <= this.now);
      this.alarms = this.alarms.filter(({ at }) => at > this.now);
      for (const { wake } of due) wake();
      await settle();
    }
  }

  async handOut(...tokens: string[]): Promise<void> {
    for (const token of tokens) this.exchange.handOut(launch(token), { commit: "c1", prefix: "" }, this.attending);
    await settle();
  }

  kinds(): string[] {
    return this.ends.map(({ token, result }) => `${token} ${result.kind}`);
  }

  [Symbol.dispose](): void {
    this.exchange.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function world(t: TestContext): World {
  const made = new World();
  t.after(() => made[Symbol.dispose]());
  return made;
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await null;
};

function launch(token: string, part: Partial<Launch> = {}): Launch {
  return {
    run: "r0001",
    job: `web.${token}`,
    attempt: 1,
    token,
    workingDirectory: ".",
    env: { WORD: [{ secret: "PASSWORD" }], NONE: [{ secret: "UNSET" }] },
    tools: [],
    steps: [],
    timeoutMs: 1000,
    runsOn: ["linux"],
    outputs: {},
    artifacts: {},
    inputs: [],
    ...part,
  };
}

function agent(name: string, part: Partial<Poll> = {}): Poll {
  const holder = { agent: `${name}-start-1`, credential: name };
  return { holder, name, labels: ["linux", "arm64"], slots: 4, free: 4, holds: [], tools: {}, ...part };
}

const here = new AbortController().signal;
const gone = AbortSignal.abort();
const ask = (w: World, poll: Poll, signal = here, waitMs = 0) => w.exchange.poll(poll, { waitMs, gone: signal });
const claimed = async (w: World, poll: Poll, signal = here) =>
  (await ask(w, poll, signal)).claims.map(({ launch: { token } }) => token);
const passed = (token: string): Ended => ({
  token,
  durationMs: 5,
  result: { kind: "succeeded", outputs: {}, artifacts: {} },
});

test("an attempt is claimed once, by an agent that has its labels, with its secrets and nobody else's", async (t) => {
  const w = world(t);
  await w.handOut("t1");
  assert.deepEqual(await claimed(w, agent("mac", { labels: ["macos"] })), []);
  const [claim] = (await ask(w, agent("a", { labels: ["LINUX"] }))).claims;
  assert.equal(claim?.launch.token, "t1");
  assert.deepEqual(claim.secrets, { PASSWORD: "hunter22222" });
  assert.deepEqual(await claimed(w, agent("b")), []);
});

test("only its holder ends it, and only once; the same end told again is taken again and told nobody twice", async (t) => {
  const w = world(t);
  await w.handOut("t1");
  const a = agent("a");
  await ask(w, a);
  assert.equal(w.exchange.ended(passed("t1"), agent("b").holder), false);
  assert.equal(w.exchange.ended(passed("t1"), { ...a.holder, agent: "a-start-2" }), false);
  assert.equal(w.exchange.ended(passed("t1"), { ...a.holder, credential: "b" }), false);
  assert.equal(w.exchange.ended(passed("t1"), a.holder), true);
  assert.equal(w.exchange.ended(passed("t1"), a.holder), true);
  assert.equal(w.exchange.ended({ token: "t1", durationMs: 5, result: { kind: "stopped" } }, a.holder), false);
  assert.deepEqual(w.kinds(), ["t1 succeeded"]);
  w.exchange.forget(["t1"]);
  assert.equal(w.exchange.ended(passed("t1"), a.holder), false);
});

test("what was given and never arrived is given again, to the same agent and nobody else", async (t) => {
  const w = world(t);
  await w.handOut("t1", "t2");
  const a = agent("a", { free: 1 });
  assert.deepEqual(await claimed(w, a), ["t1"]);
  assert.deepEqual(await claimed(w, agent("b", { free: 1 })), ["t2"]);
  assert.deepEqual(await claimed(w, a), ["t1"]);
  assert.deepEqual(await claimed(w, { ...a, holds: ["t1"] }), []);
  // It was delivered once at least; a late question of before, from whoever has hung up, changes nothing.
  assert.deepEqual(await claimed(w, a, gone), []);
  assert.deepEqual(w.kinds(), []);
});

test("no agent is asked for a tool whose name is too long to be said: its job waits, and says why", async (t) => {
  const w = world(t);
  const tools = [{ name: "a".repeat(390), version: ">=1.2.3 <2.0.0" }];
  w.exchange.handOut(launch("t1", { tools }), { commit: "c1", prefix: "" }, w.attending);
  await settle();
  assert.deepEqual((await ask(w, agent("a"))).asks, []);
  assert.match(w.exchange.standing().queued[0]!.because, /tool of it is too long/);
});

test("what an agent has named once is never given to it again, and is lost when it names it no more", async (t) => {
  const w = world(t);
  await w.handOut("t1");
  assert.deepEqual(await claimed(w, agent("a", { number: 1 })), ["t1"]);
  assert.deepEqual(await claimed(w, agent("a", { number: 2, holds: ["t1"] })), []);
  // Its end was refused, and it has forgotten it.
  assert.deepEqual(await claimed(w, agent("a", { number: 3 })), []);
  assert.deepEqual(await claimed(w, agent("a", { number: 4, free: 0 })), []);
  assert.deepEqual(await claimed(w, agent("b", { number: 1 })), []);
  assert.deepEqual(w.kinds(), []);
  await w.pass(leaseMs + 2_000);
  assert.deepEqual(w.kinds(), ["t1 lost"]);
});

test("what was stopped before it arrived is not begun: it has ended, and what is beside it is given again", async (t) => {
  const w = world(t);
  await w.handOut("t1", "t2");
  assert.deepEqual(await claimed(w, agent("a", { number: 1 })), ["t1", "t2"]);
  w.exchange.stop("t1", "graceful");
  assert.deepEqual(await claimed(w, agent("a", { number: 2 })), ["t2"]);
  assert.deepEqual(w.kinds(), ["t1 stopped"]);
  // One that does not count its questions may have it: it is not begun anew, and it hears of the stop when it names it.
  await w.handOut("t3");
  assert.deepEqual(await claimed(w, agent("c")), ["t3"]);
  w.exchange.stop("t3", "now");
  assert.deepEqual(await claimed(w, agent("c")), []);
  assert.deepEqual((await ask(w, agent("c", { holds: ["t3"] }))).stops, [{ token: "t3", mode: "now" }]);
  assert.deepEqual(w.kinds(), ["t1 stopped"]);
});

test("what was given and never arrived goes to others when its agent takes no more", async (t) => {
  const w = world(t);
  await w.handOut("t1", "t2", "t3");
  assert.deepEqual(await claimed(w, agent("a", { number: 1, free: 2 })), ["t1", "t2"]);
  w.exchange.stop("t2", "now");
  assert.deepEqual(await claimed(w, agent("a", { number: 2, free: 0 })), []);
  assert.deepEqual(w.kinds(), ["t2 stopped"], "nothing is lost, and what was stopped meanwhile has ended");
  assert.deepEqual(await claimed(w, agent("b")), ["t3", "t1"]);
  assert.equal(w.exchange.ended(passed("t1"), agent("a").holder), false);

  // Of one that has it, nothing is taken; nor of one that does not count, as agents of before did not.
  assert.deepEqual(await claimed(w, agent("b", { number: 1, free: 0, holds: ["t3", "t1"] })), []);
  assert.deepEqual(await claimed(w, agent("b", { free: 0, holds: ["t3"] })), []);
  assert.deepEqual(await claimed(w, agent("c")), []);
  // A whole server later as well.
  w.restart();
  await w.handOut("t1", "t3");
  await ask(w, agent("b", { number: 2, free: 0, holds: ["t3"] }));
  assert.deepEqual(await claimed(w, agent("c")), ["t1"]);
});

test("a question that a later one has overtaken gets nothing and says nothing, on its way or while it waits", async (t) => {
  const w = world(t);
  const waiting = ask(w, agent("a", { number: 1 }), here, 5_000);
  const later = ask(w, agent("a", { number: 3 }), here, 5_000);
  await w.handOut("t1");
  assert.deepEqual(
    (await later).claims.map(({ launch: { token } }) => token),
    ["t1"],
  );
  assert.deepEqual((await waiting).claims, []);
  await w.pass(leaseMs - 1000);
  // It would keep the lease, and take back what has arrived.
  await ask(w, agent("a", { number: 2, free: 0 }));
  await ask(w, agent("a", { number: 2, holds: ["t1"] }));
  assert.deepEqual(await claimed(w, agent("b")), []);
  await w.pass(2000);
  assert.deepEqual(w.kinds(), ["t1 lost"]);
});

test("whoever has hung up claims nothing, before and while the question waits", async (t) => {
  const w = world(t);
  const hangsUp = new AbortController();
  const waiting = ask(w, agent("a"), hangsUp.signal, 5_000);
  await settle();
  hangsUp.abort();
  await settle();
  assert.deepEqual((await waiting).claims, []);
  await w.handOut("t1");
  assert.deepEqual(await claimed(w, agent("a"), gone), []);
  assert.deepEqual(await claimed(w, agent("b")), ["t1"]);
});

test("a question that waits is answered as soon as there is something", async (t) => {
  const w = world(t);
  const waiting = ask(w, agent("a"), here, 5_000);
  await w.handOut("t1");
  assert.equal((await waiting).claims.length, 1);
  const holds = ask(w, agent("a", { holds: ["t1"] }), here, 5_000);
  await settle();
  w.exchange.stop("t1", "graceful");
  assert.deepEqual((await holds).stops, [{ token: "t1", mode: "graceful" }]);
});

test("who says nothing for a whole lease has lost what it holds; who does not, has not", async (t) => {
  const w = world(t);
  await w.handOut("t1", "t2");
  const a = agent("a", { free: 1 });
  const b = agent("b", { free: 1 });
  await ask(w, a);
  await ask(w, b);
  for (let i = 0; i < 4; i++) {
    await w.pass(leaseMs / 4);
    await ask(w, { ...b, free: 0, holds: ["t2"] });
  }
  await w.pass(leaseMs / 4);
  assert.deepEqual(w.kinds(), ["t1 lost"]);
  assert.match(JSON.stringify(w.ends), /the agent a has not been heard of for 10 s/);
  // It comes back: nothing it says of it counts, and it is told to stop.
  assert.equal(w.exchange.ended(passed("t1"), a.holder), false);
  assert.deepEqual((await ask(w, { ...a, free: 0, holds: ["t1"] })).lost, ["t1"]);
  w.exchange.forget(["t1"]);
  assert.deepEqual((await ask(w, { ...a, free: 0, holds: ["t1"] })).lost, ["t1"]);
  assert.deepEqual(w.kinds(), ["t1 lost"]);
});

test("a start that takes the place of another loses what that one held, also what it never knew of", async (t) => {
  const w = world(t);
  await w.handOut("t1");
  const a = agent("a");
  await ask(w, a);
  const next = { ...a, holder: { ...a.holder, agent: "a-start-2" }, free: 0, replaces: a.holder.agent };
  await ask(w, { ...next, holder: { agent: "b-start-1", credential: "b" } });
  assert.deepEqual(w.kinds(), []);
  await ask(w, next);
  await ask(w, next);
  assert.deepEqual(w.kinds(), ["t1 lost"]);
});

test("another server in its place goes on: everybody has a whole lease, and nothing is given twice", async (t) => {
  const w = world(t);
  await w.handOut("t1", "t2");
  const a = agent("a", { free: 1 });
  await ask(w, a);
  await w.pass(leaseMs - 1000);
  w.restart();
  // Nobody goes on with the run yet.
  assert.deepEqual(await claimed(w, agent("b")), []);
  assert.equal(w.exchange.lines("t1", a.holder, { from: 0, lines: [] }), "later");
  await w.pass(leaseMs - 1000);
  assert.deepEqual(w.kinds(), []);
  assert.equal(w.exchange.ended(passed("t1"), a.holder), true);
  assert.deepEqual(
    ["t1", "t2", "t9"].filter((token) => w.exchange.knows(token)),
    ["t1", "t2"],
  );
  // Told as soon as somebody asks, and once.
  await w.handOut("t1", "t2");
  assert.deepEqual(w.kinds(), ["t1 succeeded"]);
  assert.deepEqual(await claimed(w, agent("b")), ["t2"]);
});

test("a shorter lease of the next server counts only for what is given then", async (t) => {
  const w = world(t);
  await w.handOut("t1");
  await ask(w, agent("a"));
  w.restart(2_000);
  await w.handOut("t1");
  await w.pass(leaseMs - 1000);
  assert.deepEqual(w.kinds(), []);
  await w.pass(2_000);
  assert.deepEqual(w.kinds(), ["t1 lost"]);
});

test("a stop of what nobody has yet ends it; of what runs, it is passed on, and never softened", async (t) => {
  const w = world(t);
  await w.handOut("t1", "t2");
  await ask(w, agent("a", { free: 1 }));
  w.exchange.stop("t2", "graceful");
  assert.deepEqual(w.kinds(), ["t2 stopped"]);
  w.exchange.stop("t1", "now");
  w.exchange.stop("t1", "graceful");
  const { stops } = await ask(w, agent("a", { holds: ["t1"] }));
  assert.deepEqual(stops, [{ token: "t1", mode: "now" }]);
});

test("a stop that an agent was told of is no news; a harder one is, and so is what it has lost, once", async (t) => {
  const w = world(t);
  await w.handOut("t1");
  await ask(w, agent("a"));
  const holding = agent("a", { holds: ["t1"], free: 0 });
  const waits = async () => {
    let isAnswered = false;
    const answer = ask(w, holding, here, leaseMs / 4).then((result) => {
      isAnswered = true;
      return result;
    });
    await settle();
    const waited = !isAnswered;
    await w.pass(leaseMs / 4);
    return [waited, await answer] as const;
  };
  w.exchange.stop("t1", "graceful");
  assert.equal((await waits())[0], false);
  const [waited, again] = await waits();
  assert.deepEqual([waited, again.stops], [true, [{ token: "t1", mode: "graceful" }]]);
  w.exchange.stop("t1", "now");
  assert.equal((await waits())[0], false);
  assert.equal((await waits())[0], true);
  w.exchange.forget(["t1"]);
  assert.equal((await waits())[0], false);
  assert.equal((await waits())[0], true);
});

test("what is given again has a whole lease anew", async (t) => {
  const w = world(t);
  await w.handOut("t1");
  await ask(w, agent("a"));
  await w.pass(leaseMs * 0.9);
  assert.deepEqual(await claimed(w, agent("a")), ["t1"]);
  await w.pass(leaseMs * 0.9);
  assert.deepEqual(w.kinds(), []);
});

test("one end that cannot be told keeps no other from being lost, and the next sweep comes", async (t) => {
  const w = world(t);
  const broken = {
    ...w.attending,
    ended: () => {
      throw new Error("no space left on device");
    },
  };
  w.exchange.handOut(launch("t1"), { commit: "c1", prefix: "" }, broken);
  await w.handOut("t2");
  await ask(w, agent("a"));
  await w.handOut("t3");
  await w.pass(leaseMs * 0.6);
  await ask(w, agent("b"));
  await w.pass(leaseMs * 2);
  assert.deepEqual(w.kinds(), ["t2 lost", "t3 lost"]);
});

/** A runner whose agents' part is the exchange's, and what it starts itself. */
function runnerOf(w: World) {
  const startedHere: string[] = [];
  const told: string[] = [];
  const unused = () => assert.fail("nobody expects that");
  const here: ProcessRunner = {
    start: ({ token }) => void startedHere.push(token),
    stop: unused,
    leave: unused,
    onEnded: () => {},
    onOutput: () => {},
    reap: unused,
    listServices: unused,
    stopService: unused,
    withhold: unused,
    close: () => {},
  };
  const runner = withAgents(here, {
    stateFolder: w.folder,
    exchange: w.exchange,
    secrets: () => undefined,
    artifacts: new ArtifactStore(w.folder),
    sourceOf: () => ({ commit: "c1", prefix: "" }),
  });
  const messages: string[] = [];
  runner.onEnded(({ token, result }) => {
    told.push(`${token} ${result.kind}`);
    if (result.kind === "failed") messages.push(result.failure.message);
  });
  return { runner, startedHere, told, messages };
}

test("what an agent runs stays with it under a server that would not have handed it out", async (t) => {
  const w = world(t);
  w.exchange.close();
  w.exchange = w.open(leaseMs, "all");
  const anywhere = (({ runsOn: _, ...one }) => one)(launch("t1"));
  runnerOf(w).runner.start(anywhere);
  await settle();
  assert.deepEqual(await claimed(w, agent("a")), ["t1"]);
  w.restart();
  const { runner, startedHere, told } = runnerOf(w);
  runner.start(anywhere);
  runner.start({ ...anywhere, token: "t2" });
  await settle();
  assert.deepEqual(startedHere, ["t2"]);
  assert.equal(w.exchange.ended(passed("t1"), agent("a").holder), true);
  assert.deepEqual(told, ["t1 succeeded"]);
  runner.close();
});

test("an end is told to the engine, in clean words, also when its log cannot be written", async (t) => {
  const w = world(t);
  const { runner, told, messages } = runnerOf(w);
  runner.start(launch("t1"));
  await settle();
  await ask(w, agent("a"));
  w.exchange.lines("t1", agent("a").holder, { from: 0, lines: [{ step: 0, at: 1, text: "compiling" }] });
  // Where its log would be there is something else.
  mkdirSync(logPath(w.folder, launch("t1")), { recursive: true });
  mkdirSync(`${logPath(w.folder, launch("t1"))}.new`);
  const result = { kind: "failed", failure: { kind: "exit", message: "\u001b[2Jexit 1\u001b]0;title\u0007" } } as const;
  assert.equal(w.exchange.ended({ token: "t1", durationMs: 5, result }, agent("a").holder), true);
  assert.deepEqual([told, messages], [["t1 failed"], ["exit 1"]]);
  runner.close();
});

test("an agent says whether it has a job's tools before it is given the job", async (t) => {
  const w = world(t);
  const tools = [{ name: "terraform", version: ">=1.5" }];
  w.exchange.handOut(launch("t1", { tools }), { commit: "c1", prefix: "" }, w.attending);
  await settle();
  const asked = await ask(w, agent("a"));
  assert.deepEqual([asked.claims, asked.asks], [[], tools]);
  const without = { "terraform >=1.5": "this job needs 'terraform' >=1.5, which is not on the PATH" };
  assert.deepEqual(await claimed(w, agent("a", { tools: without })), []);
  assert.match(w.exchange.standing().queued[0]!.because, /no agent has its tools; a: this job needs 'terraform'/);
  assert.deepEqual(await claimed(w, agent("b", { tools: { "terraform >=1.5": null } })), ["t1"]);
});

test("why it waits is told in words, to other processes as well", async (t) => {
  const w = world(t);
  const because = () => w.exchange.standing().queued[0]?.because;
  w.exchange.handOut(launch("t1", { runsOn: ["linux", "gpu"] }), { commit: "c1", prefix: "" }, w.attending);
  await settle();
  assert.equal(because(), "no agent is connected; it takes linux, gpu");
  await ask(w, agent("a"));
  assert.equal(because(), "no agent has gpu; connected: a (linux, arm64)");
  await ask(w, agent("b", { labels: ["gpu"] }));
  assert.match(because()!, /^no agent has all of linux, gpu; connected: a \(linux, arm64\), b \(gpu\)$/);
  await ask(w, agent("c", { labels: ["gpu", "linux"], free: 0 }));
  assert.equal(because(), "for a free slot of c");
  await until("it is published", () => readStanding(w.folder)?.queued[0]?.because === "for a free slot of c");
  w.restart();
  w.exchange.close();
  assert.match(readStanding(w.folder)!.queued[0]!.because, /no server hands out jobs: baton serve --agents/);
  w.exchange = w.open();
});

test("two servers do not hand out the same", (t) => {
  const w = world(t);
  assert.throws(() => w.open(), { name: "ExchangeInUse" });
});

test("whoever ends what was left waits for its agent to say so, and for a whole lease when there is no server", async (t) => {
  const w = world(t);
  await w.handOut("t1", "t2");
  const a = agent("a", { free: 1 });
  await ask(w, a);
  w.exchange.leave("t1");
  w.exchange.leave("t2");
  const ending = endLeft({ tokens: ["t1", "t2"], runs: ["r0001"] }, { stateFolder: w.folder });
  let isOver = false;
  void ending.then(() => {
    isOver = true;
  });
  await until("its agent is told", async () => (await ask(w, { ...a, holds: ["t1"] })).stops.length > 0);
  assert.equal(isOver, false);
  assert.equal(w.exchange.ended({ token: "t1", durationMs: 1, result: { kind: "stopped" } }, a.holder), true);
  assert.deepEqual(await ending, ["t1"], "nobody had begun the other one");
  assert.equal(w.exchange.ended(passed("t1"), a.holder), false);
  w.exchange.close();
  const table = AttemptTable.open(w.folder);
  table.queue([{ launch: launch("t3"), source: { commit: "c1", prefix: "" }, queuedAt: 0 }]);
  table.claim("t3", a.holder, 700);
  const from = performance.now();
  assert.deepEqual(await endLeft({ tokens: ["t3"], runs: [] }, { stateFolder: w.folder }), ["t3"]);
  assert.ok(performance.now() - from >= 700);
  assert.equal(table.get("t3"), undefined);
  table.close();
  w.exchange = w.open();
});
