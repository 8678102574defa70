import type { ChangeWindow } from "./delivery.ts";
import { type Weekday, weekdays } from "./delivery.ts";

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

/** Longer than it can take until one opens: a day in the week may lack the hour in which the clocks are set forward. */
const horizonDays = 15;

/**
 * Whether one of the windows is open at that time. It goes by what clocks in its zone show, so an hour that they show twice counts
 * twice, and one that they leave out opens nothing.
 */
export function isOpen(windows: readonly ChangeWindow[], at: number): boolean {
  return windows.some(({ days, from, to, zone }) => {
    const { day, minutes } = clockAt(at, zone);
    const [begins, ends] = [minutesOf(from), minutesOf(to)];
    const isDay = (offset: number) => days.includes(weekdays[(day + offset + 7) % 7]!);
    if (begins < ends) return isDay(0) && minutes >= begins && minutes < ends;
    return (isDay(0) && minutes >= begins) || (isDay(-1) && minutes < ends);
  });
}

/** The first moment from `at` on at which one of them is open; milliseconds since the epoch. */
export function opensAt(windows: readonly ChangeWindow[], at: number): number {
  if (isOpen(windows, at)) return at;
  const opening = windows
    .flatMap((window) => beginnings(window, at))
    .filter((time) => time > at && isOpen(windows, time));
  return Math.min(at + horizonDays * dayMs, ...opening);
}

/** `"17:30"` in minutes since midnight; undefined for what is no time of day. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return hours! * 60 + minutes!;
}

/** When clocks of its zone come to its beginning, in the days from the one before `at`, and when they are set in between. */
function beginnings({ from, zone }: ChangeWindow, at: number): number[] {
  const found: number[] = [];
  const today = Math.floor((at + offsetAt(at, zone)) / dayMs) * dayMs;
  for (let day = -1; day <= horizonDays; day += 1) {
    const shown = today + day * dayMs + minutesOf(from) * minuteMs;
    const [before, behind] = [shown - dayMs, shown + dayMs];
    const [first, last] = [offsetAt(before, zone), offsetAt(behind, zone)];
    found.push(shown - first, shown - last);
    if (first !== last) found.push(setAt(before, behind, zone));
  }
  return found;
}

/** When clocks are set between two times at which they differ from UTC by something else. */
function setAt(before: number, behind: number, zone: string): number {
  const first = offsetAt(before, zone);
  let [low, high] = [before, behind];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, zone) === first) low = middle;
    else high = middle;
  }
  return high;
}

/** By how much clocks there are ahead of UTC, in milliseconds. */
function offsetAt(at: number, zone: string): number {
  return clockAt(at, zone).shown - Math.floor(at / minuteMs) * minuteMs;
}

interface Shown {
  /** What clocks show, to the minute, as if it were UTC. */
  shown: number;
  /** From 0, Monday. */
  day: number;
  /** Since midnight. */
  minutes: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function clockAt(at: number, zone: string): Shown {
  let format = formats.get(zone);
  if (format === undefined) {
    const numeric = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { ...numeric, hourCycle: "h23", calendar: "gregory", timeZone: zone });
    formats.set(zone, format);
  }
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(at)) parts[type] = Number(value);
  const { year, month, day, hour, minute } = parts as Record<"year" | "month" | "day" | "hour" | "minute", number>;
  const shown = Date.UTC(year, month - 1, day, hour, minute);
  // The first of January 1970 was a Thursday.
  return { shown, day: (Math.floor(shown / dayMs) + 3) % 7, minutes: hour * 60 + minute };
}

/** Whether Baton knows such a zone, by the names of the IANA. An offset is none: it is an hour off for half of the year. */
export function isZone(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }).format(0) !== "";
  } catch {
    return false;
  }
}

/** `mon`, `mon-fri`, `sat-mon`: the days that it names; undefined where it names none. */
export function daysOf(text: string): Weekday[] | undefined {
  const [first, last = first, ...more] = text.split("-");
  const [from, to] = [first, last].map((day) => weekdays.indexOf(day as Weekday));
  if (more.length > 0 || from === -1 || to === -1) return undefined;
  const count = ((to! - from! + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => weekdays[(from! + index) % 7]!);
}

/** Days that may have been meant by what names none: `monday-friday`, `Tues`, `weekdays`. */
export function nearDays(text: string): string | undefined {
  const words = text.trim().toLowerCase();
  if (/^weekdays?$/.test(words)) return "mon-fri";
  if (/^weekends?$/.test(words)) return "sat-sun";
  const days = words.split(/\s*[-–]\s*|\s+to\s+/).map((word) => {
    const short = weekdays.find((day) => word.length > 1 && day.startsWith(word.slice(0, 3)));
    return short ?? word;
  });
  const near = days.join("-");
  return daysOf(near) === undefined ? undefined : near;
}
