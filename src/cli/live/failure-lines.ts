import { shortPath } from "../../control/definition/source-frame.ts";
import { lastLines, logPath } from "../../control/local/logs.ts";
import type { JobFailed } from "../../control/views/events.ts";
import { ownColours } from "../terminal/gate.ts";
import type { Style } from "../terminal/style.ts";

const shownLines = 20;

/** The end of what the failing step printed, where the whole log is, and how to see it. */
export function failureLines(event: JobFailed, where: { stateFolder: string; cwd: string; style: Style }): string[] {
  const { stateFolder, cwd, style } = where;
  const log = { run: event.run, job: event.job, attempt: event.attempt };
  const all = lastLines(stateFolder, log, shownLines);
  const { step } = event.failure;
  const lines = all.filter((line) => step === undefined || line.step === step);
  if (lines.length === 0) return [];
  return [
    ...lines.map(({ text }) => `  ${style.bad("│")} ${ownColours(text)}`),
    `  ${style.faint(`log: ${shortPath(logPath(stateFolder, log), cwd)}  baton logs ${event.run} '${event.job}'`)}`,
  ];
}
