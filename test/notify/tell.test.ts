/** Everybody is told everything that concerns them, in order, whatever fails and whenever the teller dies. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EngineEvent, Recorded, RunCreated } from "../../src/engine/events.ts";
import type { NoticeTarget } from "../../src/model/delivery.ts";
import type { Posted } from "../../src/notify/channels/post.ts";
import { Ledger } from "../../src/notify/ledger.ts";
import { concerns } from "../../src/notify/messages/notice.ts";
import { Outbox, type ReadJournal } from "../../src/notify/outbox.ts";
import { type Telling, tell, tellGivenUp } from "../../src/notify/tell.ts";
import { tries } from "../lane/depth.ts";

const names = ["ops", "team"] as const;

function rule(on: NoticeTarget["on"], environments: string[] = []): NoticeTarget {
  return { to: { kind: "slack", url: "URL" }, on, environments };
}

const everything: NoticeTarget["on"] = ["approval", "deployed", "failed", "rollback", "freeze"];
const possibleRules: (Record<string, NoticeTarget> | undefined)[] = [
  { ops: rule(everything), team: rule(["failed"], ["prod"]) },
  { ops: rule(["failed", "freeze"]), team: rule(everything, ["dev"]) },
  { team: rule(everything) },
  undefined,
];

/** A journal that only grows; runs are called by the event they begin with. */
class FakeJournal implements ReadJournal {
  readonly events: Recorded[] = [];
  run = "";

  append(event: object, at: number): void {
    this.events.push({ seq: this.events.length + 1, at, version: 1, event: event as EngineEvent });
  }

  newestSeq(): number {
    return this.events.length;
  }

  *ofTypes(types: readonly string[], { after = 0, before = Infinity, run }: Parameters<ReadJournal["ofTypes"]>[1]) {
    for (const one of this.events.slice(after)) {
      if (one.seq < before && types.includes(one.event.type) && (run === undefined || one.event.run === run)) yield one;
    }
  }

  *beginningsUntil(seq: number) {
    for (const one of this.events.slice(0, seq).reverse()) {
      if (one.event.type === "run.created") yield one as Recorded & { event: RunCreated };
    }
  }

  *tellingUntil(seq: number) {
    for (const begun of this.beginningsUntil(seq)) {
      const json = JSON.stringify(begun.event);
      yield ['"notices":', '"moves":', '"pull-request"'].some((text) => json.includes(text))
        ? begun
        : { seq: begun.seq };
    }
  }

  chainAt = (seq: number) => `${seq}`.padStart(64, "c");
}

type Answer = "taken" | "failed" | "refused" | "unable" | "dies before" | "dies after" | "fails after";
type Happening =
  | { do: "run"; rules: number; event: "push" | "pull-request" | "promotion" }
  | { do: "fail"; environment: string; again: boolean }
  | { do: "deploy" | "ask" | "freeze" | "thaw"; environment: string }
  | { do: "tell"; answers: Answer[]; laterMs: number };

const environment = fc.constantFrom("dev", "prod");
const answer = fc.constantFrom<Answer[]>(
  "taken",
  "taken",
  "failed",
  "refused",
  "unable",
  "dies before",
  "dies after",
  "fails after",
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    do: fc.constant("run" as const),
    rules: fc.nat(possibleRules.length - 1),
    event: fc.constantFrom("push" as const, "push" as const, "pull-request" as const, "promotion" as const),
  }),
  fc.record({ do: fc.constant("fail" as const), environment, again: fc.boolean() }),
  fc.record({
    do: fc.constantFrom("deploy" as const, "ask" as const, "freeze" as const, "thaw" as const),
    environment,
  }),
  fc.record({
    do: fc.constant("tell" as const),
    answers: fc.array(answer, { maxLength: 6 }),
    laterMs: fc.constantFrom(0, 1_000, 20_000, 3_600_000, 90_000_000, -50_000_000),
  }),
);

function happen(journal: FakeJournal, one: Exclude<Happening, { do: "tell" }>, now: number): void {
  const { run } = journal;
  if (one.do === "run") {
    journal.run = `r${journal.events.length + 1}`;
    const jobs = ["dev", "prod"].map((name) => ({
      id: `web.up@${name}`,
      pipeline: "web",
      job: "up",
      environment: name,
    }));
    const plan = { change: { event: one.event, commit: "c" }, environments: ["dev", "prod"], jobs };
    const delivery = {
      name: "shop",
      pipelines: [{ name: "web", jobs: { up: {} } }],
      notices: possibleRules[one.rules],
    };
    const moves = one.event === "promotion" ? { moves: 1 } : {};
    journal.append({ type: "run.created", run: journal.run, release: 1, delivery, plan, ...moves }, now);
  } else if (one.do === "freeze" || one.do === "thaw") {
    const type = one.do === "freeze" ? "environment.frozen" : "environment.thawed";
    journal.append({ type, run: "", environment: one.environment, until: now, by: "ann", reason: "why" }, now);
  } else if (run === "") return;
  else if (one.do === "fail") {
    const failed = { run, job: `web.up@${one.environment}`, attempt: 1, failure: { kind: "exit", message: "no" } };
    journal.append({ type: "job.failed", ...failed, ...(one.again && { retryAt: 1 }) }, now);
  } else if (one.do === "deploy") {
    const deployed = { web: { release: 1, commit: "c" } };
    journal.append({ type: "lock.released", run, environment: one.environment, deployed }, now);
  } else {
    const asked = { run, environment: one.environment, reviewers: [], expiresAt: now };
    journal.append({ type: "approval.requested", ...asked }, now);
  }
}

/** Who is to be told of which events, said once more in other words. */
function expected(journal: FakeJournal): Map<string, number[]> {
  const due = new Map<string, number[]>(names.map((name) => [name, []]));
  let rules: Record<string, NoticeTarget> = {};
  const failed = new Set<string>();
  for (const { seq, event } of journal.events) {
    if (event.type === "run.created" && event.moves === undefined && event.plan.change.event === "push") {
      rules = event.delivery.notices ?? {};
    }
    const [kind, where] = kindOf(event, failed);
    for (const name of names) {
      const target = rules[name];
      if (kind === undefined || target === undefined) continue;
      const notice = { kind, environments: [where!] } as Parameters<typeof concerns>[1];
      if (concerns(target, notice)) due.get(name)!.push(seq);
    }
  }
  return due;
}

function kindOf(event: EngineEvent, failed: Set<string>): [string?, string?] {
  if (event.type === "environment.frozen") return ["freeze.begun", event.environment];
  if (event.type === "environment.thawed") return ["freeze.ended", event.environment];
  if (event.type === "lock.released") return ["deployed", event.environment];
  if (event.type === "approval.requested") return ["approval.requested", event.environment];
  if (event.type !== "job.failed" || event.retryAt !== undefined) return [];
  const key = `${event.run} ${event.job}`;
  if (failed.has(key)) return [];
  failed.add(key);
  return ["failed", event.job.split("@")[1]!];
}

class Died extends Error {}

interface Sabotage {
  post?: (post: Telling["post"], ledger: Ledger) => Telling["post"];
  ledger?: (ledger: Ledger) => void;
}

/** Lives through it, then lets everything be well, and says what is wrong with what everybody was told. */
async function wrongs(happenings: readonly Happening[], sabotage: Sabotage = {}): Promise<string[]> {
  const journal = new FakeJournal();
  const ledger = new Ledger(":memory:");
  sabotage.ledger?.(ledger);
  const received = new Map<string, number[]>(names.map((name) => [name, []]));
  let doubled = 0;
  let now = Date.UTC(2026, 0, 1);
  let looked = new Map<string, number>();
  let answers: Answer[] = [];
  let isHealed = false;
  const givenUp = new Set<string>();
  let toldNow = "";

  const post: Telling["post"] = async ({ letter }): Promise<Posted> => {
    const { seq } = letter.notice;
    assert.equal(letter.id, `baton_${seq}_${journal.chainAt(seq).slice(0, 24)}`);
    const answer = isHealed ? "taken" : (answers.shift() ?? "taken");
    if (answer === "dies before") throw new Died();
    if (answer === "failed" || answer === "refused" || answer === "unable") return { kind: answer, because: "no" };
    received.get(toldNow)!.push(seq);
    if (answer === "taken") return { kind: "taken" };
    doubled += 1;
    if (answer === "fails after") return { kind: "failed", because: "the answer was lost" };
    throw new Died();
  };

  /** One target after another, so that what is received has a receiver; each as a process that may die. */
  async function told(work: (telling: Telling) => Promise<unknown>): Promise<void> {
    for (const name of names) {
      toldNow = name;
      const outbox = new Outbox(journal);
      const mine = new Proxy(ledger, {
        get(target, key) {
          if (key === "targets") return () => target.targets().filter((row) => row.name === name);
          if (key === "undelivered") return () => target.undelivered().filter((one) => one.target === name);
          if (key === "giveUp") {
            return (one: Parameters<Ledger["giveUp"]>[0]) => {
              givenUp.add(`${one.target} ${one.seq}`);
              target.giveUp(one);
            };
          }
          const value = Reflect.get(target, key) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const telling: Telling = {
        outbox,
        ledger: mine,
        post: sabotage.post?.(post, ledger) ?? post,
        secrets: () => "here",
        details: async () => ({}),
        now: () => now,
        signal: new AbortController().signal,
        looked,
      };
      await work(telling).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
        looked = new Map();
      });
    }
  }

  for (const one of happenings) {
    if (one.do !== "tell") {
      happen(journal, one, now);
      continue;
    }
    answers = [...one.answers];
    await told(tell);
    now += one.laterMs;
  }
  isHealed = true;
  for (let round = 0; round < 2; round++) {
    now += 3_600_000;
    await told(async (telling) => {
      while (await tell(telling));
    });
    await told((telling) => tellGivenUp(telling, undefined));
  }
  const found: string[] = [];
  if (ledger.undelivered().length > 0) found.push("something is still listed");
  let sent = 0;
  for (const [name, due] of expected(journal)) {
    const got = received.get(name)!;
    sent += got.length - new Set(got).size;
    for (const seq of due) if (!got.includes(seq)) found.push(`${name} was never told of ${seq}`);
    for (const seq of got) if (!due.includes(seq)) found.push(`${name} was told of ${seq}, which is not for it`);
    const firsts = [...new Set(got)].filter((seq) => !givenUp.has(`${name} ${seq}`));
    if (firsts.some((seq, at) => at > 0 && seq < firsts[at - 1]!)) found.push(`${name} was told in another order`);
  }
  if (sent > doubled) found.push("somebody was told twice without a reason");
  ledger.close();
  return found;
}

const lives = fc.array(happening, { minLength: 4, maxLength: 40 });

test("nobody misses anything, in order, at most doubled where an answer was lost", async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (happenings) => assert.deepEqual(await wrongs(happenings), [])),
    tries(1000),
  );
});

/** Each breaks one rule of the teller; the checker above must see it in some life. */
const sabotages: Record<string, Sabotage> = {
  "it is noted before it is sent": {
    post: (post, ledger) => async (attempt) => {
      for (const { name } of ledger.targets()) {
        const row = ledger.target(name)!;
        if (row.seq < attempt.letter.notice.seq) ledger.told(name, attempt.letter.notice.seq);
      }
      return await post(attempt);
    },
  },
  "what failed is passed over": {
    post: (post) => async (attempt) => {
      const posted = await post(attempt);
      return posted.kind === "failed" ? { kind: "taken" } : posted;
    },
  },
  "what is given up is not listed": {
    ledger: (ledger) => {
      ledger.giveUp = ({ target, seq }) => ledger.told(target, seq);
    },
  },
  "nothing is noted": {
    ledger: (ledger) => {
      ledger.told = () => {};
    },
  },
};

for (const [what, sabotage] of Object.entries(sabotages)) {
  test(`the checker sees when ${what}`, async () => {
    const found = await fc.check(
      fc.asyncProperty(lives, async (happenings) => assert.deepEqual(await wrongs(happenings, sabotage), [])),
      { numRuns: 300, seed: 1 },
    );
    assert.ok(found.failed);
  });
}

test("which addresses there are is the same, whatever is left unread", () => {
  let unread = 0;
  const addresses = (happenings: readonly Happening[], whole: boolean, asked: string[]) => {
    const journal = new FakeJournal();
    for (const one of happenings) if (one.do === "run") happen(journal, one, 0);
    const { tellingUntil } = journal;
    journal.tellingUntil = function* (seq) {
      for (const begun of whole ? this.beginningsUntil(seq) : tellingUntil.call(this, seq)) {
        if (!("event" in begun)) unread++;
        yield begun;
      }
    };
    return [...new Outbox(journal).addresses(asked)];
  };
  const runs = fc.array(
    happening.filter((one) => one.do === "run"),
    { minLength: 8, maxLength: 30 },
  );
  fc.assert(
    fc.property(runs, fc.subarray([...names]), (happenings, asked) => {
      assert.deepEqual(addresses(happenings, false, asked), addresses(happenings, true, asked));
    }),
    tries(300),
  );
  assert.ok(unread > 0, "some were left unread");
});

test("an older copy of the journal goes on, and what is new in it is told", async () => {
  const journal = new FakeJournal();
  happen(journal, { do: "run", rules: 2, event: "push" }, 0);
  happen(journal, { do: "freeze", environment: "dev" }, 0);
  const ledger = new Ledger(":memory:");
  ledger.begin(new Map([["team", 50]]), 50);
  const got: number[] = [];
  const telling: Telling = {
    outbox: new Outbox(journal),
    ledger,
    post: async ({ letter }) => {
      got.push(letter.notice.seq);
      return { kind: "taken" };
    },
    secrets: () => "here",
    details: async () => ({}),
    now: () => 0,
    signal: new AbortController().signal,
    looked: new Map(),
  };
  await tell(telling);
  happen(journal, { do: "thaw", environment: "dev" }, 0);
  await tell(telling);
  await tell(telling);
  assert.deepEqual(got, [3]);
  ledger.close();
});

/** A journal with rules for both names, and that many freezes that both are told of. */
function frozen(times: number): FakeJournal {
  const journal = new FakeJournal();
  happen(journal, { do: "run", rules: 0, event: "push" }, 0);
  for (let count = 0; count < times; count++) happen(journal, { do: "freeze", environment: "prod" }, 0);
  return journal;
}

function tellingOf(journal: FakeJournal, ledger: Ledger, more: Partial<Telling>): Telling {
  return {
    outbox: new Outbox(journal),
    ledger,
    post: async () => ({ kind: "taken" }),
    secrets: () => "here",
    details: async () => ({}),
    now: () => 0,
    signal: new AbortController().signal,
    looked: new Map(),
    ...more,
  };
}

const targets = () => new Map([["ops", 0]]);

test("where nothing can be noted nothing is sent; what was sent and not noted is not sent again at once", async () => {
  const journal = frozen(1);
  const ledger = new Ledger(":memory:");
  ledger.begin(targets(), 1);
  let sent = 0;
  const post: Telling["post"] = async () => {
    sent++;
    return { kind: "taken" };
  };
  const full = () => {
    throw new Error("database or disk is full");
  };
  const { trying, told } = ledger;
  ledger.trying = full;
  await assert.rejects(tell(tellingOf(journal, ledger, { post })), /full/);
  assert.equal(sent, 0);
  ledger.trying = trying;
  ledger.told = full;
  for (const _ of [1, 2, 3]) await tell(tellingOf(journal, ledger, { post })).catch(() => {});
  assert.equal(sent, 1);
  ledger.told = told;
  await tell(tellingOf(journal, ledger, { post, now: () => 5_000 }));
  assert.equal(sent, 2);
  ledger.close();
});

test("a round throws only when everything that is under way has ended", async () => {
  const journal = frozen(0);
  happen(journal, { do: "fail", environment: "prod", again: false }, 0);
  const ledger = new Ledger(":memory:");
  ledger.begin(new Map([...targets(), ["team", 0]]), 1);
  let posts = 0;
  let ended = 0;
  const slow = Promise.withResolvers<Posted>();
  const post: Telling["post"] = async () => {
    if (posts++ === 0) throw new Died();
    queueMicrotask(() => setImmediate(() => slow.resolve({ kind: "taken" })));
    const posted = await slow.promise;
    ended++;
    return posted;
  };
  await assert.rejects(tell(tellingOf(journal, ledger, { post })), Died);
  assert.deepEqual([posts, ended], [2, 1]);
  ledger.close();
});

test("a target that is down takes one attempt of a round, and each letter three before it is given up", async () => {
  const journal = frozen(30);
  const ledger = new Ledger(":memory:");
  ledger.begin(targets(), 1);
  let now = 100_000_000;
  let sent = 0;
  const telling = tellingOf(journal, ledger, {
    now: () => now,
    post: async () => {
      sent++;
      return { kind: "failed", because: "no" };
    },
  });
  for (const given of [0, 0, 1, 1, 1, 2]) {
    sent = 0;
    assert.equal(await tell(telling), false);
    assert.deepEqual([sent, ledger.undelivered().length], [1, given]);
    await tell(telling);
    assert.equal(sent, 1, "it waits");
    now += 1_000_000;
  }
  ledger.close();
});

test("a target gets twenty at a time, and says that there is more", async () => {
  const journal = frozen(45);
  const ledger = new Ledger(":memory:");
  ledger.begin(targets(), 1);
  let sent = 0;
  const post: Telling["post"] = async () => {
    sent++;
    return { kind: "taken" };
  };
  const rounds: [boolean, number][] = [];
  for (const _ of [1, 2, 3]) rounds.push([await tell(tellingOf(journal, ledger, { post })), sent]);
  assert.deepEqual(rounds, [
    [true, 20],
    [true, 40],
    [false, 45],
  ]);
  ledger.close();
});

test("what is cut off by whoever goes is not given up, and waits", async () => {
  const journal = frozen(1);
  const ledger = new Ledger(":memory:");
  ledger.begin(targets(), 1);
  ledger.trying("ops", { attempts: 9, nextAt: undefined });
  const now = 100_000_000;
  const going = new AbortController();
  const post: Telling["post"] = async () => {
    going.abort();
    return { kind: "failed", because: "no answer in time" };
  };
  await tell(tellingOf(journal, ledger, { post, signal: going.signal, now: () => now }));
  const { failure, nextAt } = ledger.target("ops")!;
  assert.deepEqual([failure, nextAt! > now, ledger.undelivered()], ["no answer in time", true, []]);
  ledger.close();
});

test("what is not known of a notice keeps nobody from being told; without its secret nothing is asked", async () => {
  const journal = frozen(1);
  const ledger = new Ledger(":memory:");
  ledger.begin(targets(), 1);
  let asked = 0;
  const details = async () => {
    asked++;
    throw new Error("git is away");
  };
  await tell(tellingOf(journal, ledger, { details, secrets: () => undefined }));
  assert.deepEqual([asked, ledger.target("ops")?.attempts], [0, 0]);
  await tell(tellingOf(journal, ledger, { details }));
  assert.deepEqual([asked, ledger.target("ops")?.seq], [1, 2]);
  ledger.close();
});

test("what nobody here is able to send says why, and is tried when something happens again", async () => {
  const journal = frozen(1);
  const ledger = new Ledger(":memory:");
  ledger.begin(targets(), 1);
  const because = "the AWS SDK finds no credentials here";
  await tell(tellingOf(journal, ledger, { post: async () => ({ kind: "unable", because }) }));
  const { attempts, nextAt, failure } = ledger.target("ops")!;
  assert.deepEqual([attempts, nextAt, failure], [0, undefined, because]);
  await tell(tellingOf(journal, ledger, {}));
  assert.deepEqual([ledger.target("ops")?.seq, ledger.target("ops")?.failure], [2, undefined]);
  ledger.close();
});

test("a step of the ledger that fails leaves none begun", () => {
  const ledger = new Ledger(":memory:");
  ledger.begin(targets(), 1);
  const { told } = ledger;
  ledger.told = () => {
    throw new Error("database or disk is full");
  };
  const one = { target: "ops", seq: 2, at: 0, failure: "no" };
  assert.throws(() => ledger.giveUp(one), /full/);
  ledger.told = told;
  assert.deepEqual(ledger.undelivered(), []);
  ledger.giveUp(one);
  assert.deepEqual(
    ledger.undelivered().map(({ seq }) => seq),
    [2],
  );
  ledger.close();
});

test("a target that is slow holds up no other: those are told what happens meanwhile", async () => {
  const journal = new FakeJournal();
  happen(journal, { do: "run", rules: 0, event: "push" }, 0);
  happen(journal, { do: "fail", environment: "prod", again: false }, 0);
  const ledger = new Ledger(":memory:");
  const slow = Promise.withResolvers<Posted>();
  const got: [string, number][] = [];
  const post: Telling["post"] = async ({ to, letter }) => {
    const name = to.kind === "slack" && to.url === "SLOW" ? "ops" : "team";
    got.push([name, letter.notice.seq]);
    if (name === "ops") return await slow.promise;
    // Something happens while the slow one is at it; when that got there as well, it takes its own.
    if (got.filter(([who]) => who === "team").length === 1) {
      happen(journal, { do: "run", rules: 0, event: "push" }, 0);
      happen(journal, { do: "fail", environment: "prod", again: false }, 0);
    } else slow.resolve({ kind: "taken" });
    return { kind: "taken" };
  };
  possibleRules[0]!.ops!.to = { kind: "slack", url: "SLOW" };
  try {
    await tell({
      outbox: new Outbox(journal),
      ledger,
      post,
      secrets: () => "here",
      details: async () => ({}),
      now: () => 0,
      signal: new AbortController().signal,
      looked: new Map(),
    });
  } finally {
    possibleRules[0]!.ops!.to = { kind: "slack", url: "URL" };
    ledger.close();
  }
  assert.deepEqual(got.slice(0, 3).sort(), [
    ["ops", 2],
    ["team", 2],
    ["team", 4],
  ]);
});
