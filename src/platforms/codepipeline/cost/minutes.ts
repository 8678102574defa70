import type { Basis } from "./monthly-use.ts";
import { assumedByProvider, assumedMinutes, type CostSettings } from "./settings.ts";

export interface Work {
  readonly names: readonly string[];
  readonly provider: string | undefined;
  /** Milliseconds that the same job took here; undefined where it never ran. */
  readonly measuredMs: number | undefined;
}

/** What the service bills for one run of an action: minutes that have begun. */
export function minutesOf(
  { names, provider, measuredMs }: Work,
  settings: Pick<CostSettings, "minutes" | "setupSeconds">,
): { readonly minutes: number; readonly basis: Basis } {
  const given = givenMinutes(names, settings);
  if (given !== undefined) return { minutes: begun(given), basis: "given" };
  if (measuredMs !== undefined) {
    return { minutes: begun(measuredMs / 60_000 + settings.setupSeconds / 60), basis: "measured" };
  }
  const known = provider === undefined ? undefined : assumedByProvider[provider];
  const other = typeof settings.minutes === "number" ? settings.minutes : settings.minutes.default;
  return { minutes: begun(known ?? other ?? assumedMinutes), basis: "assumed" };
}

function givenMinutes(names: readonly string[], { minutes }: Pick<CostSettings, "minutes">): number | undefined {
  if (typeof minutes === "number") return undefined;
  const name = names.find((each) => Object.hasOwn(minutes, each));
  return name === undefined ? undefined : minutes[name];
}

const begun = (minutes: number) => Math.max(1, Math.ceil(minutes));

/**
 * How long a job of the model usually took: in this environment, else in any. `usual` is by the name of the job as it
 * ran: `web.build@prod`, `web.test@dev[node=24]`.
 */
export function measured(
  { job, environment }: { readonly job: string; readonly environment: string },
  usual: ReadonlyMap<string, number>,
): number | undefined {
  const ran = [...usual].flatMap(([name, ms]) => {
    const [of, where] = name.split("[", 1)[0]!.split("@");
    return of === job ? [{ where, ms }] : [];
  });
  const here = ran.filter(({ where }) => where === environment);
  const times = (here.length > 0 ? here : ran).map(({ ms }) => ms);
  return times.length === 0 ? undefined : Math.max(...times);
}
