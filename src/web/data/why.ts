/** Why something has not started: the chain of what it waits for, link by link, up to what moves or whom it takes. */
import type { Waiting, WaitView } from "./wire.ts";

export interface Cause {
  /** What waits: a job, or an environment. */
  readonly subject: string;
  readonly run: string;
  readonly release: number;
  readonly wait: WaitView;
}

/** `end`: what the last link waits for, where it is a job that waits for nothing, so it is running. */
export interface Chain {
  readonly causes: readonly Cause[];
  readonly end?: { readonly run: string; readonly job: string };
}

const longest = 12;

/** From the subject to the root; follows jobs inside a run and locks into the run that holds them. */
export function whyChain(waits: readonly Waiting[], run: string, subject: string): Chain {
  const causes: Cause[] = [];
  const seen = new Set<string>();
  let at: Waiting | undefined = find(waits, run, subject);
  while (at !== undefined && causes.length < longest) {
    const name = `${at.run} ${at.subject} ${at.wait.kind}`;
    if (seen.has(name)) break;
    seen.add(name);
    causes.push({ subject: at.subject, run: at.run, release: at.release, wait: at.wait });
    const { wait } = at;
    if (wait.kind === "jobs") {
      const [job] = wait.jobs;
      if (job === undefined) break;
      const next = find(waits, at.run, job);
      if (next === undefined) return { causes, end: { run: at.run, job } };
      at = next;
    } else if (wait.kind === "lock" && wait.holder !== undefined) {
      const { holder } = wait;
      at = waits.find((one) => one.run === holder && one.kind === "elsewhere");
    } else {
      break;
    }
  }
  return { causes };
}

/** A job that waits for an approval stands in the view under its environment. */
function find(waits: readonly Waiting[], run: string, subject: string): Waiting | undefined {
  const own = waits.find((one) => one.run === run && one.subject === subject);
  if (own) return own;
  const environment = /@([^[]+)/.exec(subject)?.[1];
  return waits.find((one) => one.run === run && one.subject === environment && one.wait.kind === "approval");
}
