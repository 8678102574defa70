import { CannotWrite } from "../../generated.ts";

/**
 * A POSIX cron line as `cron(…)` of EventBridge: six fields, Sunday is 1, and one of the two day fields is `?`. Where a
 * POSIX line restricts both it means either, which takes two.
 */
export function eventBridgeCron(line: string): string[] {
  const [minute, hour, day, month, weekday] = line.trim().split(/\s+/) as [string, string, string, string, string];
  const ofMonth = `cron(${minute} ${hour} ${day} ${month} ? *)`;
  const ofWeek = `cron(${minute} ${hour} ? ${month} ${weekdays(weekday, line)} *)`;
  if (weekday === "*") return [ofMonth];
  return day === "*" ? [ofWeek] : [ofMonth, ofWeek];
}

const names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** As a list of names: numbers mean other days on EventBridge. */
function weekdays(field: string, line: string): string {
  const days = field.split(",").flatMap((part): number[] => {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part);
    if (match === null) throw unreadable(line);
    const [, from, to, step] = match as unknown as [string, string, string | undefined, string | undefined];
    const start = from === "*" ? 0 : numberOf(from, line);
    const end = to === undefined ? (from === "*" ? 6 : step === undefined ? start : 6) : numberOf(to, line);
    const stride = step === undefined ? 1 : Number(step);
    const last = end < start ? end + 7 : end;
    return Array.from({ length: Math.floor((last - start) / stride) + 1 }, (_, index) => (start + index * stride) % 7);
  });
  return [...new Set(days)]
    .sort((a, b) => a - b)
    .map((day) => names[day]!)
    .join(",");
}

function numberOf(day: string, line: string): number {
  const index = /^\d$/.test(day) ? Number(day) : names.indexOf(day.toUpperCase());
  if (index < 0 || index > 7) throw unreadable(line);
  return index;
}

const unreadable = (line: string) =>
  new CannotWrite(
    `the schedule "${line}" has a weekday that EventBridge cannot be told`,
    "write weekdays as 0 to 6 or as names",
  );
