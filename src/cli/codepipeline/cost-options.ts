/** Amounts on the command line, laid over those of the settings. */

import { nearestName } from "../../findings/nearest-name.ts";
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

/** A misspelt name would silently change nothing. Settings may speak of pipelines that are not compared with this time. */
export function refuseStrangeNames({ runs, minutes }: CostOptions, uses: readonly MonthlyUse[]): void {
  const { pipelines, actions } = namesIn(uses);
  const given = (all: readonly string[] = []) => all.flatMap((text) => /^(.+)=/.exec(text)?.[1] ?? []);
  refuseStrange(given(runs), { what: "CodePipeline", known: pipelines });
  refuseStrange(given(minutes), { what: "job or action", known: actions });
}

/** Names that amounts are settled for and that nothing has. */
export function unusedNames({ runs, minutes }: CostSettings, uses: readonly MonthlyUse[]): string[] {
  const { pipelines, actions } = namesIn(uses);
  const settled = (amounts: Amounts) => (typeof amounts === "number" ? [] : Object.keys(amounts));
  const isStrange = (known: readonly string[]) => (name: string) => name !== "default" && !known.includes(name);
  return [...settled(runs).filter(isStrange(pipelines)), ...settled(minutes).filter(isStrange(actions))];
}

function namesIn(uses: readonly MonthlyUse[]): { pipelines: string[]; actions: string[] } {
  const pipelines = uses.flatMap((use) => use.pipelines);
  return {
    pipelines: pipelines.map(({ name }) => name),
    actions: pipelines.flatMap((pipeline) => pipeline.actions.flatMap(({ names }) => names)),
  };
}

function refuseStrange(given: readonly string[], { what, known }: { what: string; known: readonly string[] }): void {
  const strange = given.find((name) => name !== "default" && !known.includes(name));
  if (strange === undefined) return;
  const near = nearestName(strange, known);
  throw new UsageError(`there is no ${what} ${strange}${near === undefined ? "" : `; did you mean ${near}?`}`, {
    next: `baton cost --json names them; some are ${[...new Set(known)].slice(0, 6).join(", ")}`,
  });
}
