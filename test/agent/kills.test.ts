/** Agents and the server are killed, frozen and started again, at random: nothing is lost, doubled or left behind. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EngineEvent } from "../../src/engine/events.ts";
import { type Sandbox, sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Serving, serving } from "../server/serving.ts";
import { type AgentAtWork, agentAtWork, logOf, runSeen, startRun } from "./agents-at-work.ts";

const head = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs:
`;

/** Each attempt writes down that it begins and ends, in a folder that all of them share. */
const noted = (seconds: number) =>
  `echo "begin $BATON_JOB" >> "$NOTES/$BATON_JOB"; sleep ${seconds}; echo "end $BATON_JOB" >> "$NOTES/$BATON_JOB"; echo done`;

const job = (name: string, { seconds, needs = [] }: { seconds: number; needs?: string[] }) =>
  `      ${name}: { runsOn: [linux], needs: [${needs.join(", ")}], steps: ['${noted(seconds)}'] }\n`;

function place(t: Parameters<typeof sandbox>[0], jobs: string): { box: Sandbox; notes: string } {
  const box = sandbox(t, { files: { "baton.yaml": head + jobs, ".gitignore": ".baton\nnotes\n" } });
  const notes = join(box.root, "notes");
  mkdirSync(notes);
  return { box, notes };
}

/** The first attempt ends only with its agent. */
const endless = (name: string) =>
  `      ${name}: { runsOn: [linux], steps: ['echo "begin $BATON_JOB" >> "$NOTES/$BATON_JOB"; test "$(wc -l < "$NOTES/$BATON_JOB")" -gt 1 || sleep 600; echo "end $BATON_JOB" >> "$NOTES/$BATON_JOB"'] }\n`;

/** What attempts wrote down, in order: `begin`, `end`. */
const told = (notes: string, name: string): string[] => {
  try {
    return readFileSync(join(notes, name), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]!);
  } catch {
    return [];
  }
};

const events = async (box: Sandbox, server: Serving, run: string) => {
  void box;
  const { view } = await server.json<{ view: { events: { type: EngineEvent["type"]; job?: string }[] } }>(
    `/api/runs/${run}/events`,
  );
  return view.events;
};

const finished = (server: Serving, run: string) =>
  until("the run ends", async () => {
    try {
      return (await runSeen(server, run)).status === "finished";
    } catch {
      return false;
    }
  });

/** The same address again, so that agents find it. */
const again = async (box: Sandbox, server: Serving, ...options: string[]) => {
  const { port } = new URL(server.url);
  return await serving(box, ...options, "--port", port);
};

test(
  "an agent that is killed: its job is lost, and runs again once on the agent that takes its place",
  fullDepth(),
  async (t) => {
    const { box, notes } = place(t, endless("long"));
    await using server = await serving(box, "--agents", "--agent-lease", "60s");
    const first = await agentAtWork({ name: "a", url: server.url, env: { NOTES: notes } });
    const run = await startRun(server);
    await until("it begins", () => told(notes, "long").length === 1);
    await using second = await first.restart();
    await finished(server, run);
    assert.equal((await runSeen(server, run)).conclusion, "succeeded", server.said() + second.said());
    // What was left of the first attempt was ended before the second began.
    assert.deepEqual(told(notes, "long"), ["begin", "begin", "end"]);
    const types = (await events(box, server, run))
      .filter((event) => event.job === "web.long@dev")
      .map(({ type }) => type);
    assert.deepEqual(types, ["job.started", "job.interrupted", "job.started", "job.succeeded"]);
  },
);

test(
  "a server that is killed: agents go on, and nothing is interrupted, doubled or missing from the log",
  fullDepth(),
  async (t) => {
    const { box, notes } = place(t, job("long", { seconds: 4 }) + job("next", { seconds: 0, needs: ["long"] }));
    const options = ["--agents", "--agent-lease", "30s"];
    const server = await serving(box, ...options);
    await using agent = await agentAtWork({ name: "a", url: server.url, env: { NOTES: notes } });
    const run = await startRun(server);
    await until("it begins", () => told(notes, "long").length === 1);
    await server.stop("SIGKILL");
    await using successor = await again(box, server, ...options);
    await finished(successor, run);
    const seen = await runSeen(successor, run);
    assert.equal(seen.conclusion, "succeeded", JSON.stringify(seen.jobs) + successor.said() + agent.said());
    assert.deepEqual(told(notes, "long"), ["begin", "end"]);
    const types = (await events(box, successor, run)).map(({ type }) => type);
    assert.ok(!types.includes("job.interrupted"), types.join());
    assert.match(await logOf(box, run, "web.long@dev"), /done/);
  },
);

test("an agent that is frozen is lost, and fences itself when it is thawed", fullDepth(), async (t) => {
  const { box, notes } = place(t, job("long", { seconds: 20 }));
  await using server = await serving(box, "--agents", "--agent-lease", "3s");
  await using agent = await agentAtWork({ name: "a", url: server.url, slots: 1, env: { NOTES: notes } });
  const run = await startRun(server);
  await until("it begins", () => told(notes, "long").length === 1);
  agent.kill("SIGSTOP");
  await until("it is lost", async () =>
    (await events(box, server, run)).some(({ type }) => type === "job.interrupted"),
  );
  await until("why it waits is told", async () => {
    const { view } = await server.json<{ view: { waiting: { wait: { kind: string } }[] } }>("/api/waits");
    return view.waiting[0]?.wait.kind === "agent";
  });
  agent.kill("SIGCONT");
  await until("it gives the job up", () => /is given up: /.test(agent.said()));
  await until("it takes it anew", () => told(notes, "long").length === 2);
  assert.deepEqual(told(notes, "long"), ["begin", "begin"]);
  assert.equal((await box.baton("cancel", "--now", run)).code, 0);
  await finished(server, run);
});

test(
  "twenty random kills of two agents and the server: every job passes, one attempt at a time",
  fullDepth(),
  async (t) => {
    const names = Array.from({ length: 40 }, (_, number) => `j${number}`);
    const layered = names
      .map((name, at) => job(name, { seconds: 0.3, needs: at < 8 ? [] : [names[at - 8]!] }))
      .join("");
    const { box, notes } = place(t, layered);
    const options = ["--agents", "--agent-lease", "30s"];
    let server = await serving(box, ...options);
    const { url } = server;
    const agents: AgentAtWork[] = [];
    for (const name of ["a", "b"]) agents.push(await agentAtWork({ name, url, slots: 3, env: { NOTES: notes } }));
    try {
      const run = await startRun(server);
      let kills = 0;
      let seed = 7;
      const next = (below: number) => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed % below;
      };
      while (kills < 20) {
        // Something happens between two kills: what is killed is at work.
        const before = progress(notes);
        await until(
          "something goes on",
          () => progress(notes) > before || names.every((name) => told(notes, name).includes("end")),
        );
        if (names.every((name) => told(notes, name).includes("end"))) break;
        // Three losses in a row fail a job, as they should.
        const interrupted = (await events(box, server, run)).flatMap(({ type, job }) =>
          type === "job.interrupted" ? [job] : [],
        );
        const isAtLast = interrupted.some((job, at) => interrupted.indexOf(job) < at);
        const victim = isAtLast ? 2 : next(3);
        if (victim === 2) {
          await server.stop("SIGKILL");
          server = await again(box, server, ...options);
        } else agents[victim] = await agents[victim]!.restart();
        kills += 1;
      }
      await finished(server, run);
      const seen = await runSeen(server, run);
      assert.equal(
        seen.conclusion,
        "succeeded",
        JSON.stringify(seen.jobs.filter(({ status }) => status !== "succeeded")),
      );
      t.diagnostic(
        `${kills} kills; ${seen.jobs.reduce((sum, { attempts }) => sum + attempts, 0)} attempts of ${names.length} jobs`,
      );
      const happened = await events(box, server, run);
      for (const name of names) {
        const own = happened.filter((event) => event.job === `web.${name}@dev`).map(({ type }) => type);
        assert.equal(own.filter((type) => type === "job.succeeded").length, 1, name);
        // One attempt at a time: each start but the last is followed by its interruption.
        assert.match(own.join(" "), /^(job\.started job\.interrupted )*job\.started job\.succeeded$/);
        const lines = told(notes, name);
        assert.equal(lines.at(-1), "end", name);
        assert.ok(
          lines.filter((line) => line === "begin").length <= own.filter((type) => type === "job.started").length,
        );
      }
      for (const { folder } of agents) assert.deepEqual(readdirSync(join(folder, "work")), []);
    } finally {
      for (const agent of agents) await agent[Symbol.asyncDispose]();
      await server.stop();
    }
  },
);

/** How many lines there are. */
const progress = (notes: string) => readdirSync(notes).reduce((sum, name) => sum + told(notes, name).length, 0);
