/** Several servers over one database: one leads, another takes its place, and nothing is lost, doubled or interrupted. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type AgentAtWork, agentAtWork } from "../agent/agents-at-work.ts";
import { type Sandbox, sandbox, until } from "../cli/sandbox.ts";
import { firstSeed } from "../lane/depth.ts";
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

/** Whoever is not told whether a run has begun looks whether there is a new one. */
async function started(url: string, known: readonly string[] = []): Promise<string> {
  for (;;) {
    const { plan } = await asked<{ plan: string }>(url, "/api/plan", { force: true });
    try {
      return (await asked<{ run: string }>(url, "/api/runs", { plan, force: true })).run;
    } catch (error) {
      if (!/outdated-plan|being-made/.test((error as Error).message)) throw error;
    }
    const { view } = await asked<{ view: { runs: { run: string }[] } }>(url, "/api/runs");
    const fresh = view.runs.find(({ run }) => !known.includes(run));
    if (fresh !== undefined) return fresh.run;
  }
}

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

test("a leader that is frozen has a successor, and knows it when it is thawed", fullDepth("postgres"), async (t) => {
  const { box, other, notes } = place(t, job("long", { seconds: 5 }) + job("next", { seconds: 0, needs: ["long"] }));
  const database = await cluster.database();
  await using first = await sharedServer("first", box, database);
  await until("it leads", () => leads(first));
  await using second = await sharedServer("second", other, database);
  await using agent = await agentAtWork({ name: "a", url: second.url, env: { NOTES: notes } });
  const run = await started(second.url);
  await until("it begins", () => told(notes, "long").length === 1);
  first.kill("SIGSTOP");
  await until("the other leads", () => leads(second));
  // Asked of it while it is frozen, and answered when it is thawed: not by what it knows.
  const late = fetch(`${first.url}/api/runs/${run}`).then(({ status }) => status);
  first.kill("SIGCONT");
  assert.notEqual(await late.catch(() => 0), 200);
  await until("it knows", () => /Another server leads/.test(first.said()));
  await until("it stands by again", () => first.said().match(/stands by/g)?.length === 2);
  await until("the run ends", async () => (await seen(first.url, run)).status === "finished");
  assert.equal((await seen(first.url, run)).conclusion, "succeeded", agent.said());
  assert.deepEqual(told(notes, "long"), ["begin", "end"]);
  assert.ok(!(await eventsOf(first.url, run)).some(({ type }) => type === "job.interrupted"));
});

test(
  "what one made another takes: artifacts and answers outlive a leader that is stopped",
  fullDepth("postgres"),
  async (t) => {
    const jobs = `      make: { per: release, steps: ['mkdir dist; head -c 3000000 /dev/zero | tr "\\0" x > dist/large; echo small > dist/small'], artifacts: { dist: dist } }
      ship: { needs: [make], deploys: true, uses: [dist], steps: ['cksum dist/large; cat dist/small; echo "shipped" >> "$NOTES/ship"'] }
`;
    const text = head.replace("dev: { branch: main }", "dev: { branch: main, approval: {} }") + jobs;
    const box = sandbox(t, { files: { "baton.yaml": text, ".gitignore": ".baton\nnotes\n" } });
    const notes = join(box.root, "notes");
    mkdirSync(notes);
    const other = cloneOf(t, box);
    const database = await cluster.database();
    await using first = await sharedServer("first", box, database);
    await until("it leads", () => leads(first));
    await using second = await sharedServer("second", other, database);
    await using agent = await agentAtWork({ name: "a", url: second.url, env: { NOTES: notes } });
    const run = await started(second.url);
    const approvals = async () =>
      (await asked<{ view: { approvals: { environment: string }[] } }>(second.url, "/api/approvals")).view.approvals;
    await until("it asks", async () => (await approvals()).length === 1);
    // Nobody but the server writes to a folder that is a copy.
    const refused = await box.baton("approve", run, "dev");
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /which servers share, and only they write to it/);
    await first.stop();
    await until("the other leads", () => leads(second));
    await asked(second.url, `/api/approvals/${run}/dev`, { answer: "approved" });
    await until("the run ends", async () => (await seen(second.url, run)).status === "finished");
    const view = await seen(second.url, run);
    assert.equal(view.conclusion, "succeeded", JSON.stringify(view) + second.said() + agent.said());
    assert.deepEqual(told(notes, "ship"), ["shipped"]);
    assert.match((await other.baton("logs", run, "web.ship@dev")).stdout, /3000000/);
    // And back on one machine: the whole journal, and the folder is its own again.
    await second.stop();
    assert.equal((await box.baton("admin", "import", "--database", database)).code, 0);
    assert.match((await box.baton("status")).stdout, /dev/);
    const refusedNow = await box.baton("approve", run, "dev");
    assert.doesNotMatch(refusedNow.stderr, /servers share/);
  },
);

test("tokens are made where the leader is, and count at every server", fullDepth("postgres"), async (t) => {
  const { box, other } = place(t, job("one", { seconds: 0 }));
  const database = await cluster.database();
  await using first = await sharedServer("first", box, database);
  await until("it leads", () => leads(first));
  await using second = await sharedServer("second", other, database);
  await until("it follows", async () => (await fetch(`${second.url}/readyz`)).status === 200);
  const refused = await other.baton("token", "create", "ada", "--role", "viewer");
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /does not lead/);
  const token = (await box.baton("token", "create", "ada", "--role", "viewer")).stdout.trim();
  const status = async (headers = {}) => (await fetch(`${second.url}/api/status`, { headers })).status;
  await until("everybody signs in", async () => (await status()) === 401);
  assert.equal(await status({ authorization: `Bearer ${token}` }), 200);
  // Made by another process: the leader has seen it by its next word to the others.
  await first.stop("SIGKILL");
  await until("the other leads", () => leads(second));
  assert.equal(await status({ authorization: `Bearer ${token}` }), 200);
  assert.equal(await status(), 401);
});

test(
  "what one server had before is every server's, and a folder with another history is refused",
  fullDepth("postgres"),
  async (t) => {
    const make =
      "      make: { per: release, steps: ['mkdir dist; echo made > dist/a; echo making'], artifacts: { dist: dist } }\n";
    const { box, other } = place(t, make);
    assert.equal((await box.baton("run")).code, 0);
    const stranger = cloneOf(t, box);
    assert.equal((await stranger.baton("run")).code, 0);
    const database = await cluster.database();
    await using first = await sharedServer("first", box, database);
    await until("it leads", () => leads(first));
    await using second = await sharedServer("second", other, database);
    const listings = (at: Sandbox) => {
      const folder = join(at.root, ".baton/artifacts/listings");
      return existsSync(folder) ? readdirSync(folder) : [];
    };
    await until("it has the artifact", () => listings(other).length === 1);
    await first.stop("SIGKILL");
    await until("the other leads", () => leads(second));
    assert.equal((await seen(second.url, "r0001")).conclusion, "succeeded");
    assert.match((await other.baton("logs", "r0001")).stdout, /making/);
    assert.match((await other.baton("doctor")).stdout, /1 artifact, every byte as it was stored/);
    const refused = await stranger.baton("serve", "--database", database, "--agents", "all", "--port", "0");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /not one history|is another history/);
    const alone = await stranger.baton("serve", "--database", database, "--port", "0");
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /jobs run on agents alone[\s\S]*--agents all/);
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
    const random = randomOf(6 + firstSeed);
    const kills = { database: 0, leader: 0, standby: 0, agent: 0 };
    const sum = () => Object.values(kills).reduce((all, one) => all + one, 0);
    const runs: string[] = [];
    const waits: number[] = [];
    try {
      while (sum() < wantedKills) {
        for (const name of names) rmSync(join(notes, name), { force: true });
        const run = await started(second.url);
        runs.push(run);
        for (;;) {
          const before = progress(notes);
          const from = performance.now();
          await until("something goes on", () => progress(notes) > before || isDone(notes, names)).catch(
            async (error) => {
              const rows = await ask(database, "select *, clock_timestamp() as now from baton.delivery").catch(String);
              const out = await ask(database, "select attempt from baton.attempt").catch(String);
              const all = [...servers, ...agents].map((one) => `${one.name}: ${one.said().slice(-1500)}`);
              throw new Error([error, JSON.stringify(rows), JSON.stringify(out).slice(0, 6000), ...all].join("\n"));
            },
          );
          waits.push(performance.now() - from);
          if (isDone(notes, names) || sum() >= wantedKills) break;
          const victim = (["database", "leader", "standby", "agent"] as const)[random(4)]!;
          if (victim === "agent") {
            // Three losses in a row fail a job, as they should.
            const lost = (await eventsOf(second.url, run)).flatMap(({ type, job: of }) =>
              type === "job.interrupted" ? [of] : [],
            );
            if (lost.some((of, at) => lost.indexOf(of) < at)) continue;
          }
          kills[victim] += 1;
          if (victim === "database") {
            await cluster.kill();
            await cluster.start();
          } else if (victim === "agent") {
            const at = random(2);
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

const wantedKills = 60;

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
