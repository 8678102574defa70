/** Every move that people, events and the platform can make in an account, in both layouts. */
import fc from "fast-check";
import type { RunState } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import type { Account, Fate } from "./account.ts";
import type { Definition } from "./definition.ts";
import { isWell } from "./life.ts";
import type { Change } from "./shop.ts";

export interface Made {
  readonly kind: keyof typeof moves;
  /** Which of those that there are. */
  readonly pick: number;
  readonly more: number;
}

export interface Worlds {
  readonly account: Account;
  /** What the stack may become. */
  readonly definitions: readonly Definition[];
  /** What becomes of the calls of functions while there is trouble. */
  readonly fates: readonly Fate[];
}

/** How the delivery may be changed; the first is what it begins with. */
export const changes: readonly Change[] = [
  {},
  { paths: ["admin/**"] },
  { sites: ["web"] },
  { sites: ["site", "admin"] },
  { environments: ["dev", "stage", "prod"] },
  { environments: ["dev"] },
  { adminNeeds: "web" },
  { approval: false },
];

/** Undefined or false: there was nothing to do. */
type Move = (worlds: Worlds, made: Made) => unknown;

function at<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

const runs = ({ account }: Worlds, isMeant: (run: RunState) => boolean) => account.machine.runs.filter(isMeant);
const isUnderWay = ({ status }: RunState) => status === "running";
const names = ({ account }: Worlds) => account.definition.delivery.pipelines.map(({ name }) => name);
/** Those that deploy. */
const deploying = ({ account }: Worlds) =>
  [...account.machine.pipelines.values()].filter(({ stages }) =>
    stages.some(({ name }) => account.isEnvironment(name)),
  );

/** How often a move is drawn, and what it does. */
export const moves = {
  "a push": [4, (world, { pick, more }) => world.account.push(some(names(world), pick), { isHeard: more % 3 > 0 })],
  "the platform goes on": [
    24,
    async ({ account }, { pick }) => {
      const move = at(account.moves(), pick);
      if (move) await account.perform(move);
      return move;
    },
  ],
  "much goes on": [
    10,
    async ({ account }, { pick, more }) => {
      for (let times = 0; times < 5 + more; times++) {
        const move = at(account.moves(), pick + times);
        if (!move) break;
        await account.perform(move);
      }
      return true;
    },
  ],
  "an event arrives": [
    6,
    async ({ account }, { pick }) => {
      const { length } = account.mail;
      if (length > 0) await account.deliver(pick % length);
      return length > 0;
    },
  ],
  "an event is lost": [2, ({ account }, { pick }) => account.mail.splice(pick % (account.mail.length + 1), 1)[0]],
  "an event comes twice": [2, ({ account }, { pick }) => again(account.mail, pick)],
  "a start is lost": [
    2,
    ({ account }, { pick }) => account.machine.pending.splice(pick % (account.machine.pending.length + 1), 1)[0],
  ],
  "a start comes twice": [1, ({ account }, { pick }) => again(account.machine.pending, pick)],
  "the schedule comes": [
    4,
    async ({ account }) => {
      await account.look();
      return true;
    },
  ],
  "time goes by": [2, ({ account }) => (account.clock += 3_600_000)],
  "clocks differ": [1, ({ account }, { pick }) => (account.skew = (pick - 5) * 1_800_000)],
  "somebody approves": [8, (world, { pick }) => answer(world, pick, "approve")],
  "somebody rejects": [6, (world, { pick }) => answer(world, pick, "reject")],
  "a transition is closed": [
    1,
    (world, { pick, more }) => {
      const pipeline = at(deploying(world), pick)!;
      return world.account.closed.add(`${pipeline.id} ${at(pipeline.stages, more)!.name}`);
    },
  ],
  "transitions are opened": [1, ({ account }) => account.closed.size > 0 && account.closed.clear() === undefined],
  "release change": [
    2,
    ({ account }, { pick }) => account.enqueue(at([...account.machine.pipelines.keys()], pick)!, { by: "person" }),
  ],
  "a start with a commit": [
    1,
    ({ account }, { pick, more }) =>
      account.enqueue(at([...account.machine.pipelines.keys()], pick)!, {
        by: "person",
        commit: at([...account.commits.keys()], more)!,
      }),
  ],
  "a release is asked for": [
    1,
    (world, { pick, more }) =>
      world.account.definition.layout === "separate" &&
      world.account.enqueue(at(deploying(world), pick)!.id, {
        by: "person",
        release: at(["1", "2", "newest", '1","environment":"dev', "1\n2", "next", ""], more)!,
      }),
  ],
  "as many runs as there may be": [
    1,
    async ({ account }, { pick }) => {
      const id = at([...account.machine.pipelines.keys()], pick)!;
      for (let times = 0; times < 8; times++) account.enqueue(id, { by: "person" });
      for (let times = 0; times < 8; times++) {
        const start = account.moves().find((move) => move.kind === "start" && move.start.pipeline.id === id);
        if (start) await account.perform(start);
      }
      return true;
    },
  ],
  "failed actions are retried": [5, (world, { pick }) => retry(world, pick, "failed actions")],
  "all actions are retried": [5, (world, { pick }) => retry(world, pick, "all actions")],
  "a run is stopped": [
    1,
    (world, { pick }) => {
      const run = at(runs(world, isUnderWay), pick);
      if (run) world.account.stop(run);
      return run;
    },
  ],
  "a run is abandoned": [
    1,
    (world, { pick }) => {
      const run = at(
        runs(world, ({ status, inside }) => status === "running" && inside !== undefined),
        pick,
      );
      if (run) world.account.stop(run, { abandons: true });
      return run;
    },
  ],
  "somebody rolls back": [
    2,
    (world, { pick, more }) => {
      const pipeline = at(deploying(world), pick)!;
      const stage = at(
        pipeline.stages.filter(({ name }) => world.account.isEnvironment(name)),
        more,
      )!.name;
      const target = at(world.account.targets(pipeline.id, stage), pick);
      return target && world.account.rollBack(stage, target);
    },
  ],
  "an alarm rings": [
    2,
    ({ account }, { more }) => {
      account.isRinging = () => more % 2 > 0;
      account.send("CloudWatch Alarm State Change", { alarmName: "bad", state: { value: "ALARM" } });
      return true;
    },
  ],
  "jobs fail": [
    2,
    ({ account }, { pick }) => {
      let left = pick;
      account.passes = () => left-- !== 0;
      return true;
    },
  ],
  "functions have trouble": [
    2,
    ({ account, fates }, { more }) => {
      let call = more;
      account.fate = () => fates[call++ % fates.length]!;
      return true;
    },
  ],
  "functions are well": [2, ({ account }) => (account.fate = () => "works")],
  "artifacts expire": [
    1,
    ({ account }) => {
      account.expire();
      return true;
    },
  ],
  "months go by, and the bucket is swept": [
    1,
    async ({ account }) => {
      await account.sweep();
      return true;
    },
  ],
  "the definition changes": [
    1,
    ({ account, definitions }, { pick }) => {
      account.create(at(definitions, pick)!);
      return true;
    },
  ],
  "all comes to rest": [
    1,
    async ({ account }) => {
      isWell(account);
      await account.settle();
      return true;
    },
  ],
} satisfies Readonly<Record<string, readonly [number, Move]>>;

/** At least one of them. */
const some = (list: readonly string[], pick: number) =>
  list.filter((_, index) => index === pick % list.length || (pick >> index) % 2 > 0);

function again<T>(list: T[], pick: number): T | undefined {
  const one = at(list, pick);
  if (one) list.splice(list.indexOf(one), 0, one);
  return one;
}

function answer({ account }: Worlds, pick: number, how: "approve" | "reject"): RunState | undefined {
  const asking = [...account.machine.pipelines.keys()].filter((id) => account.approval(id));
  const id = at(asking, pick);
  return id === undefined ? undefined : account.answer(id, how);
}

function retry(world: Worlds, pick: number, how: "failed actions" | "all actions"): boolean {
  const failed = runs(world, (run) => run.status !== "running" && run.failed !== undefined);
  const run = at(failed.reverse(), pick % 2);
  return run !== undefined && world.account.retry(run, how);
}

export const anyMove: fc.Arbitrary<Made> = fc.oneof(
  ...Object.entries(moves).map(([kind, [weight]]) => ({
    weight,
    arbitrary: fc.record({
      kind: fc.constant(kind as keyof typeof moves),
      pick: fc.nat({ max: 9 }),
      more: fc.nat({ max: 9 }),
    }),
  })),
);

/** @returns Whether there was anything to do. */
export async function make(world: Worlds, made: Made): Promise<boolean> {
  const done = await moves[made.kind][1](world, made as never);
  return done !== false && done !== undefined;
}
