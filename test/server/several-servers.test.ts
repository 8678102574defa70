/** Several servers over one database: one leads, another takes its place, and nothing is lost, doubled or interrupted. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type AgentAtWork, agentAtWork } from "../agent/agents-at-work.ts";
import { type Sandbox, sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { ask, type Cluster, startCluster } from "../store/postgres/cluster.ts";
import { asked, askedText, cloneOf, type SharedServer, sharedServer } from "./several-servers.ts";

const cluster = fullDepth("postgres").skip === undefined ? await startCluster() : (undefined as unknown as Cluster);

const head = "name: shop\nenvironments: { dev: { branch: main } }\npipelines:\n  web:\n    jobs:\n";

/** Each attempt writes down that it begins and ends, in a folder that all of them share. */
const job = (name: string, { seconds, needs = [] as string[] }: { seconds: number; needs?: string[] }) =>
  `      ${name}: { runsOn: [linux], needs: [${needs.join(", ")}], steps: ['echo "begin" >> "$NOTES/${name}"; sleep ${seconds}; echo "end" >> "$NOTES/${name}"; echo done ${name}'] }\n`;

function place(t: TestContext, jobs: string): { box: Sandbox; other: Sandbox; notes: string } {
  const box = sandbox(t, { files: { "baton.yaml": head + jobs, ".gitignore": ".baton\nnotes\n" } });
  const notes = join(box.root, "notes");
  mkdirSync(notes);
  return { box, other: cloneOf(t, box), notes };
}

const told = (notes: string, name: string): string[] => {
  try {
    return readFileSync(join(notes, name), "utf8").trim().split("\n");
  } catch {
    return [];
  }
};

interface Seen {
  status: string;
  conclusion?: string;
  jobs: { id: string; attempts: number }[];
}

const seen = async (url: string, run: string) => (await asked<{ view: Seen }>(url, `/api/runs/${run}`)).view;

const started = async (url: string): Promise<string> => {
  const { plan } = await asked<{ plan: string }>(url, "/api/plan", {});
  return (await asked<{ run: string }>(url, "/api/runs", { plan })).run;
};

const eventsOf = async (url: string, run: string) =>
  (await asked<{ view: { events: { type: string; job?: string }[] } }>(url, `/api/runs/${run}/events`)).view.events;

const leads = ({ said }: SharedServer) => /leads now/.test(said());

test(
  "the leader is killed: another takes its place in seconds, and nothing that runs is interrupted",
  fullDepth("postgres"),
  async (t) => {
    const { box, other, notes } = place(t, job("long", { seconds: 4 }) + job("next", { seconds: 0, needs: ["long"] }));
    const database = await cluster.database();
    await using first = await sharedServer("first", box, database);
    await until("it leads", () => leads(first));
    await using second = await sharedServer("second", other, database);
    await using agent = await agentAtWork({ name: "a", url: second.url, env: { NOTES: notes } });
    const run = await started(second.url);
    await until("it begins", () => told(notes, "long").length === 1);
    const at = performance.now();
    await first.stop("SIGKILL");
    await until("the other leads", () => leads(second));
    const tookMs = performance.now() - at;
    t.diagnostic(`taken over after ${Math.round(tookMs)} ms`);
    await until("the run ends", async () => (await seen(second.url, run)).status === "finished");
    const view = await seen(second.url, run);
    assert.equal(view.conclusion, "succeeded", JSON.stringify(view) + second.said() + agent.said());
    assert.deepEqual(told(notes, "long"), ["begin", "end"]);
    const types = (await eventsOf(second.url, run)).map(({ type }) => type);
    assert.ok(!types.includes("job.interrupted"), types.join());
    assert.match((await other.baton("logs", run, "web.long@dev")).stdout, /done long/);
  },
);

test(
  "everything is killed at random: every job passes, one attempt at a time, and all that was said is there",
  fullDepth("postgres"),
  async (t) => {
    const names = Array.from({ length: 24 }, (_, number) => `j${number}`);
    const needsOf = (at: number) => (at < 6 ? [] : [names[at - 6]!]);
    const { box, other, notes } = place(
      t,
      names.map((name, at) => job(name, { seconds: 0.2, needs: needsOf(at) })).join(""),
    );
    const database = await cluster.database();
    await using first = await sharedServer("first", box, database);
    await until("it leads", () => leads(first));
    await using second = await sharedServer("second", other, database);
    const servers = [first, second];
    const agents: AgentAtWork[] = [];
    for (const [at, { url }] of servers.entries())
      agents.push(await agentAtWork({ name: `a${at}`, url, slots: 3, env: { NOTES: notes } }));
    const random = randomOf(Number(process.env.BATON_TEST_SEED ?? 7));
    const kills = { database: 0, leader: 0, standby: 0, agent: 0 };
    const sum = () => Object.values(kills).reduce((all, one) => all + one, 0);
    const runs: string[] = [];
    const waits: number[] = [];
    try {
      while (sum() < wantedKills) {
        for (const name of names) rmSync(join(notes, name), { force: true });
        const run = await started(second.url);
        runs.push(run);
        const lost = new Map<string, number>();
        for (;;) {
          const before = progress(notes);
          const from = performance.now();
          await until("something goes on", () => progress(notes) > before || isDone(notes, names));
          waits.push(performance.now() - from);
          if (isDone(notes, names) || sum() >= wantedKills) break;
          const victim = (["database", "leader", "standby", "agent"] as const)[random(4)]!;
          kills[victim] += 1;
          if (victim === "database") {
            await cluster.kill();
            await cluster.start();
          } else if (victim === "agent") {
            const at = random(2);
            const running = names.filter((name) => told(notes, name).at(-1) === "begin");
            // Three losses in a row fail a job, as they should.
            if (running.some((name) => (lost.get(name) ?? 0) >= 2)) continue;
            for (const name of running) lost.set(name, (lost.get(name) ?? 0) + 1);
            agents[at] = await agents[at]!.restart();
          } else {
            const [{ leader } = { leader: "" }] = await ask(database, "select leader from baton.delivery");
            servers.find(({ url }) => (url === leader) === (victim === "leader"))!.kill();
          }
        }
        await until("the run ends", async () => (await seen(second.url, run)).status === "finished");
        await requireRight(t, {
          run,
          names,
          needsOf,
          notes,
          url: second.url,
          said: () => servers.map(({ said }) => said()).join("\n"),
        });
      }
      const [{ takeovers, epoch }] = (await ask(database, "select takeovers, epoch from baton.delivery")) as [
        Record<string, unknown>,
      ];
      t.diagnostic(
        `${JSON.stringify(kills)}, ${runs.length} runs, ${takeovers} takeovers, epoch ${epoch}, longest wait ${Math.round(Math.max(...waits))} ms`,
      );
      await until(
        "nothing is left of what was handed out",
        async () => (await ask(database, "select token from baton.attempt")).length === 0,
      );
      // What is in the database is one history, event for event and each with its checksum.
      const copy = cloneOf(t, box);
      await first.stop();
      await second.stop();
      const { code, stderr } = await copy.baton("admin", "import", "--database", database);
      assert.equal(code, 0, stderr);
    } finally {
      for (const agent of agents) await agent[Symbol.asyncDispose]();
    }
  },
);

const wantedKills = 30;

/** Small numbers from a seed, the same ones every time. */
function randomOf(from: number): (below: number) => number {
  let seed = Math.max(1, Math.abs(from) % 2_147_483_647);
  return (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
}

const progress = (notes: string) => readdirSync(notes).reduce((sum, name) => sum + told(notes, name).length, 0);
const isDone = (notes: string, names: readonly string[]) => names.every((name) => told(notes, name).includes("end"));

interface Carried {
  run: string;
  names: readonly string[];
  needsOf(at: number): string[];
  notes: string;
  url: string;
  said(): string;
}

async function requireRight(t: TestContext, { run, names, needsOf, notes, url, said }: Carried): Promise<void> {
  const view = await seen(url, run);
  assert.equal(view.conclusion, "succeeded", JSON.stringify(view.jobs) + said());
  const happened = await eventsOf(url, run);
  const seqOf = (type: string, name: string) =>
    happened.findIndex((event) => event.type === type && event.job === `web.${name}@dev`);
  for (const [at, name] of names.entries()) {
    const own = happened.filter((event) => event.job === `web.${name}@dev`).map(({ type }) => type);
    assert.match(own.join(" "), /^(job\.started job\.interrupted )*job\.started job\.succeeded$/, name);
    for (const need of needsOf(at))
      assert.ok(seqOf("job.succeeded", need) < seqOf("job.started", name), `${need} before ${name}`);
    // One at a time; one that was killed has no end.
    assert.match(`${told(notes, name).join(" ")} `, /^((begin )+end )+$/, name);
    const begun = told(notes, name).filter((line) => line === "begin").length;
    assert.ok(begun <= own.filter((type) => type === "job.started").length, name);
    const path = `/api/runs/${run}/logs/${encodeURIComponent(`web.${name}@dev`)}/text`;
    assert.match(await askedText(url, path), new RegExp(`done ${name}$`, "m"), name);
  }
  t.diagnostic(
    `${run}: ${happened.filter(({ type }) => type === "job.started").length} attempts of ${names.length} jobs`,
  );
}
