/**
 * Promotions, approvals, rollbacks and what people are told of them, killed in the middle: nothing is lost, done twice or let past
 * whoever must approve, and who goes back has exactly what was there.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { EngineEvent, Recorded } from "../../src/engine/events.ts";
import { replay } from "../../src/engine/fold.ts";
import { openStoreForReading } from "../../src/store/store.ts";
import { firstSeed, times } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { httpReceiver, type Received } from "../notify/receivers.ts";
import { batonFile, type Sandbox, sandbox, until } from "./sandbox.ts";

/** What is deployed lies in a folder; each deployment says in a ledger that it begins and has ended. */
const deploy = (what: string) =>
  `echo "begin $BATON_RUN $BATON_PIPELINE $$" >> "$SIDE/ledger"; sleep 0.03; ${what}; echo "end $BATON_RUN $BATON_PIPELINE $$" >> "$SIDE/ledger"`;

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [bob, cid], count: 2, selfApproval: false } }
pipelines:
  data:
    paths: [schema]
    jobs:
      build: { per: release, steps: ["cp schema bytes"], artifacts: { bytes: bytes } }
      deploy: { deploys: true, needs: [build], uses: [bytes], env: { SIDE: { secret: SIDE } }, steps: ['${deploy('cp bytes "$SIDE/data.$BATON_ENVIRONMENT"')}'] }
  web:
    needs: [data]
    paths: [page]
    jobs:
      build: { per: release, steps: ["cp page bytes"], artifacts: { bytes: bytes } }
      deploy: { deploys: true, needs: [build], uses: [bytes], env: { SIDE: { secret: SIDE } }, steps: ['${deploy('cp bytes "$SIDE/web.$BATON_ENVIRONMENT"')}'] }
notices:
  all: { webhook: { url: { secret: HOOK_URL } }, on: [approval, deployed, failed, rollback, run] }
`;

/** Of each kind so many. */
const wanted = times(14);
const kinds = ["promotion", "approval", "rollback", "telling"] as const;
type Kind = (typeof kinds)[number];

function chance(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

class Scene {
  readonly box: Sandbox;
  readonly side: string;
  readonly kills: Record<Kind, number> = { promotion: 0, approval: 0, rollback: 0, telling: 0 };
  readonly received: Received[] = [];
  readonly #random = chance(firstSeed);
  /** How long a command takes that nobody kills. */
  #usualMs = 1500;
  #now: ChildProcess | undefined;
  /** Somebody is to be killed while he tells. */
  killsTellers = false;

  constructor(box: Sandbox) {
    this.box = box;
    this.side = join(box.root, "side");
  }

  static async begin(t: TestContext): Promise<Scene> {
    const box = sandbox(t, {
      files: { "baton.yaml": definition, ".gitignore": ".baton\nside/\n", schema: "0\n", page: "0\n" },
    });
    const scene = new Scene(box);
    box.write({ "side/ledger": "" });
    const receiver = await httpReceiver(t);
    receiver.behave = (received) => {
      scene.received.push(received);
      if (scene.killsTellers && scene.#random() < 0.4) scene.#killTeller();
      return 200;
    };
    Object.assign(box.env, { SIDE: scene.side, HOOK_URL: receiver.url });
    return scene;
  }

  #killTeller(): void {
    if (this.#now?.kill("SIGKILL")) this.kills.telling += 1;
  }

  /** Does it as that person until it is done, killed at any moment; each kill gives the next one more time. */
  async insist(kind: Kind, person: string, deed: { args(): string[]; isDone(): boolean }): Promise<void> {
    for (let tries = 0; !deed.isDone(); tries++) {
      assert.ok(tries < 60, `${kind} gets nowhere: ${deed.args().join(" ")}`);
      const ms = this.#random() * this.#usualMs * (0.6 + tries / 6);
      const { killed, said } = await this.#run(person, deed.args(), ms);
      if (killed) this.kills[kind] += 1;
      else if (tries > 20) assert.fail(`${kind}: ${said}`);
    }
  }

  /** Nobody kills it but whoever it tells. */
  async telling(): Promise<void> {
    this.killsTellers = true;
    for (let tries = 0; tries < 40; tries++) {
      if ((await this.#run("ann", ["notices", "retry"], 60_000)).code === 0) break;
    }
    this.killsTellers = false;
    await until("everybody is told", async () => (await this.box.baton("notices", "retry")).code === 0);
  }

  async undisturbed(person: string, ...args: string[]): Promise<void> {
    const began = performance.now();
    const { code, said } = await this.#run(person, args, 120_000);
    assert.equal(code, 0, said);
    this.#usualMs = performance.now() - began;
  }

  #run(person: string, args: string[], ms: number): Promise<{ killed: boolean; code: number | null; said: string }> {
    return new Promise((resolve) => {
      const child = spawn(batonFile, args, {
        cwd: this.box.root,
        env: { ...process.env, ...this.box.env, CI: "true", GITHUB_ACTOR: person },
        stdio: ["ignore", "ignore", "pipe"],
      });
      this.#now = child;
      let said = "";
      let isLate = false;
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      const timer = setTimeout(() => {
        isLate = child.kill("SIGKILL");
      }, ms);
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        this.#now = undefined;
        resolve({ killed: isLate && signal === "SIGKILL", code, said });
      });
    });
  }

  events(): Recorded[] {
    using journal = openStoreForReading(join(this.box.root, ".baton"));
    return [...journal.load()];
  }

  of<T extends EngineEvent["type"]>(type: T): (Recorded & { event: Extract<EngineEvent, { type: T }> })[] {
    return this.events().filter(({ event }) => event.type === type) as never;
  }

  there(name: string): string {
    return readFileSync(join(this.side, name), "utf8").trim();
  }
}

/** A promotion or a rollback, from the question to its end, as three people do it. Answers with its run. */
async function moved(scene: Scene, kind: "promotion" | "rollback", args: string[]): Promise<string> {
  const before = scene.of("run.created").length;
  const run = () => scene.of("run.created")[before]?.event.run;
  const isOver = () => scene.of("run.finished").some(({ event }) => event.run === run());
  const isAsked = () => scene.of("approval.requested").some(({ event }) => event.run === run());
  const goOn = () => (run() === undefined ? args : ["resume", run()!]);
  await scene.insist(kind, "ann", { args: goOn, isDone: isAsked });
  const hasSaid = (person: string) =>
    scene
      .events()
      .some(
        ({ event }) =>
          (event.type === "approval.given" || event.type === "approval.answered") &&
          event.run === run() &&
          event.by === person,
      );
  for (const person of ["bob", "cid"]) {
    const isDone = () => hasSaid(person);
    await scene.insist("approval", person, { args: () => ["approve", run()!, "--comment", `by ${person}`], isDone });
  }
  await scene.insist(kind, "ann", { args: goOn, isDone: isOver });
  assert.equal(scene.of("run.created").length, before + 1, `${args.join(" ")} made one run`);
  return run()!;
}

test(
  `promotions, approvals, rollbacks and notices survive ${wanted} kills each (seed ${firstSeed})`,
  fullDepth(),
  async (t) => {
    const scene = await Scene.begin(t);
    const isEnough = () => kinds.every((kind) => scene.kills[kind] >= wanted);
    let good: string | undefined;
    for (let round = 1; !isEnough() && round <= 40; round++) {
      scene.box.write({ schema: `${round}\n`, page: `${round}\n` });
      scene.box.commit(`change ${round}`);
      await scene.undisturbed("ann", "run", "--to", "dev");
      const promoted = await moved(scene, "promotion", ["promote", "--to", "prod"]);
      checkMove(scene, promoted);
      assert.deepEqual([scene.there("data.prod"), scene.there("web.prod")], [String(round), String(round)]);
      if (good !== undefined) {
        const back = await moved(scene, "rollback", ["rollback", "prod"]);
        checkMove(scene, back);
        assert.deepEqual([scene.there("data.prod"), scene.there("web.prod")], [good, good], "exactly what was there");
      }
      good ??= String(round);
      await scene.telling();
      checkLedger(scene);
      checkTold(scene);
    }
    checkJournal(scene);
    const verified = await scene.box.baton("audit", "verify");
    assert.equal(verified.code, 0, verified.stderr);
    t.diagnostic(JSON.stringify(scene.kills));
    assert.ok(isEnough(), JSON.stringify(scene.kills));
  },
);

/** Both said yes, once each and nobody else, before anything of it began in production; and then each job was done once for good. */
function checkMove(scene: Scene, run: string): void {
  const all = scene.events().filter(({ event }) => event.run === run);
  const seqOf = (is: (event: EngineEvent) => boolean) => all.filter(({ event }) => is(event)).map(({ seq }) => seq);
  const said = all.flatMap(({ event }) =>
    event.type === "approval.given" || event.type === "approval.answered" ? [event] : [],
  );
  assert.deepEqual(
    said.map(({ type, by }) => [type, by]),
    [
      ["approval.given", "bob"],
      ["approval.answered", "cid"],
    ],
    `${run}: each answers once`,
  );
  const [answered] = seqOf(({ type }) => type === "approval.answered");
  const began = seqOf(({ type }) => type === "job.started" || type === "lock.acquired");
  assert.ok(
    began.length > 0 && began.every((seq) => seq > answered!),
    `${run}: nothing begins before both have answered`,
  );
  const passed = all.flatMap(({ event }) => (event.type === "job.succeeded" ? [event.job] : []));
  assert.equal(new Set(passed).size, passed.length, `${run}: no job passes twice`);
  const [{ event: end }] = all.filter(({ event }) => event.type === "run.finished") as [Recorded];
  assert.ok(end.type === "run.finished" && end.conclusion === "succeeded", `${run} came to its end`);
}

/** Nobody who was killed went on beside whoever came after. */
function checkLedger(scene: Scene): void {
  const newest = new Map<string, string>();
  for (const line of scene.there("ledger").split("\n")) {
    const [word, , pipeline, pid] = line.split(" ");
    if (word === "begin") newest.set(pipeline!, pid!);
    else assert.equal(newest.get(pipeline!), pid, `an older attempt of ${pipeline} went on beside a newer one`);
  }
}

function checkJournal(scene: Scene): void {
  const all = scene.events();
  const folded = replay(all);
  assert.equal(folded.open.size, 0);
  let holder: string | undefined;
  for (const { event } of all) {
    if (event.type === "lock.acquired" && event.environment === "prod") {
      assert.equal(holder, undefined, `${event.run} deploys while ${holder} does`);
      holder = event.run;
    }
    if (event.type === "lock.released" && event.environment === "prod") holder = undefined;
    if (event.type === "run.suspended" && event.run === holder) holder = undefined;
  }
}

/** Each of these was told, the first time in the order in which it happened, and a second time word by word. */
function checkTold(scene: Scene): void {
  const told = scene.received.map(({ headers, body }) => ({
    id: String(headers["webhook-id"]),
    data: JSON.parse(body),
  }));
  const first = new Map<string, string>();
  const order: number[] = [];
  for (const { id, data } of told) {
    const text = JSON.stringify(data);
    if (first.has(id)) assert.equal(text, first.get(id), `${id} says the same again`);
    else order.push(data.data.seq);
    first.set(id, text);
  }
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    "in order",
  );
  const heard = new Set(order);
  const meant = scene.events().filter(({ event }) => {
    if (event.type === "lock.released") return Object.keys(event.deployed).length > 0;
    return ["run.created", "run.finished", "approval.requested", "approval.given", "approval.answered"].includes(
      event.type,
    );
  });
  const lost = meant.filter(({ seq }) => !heard.has(seq));
  assert.deepEqual(lost, [], "nothing that happened is lost");
}
