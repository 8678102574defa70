/** Amounts on the command line, laid over those of the settings. */

import { nearestName } from "../../model/nearest-name.ts";
import type { MonthlyUse } from "../../platforms/codepipeline/cost/monthly-use.ts";
import type { CostSettings } from "../../platforms/codepipeline/cost/settings.ts";
import { UsageError } from "../problem.ts";

export interface CostOptions {
  runs?: string[];
  minutes?: string[];
  /** Commander's name for what `--no-free-tier` turns off. */
  freeTier: boolean;
}

export function withOptions(settings: CostSettings, { runs, minutes, freeTier }: CostOptions): CostSettings {
  return {
    ...settings,
    runs: amounts(settings.runs, { option: "runs", given: runs ?? [] }),
    minutes: amounts(settings.minutes, { option: "minutes", given: minutes ?? [] }),
    freeTier: settings.freeTier && freeTier,
  };
}

type Amounts = number | Record<string, number>;

/** `20`, or `NAME=20`, each as often as one likes. */
function amounts(settled: Amounts, { option, given }: { option: string; given: readonly string[] }): Amounts {
  const all: Record<string, number> = typeof settled === "number" ? { default: settled } : { ...settled };
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

/** A misspelt name would silently change nothing. */
export function refuseStrangeNames({ runs, minutes }: CostSettings, uses: readonly MonthlyUse[]): void {
  const pipelines = uses.flatMap((use) => use.pipelines);
  const actions = pipelines.flatMap((pipeline) => pipeline.actions.flatMap(({ names }) => names));
  refuseStrange(runs, { what: "CodePipeline", known: pipelines.map(({ name }) => name) });
  refuseStrange(minutes, { what: "job or action", known: actions });
}

function refuseStrange(given: Amounts, { what, known }: { what: string; known: readonly string[] }): void {
  if (typeof given === "number") return;
  const strange = Object.keys(given).find((name) => name !== "default" && !known.includes(name));
  if (strange === undefined) return;
  const near = nearestName(strange, known);
  throw new UsageError(`there is no ${what} ${strange}${near === undefined ? "" : `; did you mean ${near}?`}`, {
    next: `baton cost --json names them; some are ${[...new Set(known)].slice(0, 6).join(", ")}`,
  });
}
