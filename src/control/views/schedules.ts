import { timesOf } from "../../model/cron-times.ts";

export interface SchedulesView {
  version: 1;
  branch: string;
  commit: string;
  /** Cron lines, in UTC. A pipeline may have several. */
  lines: { pipeline: string; line: string }[];
}

/** What is due behind `after`, up to `until`: each pipeline with its minutes, oldest first. */
export function dueOf(
  lines: SchedulesView["lines"],
  span: { after: number; until: number },
): { pipeline: string; times: number[] }[] {
  return [...Map.groupBy(lines, ({ pipeline }) => pipeline)].flatMap(([pipeline, its]) => {
    const times = new Set(its.flatMap(({ line }) => [...timesOf(line, span)]));
    return times.size === 0 ? [] : { pipeline, times: [...times].sort((a, b) => a - b) };
  });
}
