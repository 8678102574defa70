/** What a process has taken of the processors, itself and by what it has started and waited for. */
import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second, whatever its clock does. */
const ticksPerSecond = 100;

/** In seconds. Undefined where there is no /proc: nothing else tells of children. */
export function cpuSeconds(): number | undefined {
  let stat: string;
  try {
    stat = readFileSync("/proc/self/stat", "utf8");
  } catch {
    return undefined;
  }
  // The name of the program stands in parentheses, and may hold anything; user, system, and the same of children follow.
  const ticks = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 15);
  return ticks.reduce((sum, each) => sum + Number(each), 0) / ticksPerSecond;
}
