import { count } from "../../findings/count.ts";
import type { Basis, Comparison, Estimate } from "../../platforms/costs.ts";

/** What a bill rests on and nobody can read off the files, with how to say it better. */
export function assumptionsOf({ uses, assumed, unused }: Estimate): string[] {
  const pipelines = [...(uses.before?.pipelines ?? []), ...uses.after.pipelines];
  const runs = new Set(pipelines.map((pipeline) => pipeline.runs));
  const often =
    runs.size === 1
      ? `every pipeline runs ${[...runs][0]} times a month, whatever pushes touch`
      : `runs a month: ${pipelines.map((pipeline) => `${pipeline.name} ${pipeline.runs}`).join(", ")}`;
  const by = (basis: Basis) =>
    pipelines.flatMap(({ actions }) => actions).filter((action) => action.basis === basis).length;
  return [
    `${often} (--runs N, --runs NAME=N), and none fails`,
    "each action is billed in whole minutes, begun ones included",
    ...(by("measured") > 0
      ? [
          `${count(by("measured"), "action")} as long as the job usually takes here (median of its last five successes), and ${assumed.setupSeconds} seconds for the machine`,
        ]
      : []),
    ...(by("given") > 0 ? [`${count(by("given"), "action")} as long as was given`] : []),
    ...(by("assumed") > 0
      ? [`${count(by("assumed"), "action")} never measured: ${assumed.minutes} (--minutes JOB=N)`]
      : []),
    assumed.freeTier
      ? "what is free each month is used by nothing else in the account (--no-free-tier)"
      : "nothing is free: others in the account use that up",
    ...(unused.length > 0
      ? [`the settings also speak of ${unused.join(", ")}, which ${unused.length === 1 ? "is" : "are"} not here`]
      : []),
  ];
}

/** The prices that something is paid by, each once. */
export function pricesOf({ comparison, prices, region }: Estimate): { title: string; rows: [string, string][] } {
  const ids = paidIn(comparison);
  const dates = [...new Set(ids.map((id) => prices[id]!.asOf))].sort();
  const dated =
    dates.length === 0 ? "" : `, as listed in ${dates.length === 1 ? dates[0] : `${dates[0]} to ${dates.at(-1)}`}`;
  return {
    title: `prices of ${region}${dated}, without tax`,
    rows: ids.map((id) => {
      const { usd, unit, free } = prices[id]!;
      return [id, `${perUnit(usd, unit)}${free > 0 ? `, ${count(free, unit)} free` : ""}`];
    }),
  };
}

function paidIn({ rows }: Comparison): string[] {
  const lines = rows.flatMap(({ before, after }) => [...(before?.lines ?? []), ...(after?.lines ?? [])]);
  return [...new Set(lines.filter(({ usd }) => usd > 0).map(({ price }) => price))];
}

/** `$0.002 a minute`, `$0.40 for a million requests`. */
function perUnit(usd: number, unit: string): string {
  if (usd >= 0.0001) return `$${usd} ${/^[aeiou]/.test(unit) ? "an" : "a"} ${unit}`;
  // Cents, and tenths of them where there are any.
  return `$${(usd * 1e6).toFixed(3).replace(/0$/, "")} for a million ${unit}s`;
}
