/** Durations as people write them: `"10m"`, `"1h30m"`, `"90s"`, `"500ms"`, or a number of milliseconds. */
export type Duration = string | number;

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** One or more whole or decimal numbers, each with its unit. The JSON Schema carries the same pattern. */
export const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** Milliseconds, or undefined when it is not a duration. */
export function parseDuration(duration: Duration): number | undefined {
  if (typeof duration === "number") return Number.isFinite(duration) ? Math.round(duration) : undefined;
  if (!durationPattern.test(duration)) return undefined;
  let total = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * unitMs[unit!]!;
  }
  return Math.round(total);
}
