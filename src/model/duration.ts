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

/** The way people write it: `5400000` is `"1h30m"`. What is below zero or not whole stays a number of milliseconds. */
export function durationText(durationMs: number): string {
  if (durationMs === 0) return "0s";
  if (!Number.isInteger(durationMs) || durationMs < 0) return `${durationMs}ms`;
  let text = "";
  let rest = durationMs;
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / unitMs[unit]!);
    rest -= count * unitMs[unit]!;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
