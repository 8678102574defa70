import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunId } from "../../../engine/events.ts";
import type { Tool } from "../../../model/delivery.ts";
import type { JobId } from "../../../plan/plan.ts";
import { isFileLocked } from "../../../store/file-lock.ts";

/** An agent that was heard of lately. */
export interface AgentView {
  name: string;
  labels: string[];
  slots: number;
  free: number;
  /** By tool and version: what is wrong with it there, or null. */
  tools: Record<string, string | null>;
}

/** What stands between jobs and agents, as the server has it. */
export interface Standing {
  version: 1;
  agents: AgentView[];
  queued: QueuedView[];
  running: { run: RunId; job: JobId; agent: string }[];
}

export interface QueuedView {
  run: RunId;
  job: JobId;
  runsOn: string[];
  /** Milliseconds since the epoch. */
  queuedAt: number;
  /** Why nobody has it yet, the end of a sentence that begins with "it waits: ". */
  because: string;
}

/** Held by the server that hands out. */
export const exchangeLock = (stateFolder: string) => join(stateFolder, "server", "agents.lock");
const boardPath = (stateFolder: string) => join(stateFolder, "server", "agents.json");

const publishAfterMs = 100;

/** Tells other processes on this machine how it stands, soon after it has changed. */
export class BoardWriter {
  readonly #path: string;
  readonly #standing: () => Standing;
  #timer: NodeJS.Timeout | undefined;
  #last = "";

  constructor(stateFolder: string, standing: () => Standing) {
    this.#path = boardPath(stateFolder);
    this.#standing = standing;
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, publishAfterMs).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#write();
  }

  #write(): void {
    const text = `${JSON.stringify(this.#standing())}\n`;
    if (text === this.#last) return;
    try {
      writeFileSync(`${this.#path}.${process.pid}`, text, { mode: 0o600 });
      renameSync(`${this.#path}.${process.pid}`, this.#path);
      this.#last = text;
    } catch {
      // A full disk: whoever asks is told what was true before. The table is what counts.
    }
  }
}

/** Undefined where nothing was ever handed out to agents. Without a server nothing is handed out, and that is why it waits. */
export function readStanding(stateFolder: string): Standing | undefined {
  let standing: Standing;
  try {
    standing = JSON.parse(readFileSync(boardPath(stateFolder), "utf8")) as Standing;
  } catch {
    return undefined;
  }
  if (isServed(stateFolder)) return standing;
  const because = "no server hands out jobs: baton serve --agents";
  return { ...standing, agents: [], queued: standing.queued.map((one) => ({ ...one, because })) };
}

/** Whether a server hands out here just now. */
export const isServed = (stateFolder: string) =>
  existsSync(exchangeLock(stateFolder)) && isFileLocked(exchangeLock(stateFolder));

/** Why nobody has it yet. */
export function reasonOf(
  { runsOn, tools }: { runsOn: readonly string[]; tools: readonly Tool[] },
  agents: readonly AgentView[],
): string {
  if (tools.some(isTooLong)) return "the name or version of a tool of it is too long for agents to be asked for";
  if (agents.length === 0)
    return `no agent is connected${runsOn.length === 0 ? "" : `; it takes ${runsOn.join(", ")}`}`;
  const lackOf = ({ labels }: AgentView) => {
    const has = new Set(labels.map((label) => label.toLowerCase()));
    return runsOn.filter((label) => !has.has(label.toLowerCase()));
  };
  const fitting = agents.filter((agent) => lackOf(agent).length === 0);
  if (fitting.length === 0) {
    const nobodys = runsOn.filter((label) => agents.every((agent) => lackOf(agent).includes(label)));
    const there = agents.map(({ name, labels }) => `${name} (${labels.join(", ") || "no labels"})`).join(", ");
    const what =
      nobodys.length === 0 ? `no agent has all of ${runsOn.join(", ")}` : `no agent has ${nobodys.join(", ")}`;
    return `${what}; connected: ${there}`;
  }
  const problems = fitting.flatMap(({ name, tools: known }) => {
    const problem = tools.map((tool) => known[toolKey(tool)]).find((said) => said != null);
    return problem === undefined || problem === null ? [] : [`${name}: ${problem}`];
  });
  if (problems.length === fitting.length) return `no agent has its tools; ${problems.join("; ")}`;
  const able = fitting.filter(({ name }) => !problems.some((problem) => problem.startsWith(`${name}: `)));
  return `for a free slot of ${able.map(({ name }) => name).join(", ")}`;
}

/** As in the protocol. */
export const toolKey = ({ name, version }: Tool) => (version === undefined ? name : `${name} ${version}`);

/** No agent can say of it whether it has it. A definition of today does not say such a thing. */
export const isTooLong = (tool: Tool) => toolKey(tool).length > 400;
