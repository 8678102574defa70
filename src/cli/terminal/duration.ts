import { count } from "../../findings/count.ts";

/** Milliseconds as people say them: `<0.1s`, `0.4s`, `12s`, `3m 05s`, `2h 07m`, `7 days`, `2 days 3h`. */
export function duration(ms: number): string {
  if (ms < 50) return "<0.1s";
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  const totalMinutes = Math.round(seconds / 60);
  if (totalMinutes < 48 * 60) return `${Math.floor(totalMinutes / 60)}h ${two(totalMinutes % 60)}m`;
  const hours = Math.round(totalMinutes / 60);
  return `${Math.floor(hours / 24)} days${hours % 24 === 0 ? "" : ` ${hours % 24}h`}`;
}

/** Milliseconds since something, in one unit: `just now`, `5 minutes ago`, `3 days ago`. */
export function ago(ms: number): string {
  const units: [string, number][] = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ];
  for (const [unit, size] of units) {
    if (ms >= size) return `${count(Math.floor(ms / size), unit)} ago`;
  }
  return "just now";
}

/** `14:03:59`, local time. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-12-24 08:00`, local time. */
export function dayTime(at: number): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The same with the zone of this machine's clock, for what somebody wrote down in another: `2026-12-24 08:00 UTC`, `… UTC+01:00`. */
export function zonedDayTime(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const ahead = Math.abs(minutes);
  const offset = `${minutes < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  return `${dayTime(at)} UTC${minutes === 0 ? "" : offset}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
