/**
 * A server under load, by hand: `node bench/load.ts --seconds 30`. Runs that begin and people who come in one moment, runs that print all
 * the time, people who look on, and what it costs: how late a line and an event are seen, what memory and processors the server takes.
 * With `--seconds 600` it is a soak. `--profile FOLDER` leaves what V8 says of the server there.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machineFacts, makeWorkFolder } from "./machine.ts";
import { makeRepository, sources } from "./repository.ts";
import { aligned } from "./table.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    runs: { type: "string", default: "50" },
    lines: { type: "string", default: "10000" },
    viewers: { type: "string", default: "200" },
    before: { type: "string", default: "5" },
    profile: { type: "string" },
  },
});
const seconds = Number(values.seconds);
const runs = Number(values.runs);
const viewers = Number(values.viewers);
/** Of one run, a tenth of a second. */
const linesAtATime = Math.max(1, Math.round(Number(values.lines) / runs / 10));

const baton = fileURLToPath(new URL("../bin/baton", import.meta.url));
const cwd = join(makeWorkFolder(), "load");
/** They all print until this moment, so that as many run at a time as there are. */
const prints = `perl -e '$| = 1; while (time < $ENV{UNTIL}) { print "compiled src/part/file.ts in 12 ms, 340 of 1200 done\\n" x ${linesAtATime}; select undef, undef, undef, 0.1 }'`;
makeRepository(cwd, {
  ...sources(20),
  "baton.yaml": `name: load
environments: { dev: {} }
parameters: { until: { default: "0" } }
pipelines:
  build:
    jobs:
      print:
        per: release
        env: { UNTIL: { parameter: until } }
        steps: [{ run: ${JSON.stringify(prints)} }]
`,
});

const server = spawn(baton, ["serve", "--port", "0"], {
  cwd,
  stdio: ["ignore", "pipe", "inherit"],
  env: {
    ...process.env,
    ...(values.profile !== undefined && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}` }),
  },
});
process.on("exit", () => server.kill());
const [line] = (await once(createInterface({ input: server.stdout! }), "line")) as [string];
const url = line.trim();

/** Milliseconds that it took until somebody saw something. */
class Delays {
  readonly #all: number[] = [];

  add(ms: number): void {
    this.#all.push(Math.max(0, ms));
  }

  get count(): number {
    return this.#all.length;
  }

  /** `at`: 0.5 is the median. */
  of(at: number): string {
    const sorted = this.#all.toSorted((a, b) => a - b);
    return sorted.length === 0
      ? "none"
      : `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))]!)} ms`;
  }
}

const delays = {
  start: new Delays(),
  open: new Delays(),
  come: new Delays(),
  line: new Delays(),
  event: new Delays(),
  board: new Delays(),
};
/** Who was not let in. */
const turnedAway: string[] = [];
let linesSeen = 0;
/** Who comes late reads what was printed before: that is not late. */
let isMeasured = false;
const left = new AbortController();

/** What a browser asks for when somebody opens the board, before anything is seen. */
async function openBoard(agent: Agent): Promise<void> {
  const page = await ask("/", agent);
  const files = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
  const views = ["/api/session", "/api/board", "/api/status?most=20", "/api/approvals"];
  await Promise.all([...files, ...views].map((path) => ask(path, agent)));
}

async function ask(path: string, agent: Agent): Promise<string> {
  const answer = await answered(path, agent, { "accept-encoding": "gzip, deflate, br" });
  if (answer.headers["content-encoding"] !== undefined) {
    for await (const _ of answer);
    return "";
  }
  answer.setEncoding("utf8");
  return (await answer.toArray()).join("");
}

async function answered(path: string, agent: Agent, headers: Record<string, string>): Promise<IncomingMessage> {
  const asked = get(url + path, { agent, signal: left.signal, headers });
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`);
  asked.on("error", () => {});
  answer.on("error", () => {});
  return answer;
}

/** Opens the board, and reads a stream as long as the load lasts. Of what comes at once only the newest is timed. */
async function look(path: string, delay: Delays): Promise<void> {
  const cameMs = performance.now();
  // As many connections as a browser has to one server.
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  let answer: IncomingMessage;
  try {
    await openBoard(agent);
    delays.open.add(performance.now() - cameMs);
    answer = await answered(path, agent, { accept: "text/event-stream" });
  } catch (error) {
    turnedAway.push((error as Error).message);
    return;
  }
  delays.come.add(performance.now() - cameMs);
  answer.on("error", () => {});
  answer.setEncoding("utf8");
  let begun = "";
  answer.on("data", (text: string) => {
    const blocks = (begun + text).split("\n\n");
    begun = blocks.pop()!;
    if (delay === delays.line) linesSeen += blocks.length;
    const at = /"at":(\d+)/.exec(blocks.at(-1) ?? "")?.[1];
    if (at !== undefined && isMeasured && !blocks.at(-1)!.includes("event: beat")) delay.add(Date.now() - Number(at));
  });
}

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${said}`);
  return JSON.parse(said) as Answer;
}

/** Of the server alone: what its jobs print with is not counted. */
function costs(): { memoryMb: number; mostMb: number; cpuMs: number } {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  const kb = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]);
  const [, after] = readFileSync(`/proc/${server.pid}/stat`, "utf8").split(") ");
  const ticks = after!.split(" ");
  const cpuMs = (Number(ticks[11]) + Number(ticks[12])) * 10;
  return { memoryMb: Math.round(kb("VmRSS") / 1024), mostMb: Math.round(kb("VmHWM") / 1024), cpuMs };
}

const startMs = Date.now();
/** What starting all of them may take. */
const beginSeconds = 20 + Number(values.before) + runs + viewers / 10;
const until = Math.ceil(startMs / 1000) + seconds + beginSeconds;
const wanted = { env: "dev", force: true, parameters: { until: String(until) } };
const idle = costs();
const { plan } = await post<{ plan: string }>("/api/plan", wanted);
const beforeStarts = { ...costs(), ms: performance.now() };
const started = await Promise.all(
  Array.from({ length: runs }, async () => {
    const { run } = await post<{ run: string }>("/api/runs", { ...wanted, plan });
    delays.start.add(performance.now() - beforeStarts.ms);
    return run;
  }),
);
const afterStarts = { ...costs(), ms: performance.now() };
process.stderr.write(`${runs} runs after ${Math.round((Date.now() - startMs) / 1000)} s\n`);
const job = encodeURIComponent("build.print");
// They print for a while before anybody looks.
await pause(Number(values.before) * 1000);
const beforeCome = costs();
// Half of them look at the board, half follow a log from its beginning.
await Promise.all(
  Array.from({ length: viewers }, (_, viewer) =>
    viewer % 2 === 0
      ? look("/api/events", delays.event)
      : look(`/api/runs/${started[viewer % started.length]}/logs/${job}/stream?from=0`, delays.line),
  ),
);
const afterCome = costs();
process.stderr.write(`${viewers} viewers after ${Math.round((Date.now() - startMs) / 1000)} s\n`);
await pause(2_000);
isMeasured = true;
linesSeen = 0;
const before = costs();
const beganMs = Date.now();
const memory: number[] = [];
let looks = 0;
while (Date.now() - beganMs < seconds * 1000) {
  const askedMs = performance.now();
  const answer = await fetch(`${url}/api/board`);
  await answer.arrayBuffer();
  delays.board.add(performance.now() - askedMs);
  if (memory.length < (Date.now() - beganMs) / 30_000) {
    memory.push(costs().memoryMb);
    process.stderr.write(
      `${Math.round((Date.now() - beganMs) / 1000)} s: ${memory.at(-1)} MB, ${linesSeen} lines seen\n`,
    );
  }
  // Something that happens; more deeds a minute than that are refused.
  if (looks % 10 === 0) await post("/api/environments/dev/freeze", { until: Date.now() + 60_000, reason: "The bench" });
  if (looks++ % 10 === 5) await post("/api/environments/dev/thaw", {});
  await pause(1_000);
}
const tookS = (Date.now() - beganMs) / 1000;
const after = costs();
left.abort();
server.kill("SIGTERM");
await once(server, "close");

const cpu = (from: { cpuMs: number }, to: { cpuMs: number }) =>
  `${((to.cpuMs - from.cpuMs) / 1000).toFixed(1)} s of processors`;
const rows = [
  [
    `${runs} runs started at once, until the answer`,
    delays.start.of(0.5),
    `${delays.start.of(1)}, ${cpu(beforeStarts, afterStarts)}`,
  ],
  [
    `${viewers} viewers at once, until the answer`,
    delays.come.of(0.5),
    `${delays.come.of(1)}, ${cpu(beforeCome, afterCome)}`,
  ],
  ["of them turned away", String(turnedAway.length), [...new Set(turnedAway)].join(", ")],
  ["lines seen by all", `${Math.round(linesSeen / tookS)} a second`, ""],
  ["a line, from the job to a viewer", delays.line.of(0.5), delays.line.of(0.99)],
  ["an event, from the journal to a viewer", delays.event.of(0.5), delays.event.of(0.99)],
  ["the board, asked once a second", delays.board.of(0.5), delays.board.of(0.99)],
  ["memory before, at the end", `${idle.memoryMb} MB`, `${after.memoryMb} MB, ${after.mostMb} at most`],
  ["processors, of the server", `${((after.cpuMs - before.cpuMs) / 1000 / tookS).toFixed(2)} cores`, ""],
];
console.log(`${machineFacts(cwd)}\n${runs} runs, ${viewers} viewers, ${values.lines} lines a second, ${seconds} s\n`);
console.log(aligned(["what", "median", "99 %"], rows, { textColumns: [0] }));
if (memory.length > 2) console.log(`\nmemory every half minute: ${memory.join(", ")} MB`);
