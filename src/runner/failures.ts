import { constants } from "node:os";
import type { Failure } from "../engine/events.ts";
import type { LaunchStep } from "../engine/ports.ts";
import { exitHint } from "./exit-hints.ts";
import type { StepExit } from "./step-process.ts";

const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** Undefined when the step succeeded. `lines`: the last it printed. */
export function exitFailure(step: LaunchStep, exit: StepExit, lines: readonly string[]): Failure | undefined {
  if (exit.kind === "not-started") {
    const message = `step '${step.name}' could not be started: ${exit.reason}`;
    return { kind: "spawn", message, step: step.number };
  }
  if (exit.kind === "lost") {
    const message = `nobody knows how step '${step.name}' ended: the process that started it was killed`;
    return { kind: "lost", message, step: step.number };
  }
  if (exit.status === 0) return undefined;
  const signal = SIGNAL_NAMES.get(exit.status - 128);
  if (signal === undefined) {
    const hint = exitHint({ status: exit.status, script: step.run, lines });
    return {
      kind: "exit",
      message: `step '${step.name}' ended with exit code ${exit.status}${hint === undefined ? "" : `: ${hint}`}`,
      step: step.number,
      exitCode: exit.status,
    };
  }
  const hint = signal === "SIGKILL" ? "; the machine may have run out of memory" : "";
  const message = `step '${step.name}' was ended by ${signal} (exit code ${exit.status})${hint}`;
  return { kind: "signal", message, step: step.number, exitCode: exit.status };
}

/** Without a step: it had not come to its first one. */
export function jobTimeout(limitMs: number, step?: LaunchStep): Failure {
  const took = `the job took longer than its limit of ${duration(limitMs)} and was ended`;
  if (step === undefined) return { kind: "timeout", message: `${took} before its first step` };
  return { kind: "timeout", message: `${took} during step '${step.name}'`, step: step.number };
}

export function stepTimeout(step: LaunchStep): Failure {
  const message = `step '${step.name}' took longer than its limit of ${duration(step.timeoutMs!)} and was ended`;
  return { kind: "timeout", message, step: step.number };
}

export function afterGrace(processes: string, graceMs: number): string {
  return `${processes} did not end within ${duration(graceMs)} of SIGTERM and had to be killed`;
}

function duration(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${Number((ms / 60_000).toFixed(1))} min`;
}
