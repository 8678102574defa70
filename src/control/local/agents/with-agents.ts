import type { Ended, Launch } from "../../../engine/ports.ts";
import { createMasking } from "../../../runner/masking.ts";
import { createRunLogs } from "../../../runner/run-logs.ts";
import type { OutputLine, ProcessRunner } from "../../../runner/runner.ts";
import type { ArtifactStore } from "../../../store/artifacts/artifact-store.ts";
import type { HandedSource } from "../../../store/attempt-table.ts";
import type { Secrets } from "../../request/secrets.ts";
import { AgentLog } from "./agent-log.ts";
import { endLeft } from "./end-left.ts";
import { type Attending, type Exchange, secretsOf } from "./exchange.ts";
import { judged } from "./judge.ts";

export interface WithAgents {
  stateFolder: string;
  /** Absent: nothing is handed out by this process, and what agents run for others is only ended here. */
  exchange: Exchange | undefined;
  secrets: Secrets;
  artifacts: ArtifactStore;
  /** Where an attempt of a run works; a sentence where no agent can have that. */
  sourceOf(run: string, job: string): HandedSource | string;
}

/** A runner that hands to agents what is theirs to run, and runs the rest here. */
export function withAgents(here: ProcessRunner, options: WithAgents): ProcessRunner {
  const { stateFolder, exchange } = options;
  const logs = createRunLogs(stateFolder);
  const open = new Map<string, AgentLog>();
  const launches = new Map<string, Launch>();
  const endedListeners: ((ended: Ended) => void)[] = [];
  const outputListeners: ((line: OutputLine) => void)[] = [];

  const tell = (ended: Ended) => {
    for (const listener of endedListeners) listener(ended);
  };
  const publish = (line: OutputLine) => {
    for (const listener of outputListeners) listener(line);
  };
  const maskingOf = (launch: Launch) => createMasking(Object.values(secretsOf(launch, options)));
  const logOf = (launch: Launch): AgentLog => {
    const log = open.get(launch.token) ?? new AgentLog(launch, { logs, masking: maskingOf(launch), publish });
    open.set(launch.token, log);
    return log;
  };
  const attending: Attending = {
    secrets: options.secrets,
    lines: (token, from, lines) => logOf(launches.get(token)!).write(from, lines),
    ended(ended) {
      const launch = launches.get(ended.token)!;
      const isOver = ended.result.kind !== "succeeded";
      // Of one that failed, somebody will look at the log.
      try {
        if (isOver && ended.result.kind !== "stopped") logOf(launch).close({ apart: true });
        else open.get(ended.token)?.close({ apart: isOver });
      } catch {
        // A full disk: its log has an end that is not marked, and the run goes on.
      }
      open.delete(ended.token);
      launches.delete(ended.token);
      tell(judged(ended, { launch, masking: maskingOf(launch), has: (digest) => options.artifacts.has(digest) }));
    },
  };

  /** What an agent has already stays with it, whatever this server would hand out. */
  const isForAgents = (exchange: Exchange, launch: Launch) => exchange.takes(launch) || exchange.knows(launch.token);

  function start(launch: Launch): void {
    if (exchange === undefined || !isForAgents(exchange, launch)) {
      here.start(launch);
      return;
    }
    const source = options.sourceOf(launch.run, launch.job);
    if (typeof source === "string") {
      const failure = { kind: "spawn" as const, message: `no agent can run this job: ${source}` };
      queueMicrotask(() => tell({ token: launch.token, durationMs: 0, result: { kind: "failed", failure } }));
      return;
    }
    launches.set(launch.token, launch);
    exchange.handOut(launch, source, attending);
  }

  return {
    ...here,
    start,
    stop: (token, mode) => (launches.has(token) ? exchange!.stop(token, mode) : here.stop(token, mode)),
    leave(token, mode) {
      if (!launches.delete(token)) return here.leave(token, mode);
      exchange!.leave(token);
      open.get(token)?.close({ apart: false });
      open.delete(token);
    },
    onEnded(listener) {
      here.onEnded(listener);
      endedListeners.push(listener);
    },
    onOutput(listener) {
      here.onOutput(listener);
      outputListeners.push(listener);
    },
    async reap(left) {
      const keep = new Set(left.adopts ? left.tokens.filter((token) => exchange?.knows(token)) : []);
      // An agent may run on this machine.
      await here.reap({ ...left, tokens: left.tokens.filter((token) => !keep.has(token)) });
      const ended = await endLeft(left, { stateFolder, keep });
      return new Map([
        ...ended.map((token) => [token, "ended"] as const),
        ...[...keep].map((token) => [token, "goes-on"] as const),
      ]);
    },
    close() {
      here.close();
      logs.close();
    },
  };
}
