/** Amounts on the command line. */

import { nearestName } from "../../findings/nearest-name.ts";
import type { MonthlyUse } from "../../platforms/costs.ts";
import { UsageError } from "../problem.ts";

export interface CostOptions {
  runs?: string[];
  minutes?: string[];
  /** Commander's name for what `--no-free-tier` turns off. */
  freeTier: boolean;
}

/** `20`, or `NAME=20`, each as often as one likes. */
export function amounts(option: string, given: readonly string[] = []): Record<string, number> {
  const all: Record<string, number> = {};
  for (const text of given) {
    const at = text.lastIndexOf("=");
    const name = at < 0 ? "default" : text.slice(0, at);
    const amount = text.slice(at + 1).trim();
    if (name === "" || !/^\d+(\.\d+)?$/.test(amount)) {
      throw new UsageError(`--${option} ${text}: is no number`, { next: `--${option} 20, or --${option} NAME=20` });
    }
    all[name] = Number(amount);
  }
  return all;
}

/** A misspelt name would silently change nothing. Settings may speak of pipelines that are not compared with this time. */
export function refuseStrangeNames(
  { runs, minutes }: CostOptions,
  { uses, title }: { uses: readonly MonthlyUse[]; title: string },
): void {
  const pipelines = uses.flatMap((use) => use.pipelines);
  const given = (all: readonly string[] = []) => all.flatMap((text) => /^(.+)=/.exec(text)?.[1] ?? []);
  refuseStrange(given(runs), { what: title, known: pipelines.map(({ name }) => name) });
  const actions = pipelines.flatMap((pipeline) => pipeline.actions.flatMap(({ names }) => names));
  refuseStrange(given(minutes), { what: "job or action", known: actions });
}

function refuseStrange(given: readonly string[], { what, known }: { what: string; known: readonly string[] }): void {
  const strange = given.find((name) => name !== "default" && !known.includes(name));
  if (strange === undefined) return;
  const near = nearestName(strange, known);
  throw new UsageError(`there is no ${what} ${strange}${near === undefined ? "" : `; did you mean ${near}?`}`, {
    next: `baton cost --json names them; some are ${[...new Set(known)].slice(0, 6).join(", ")}`,
  });
}
