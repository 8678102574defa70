import { cronFields, numberOf } from "./validate/cron.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * The minutes behind `after`, up to `until`, that a cron line names; milliseconds since the epoch, in UTC. As cron does it: where
 * both days are limited, either is enough.
 */
export function* timesOf(line: string, { after, until }: { after: number; until: number }): Generator<number> {
  const parts = line.trim().split(/\s+/);
  const [minutes, hours, days, months, weekdays] = cronFields.map((_, index) => valuesOf(parts[index]!, index));
  const isAnyDay = [2, 4].some((index) => parts[index]!.startsWith("*"));
  const isDay = (date: Date) => {
    const [day, weekday] = [days!.has(date.getUTCDate()), weekdays!.has(date.getUTCDay())];
    return isAnyDay ? day && weekday : day || weekday;
  };
  for (let at = (Math.floor(after / minuteMs) + 1) * minuteMs; at <= until; ) {
    const date = new Date(at);
    if (!months!.has(date.getUTCMonth() + 1) || !isDay(date)) {
      at = (Math.floor(at / dayMs) + 1) * dayMs;
      continue;
    }
    if (minutes!.has(date.getUTCMinutes()) && hours!.has(date.getUTCHours())) yield at;
    at += minuteMs;
  }
}

function valuesOf(part: string, index: number): Set<number> {
  const field = cronFields[index]!;
  const values = new Set<number>();
  for (const item of part.split(",")) {
    const [range, step = "1"] = item.split("/") as [string, string?];
    const [first, last] = range.split("-") as [string, string?];
    const from = range === "*" ? field.from : numberOf(first, field)!;
    // `5/15` is every fifteenth from the fifth on.
    const isOpen = range === "*" || (last === undefined && item.includes("/"));
    const to = isOpen ? field.to : last === undefined ? from : numberOf(last, field)!;
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}
