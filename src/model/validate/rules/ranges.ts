import type { Verify } from "../../delivery.ts";
import { durationText } from "../../duration.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal } from "../subject.ts";

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

interface Range {
  from: number;
  to: number;
  words: string;
  whole?: true;
  /** It is a number of milliseconds. */
  isDuration?: true;
}

/** Limits that keep a slip of the hand (a minute too much written as a year) from holding up a delivery. */
export const limits = {
  timeoutMs: { from: 1, to: 30 * dayMs, words: "between 1ms and 30d", isDuration: true },
  approvalTimeoutMs: { from: 1, to: 365 * dayMs, words: "between 1ms and 365d", isDuration: true },
  approvalCount: { from: 1, to: 100, words: "a whole number between 1 and 100", whole: true },
  reminderMs: { from: minuteMs, to: 365 * dayMs, words: "between 1m and 365d", isDuration: true },
  soakMs: { from: 1, to: 90 * dayMs, words: "between 1ms and 90d", isDuration: true },
  attempts: { from: 1, to: 100, words: "a whole number between 1 and 100, the first attempt included", whole: true },
  delayMs: { from: 0, to: dayMs, words: "between 0s and 1d", isDuration: true },
  verifyForMs: { from: 0, to: 30 * dayMs, words: "between 0s and 30d", isDuration: true },
  verifyEveryMs: { from: 1_000, to: dayMs, words: "between 1s and 1d", isDuration: true },
  factor: { from: 1, to: 10, words: "between 1 and 10" },
  concurrency: { from: 1, to: 10_000, words: "a whole number between 1 and 10,000", whole: true },
  maxParallel: { from: 1, to: 256, words: "a whole number between 1 and 256", whole: true },
} as const satisfies Record<string, Range>;

/** Agents are asked for tools by name and version. */
const longestTool = 300;

export const ranges: Rule = function* ({ delivery, jobs }) {
  for (const { name, approval, promote } of delivery.environments) {
    if (promote) yield* outside(promote.soakMs, limits.soakMs, ["environments", name, "promote", "soak"]);
    if (approval === undefined) continue;
    const at = ["environments", name, "approval"];
    const { timeoutMs, count = 1, reminderMs } = approval;
    yield* outside(timeoutMs, limits.approvalTimeoutMs, [...at, "timeout"]);
    yield* outside(count, limits.approvalCount, [...at, "count"]);
    if (reminderMs === undefined) continue;
    yield* outside(reminderMs, limits.reminderMs, [...at, "reminder"]);
    if (reminderMs < timeoutMs) continue;
    yield refusal("out-of-range", [...at, "reminder"], {
      message: `"reminder" is ${durationText(reminderMs)}, and after the "timeout" of ${durationText(timeoutMs)} nobody can answer any more`,
      help: "make the reminder shorter than the timeout",
    });
  }
  for (const { job, path } of jobs) {
    yield* outside(job.timeoutMs, limits.timeoutMs, [...path, "timeout"]);
    const { attempts, delayMs, factor, maxDelayMs } = job.retry;
    yield* outside(attempts, limits.attempts, [...path, "retry", "attempts"]);
    yield* outside(delayMs, limits.delayMs, [...path, "retry", "delay"]);
    yield* outside(factor, limits.factor, [...path, "retry", "factor"]);
    if (maxDelayMs > delayMs) yield* outside(maxDelayMs, limits.delayMs, [...path, "retry", "maxDelay"]);
    if (maxDelayMs < delayMs) {
      yield refusal("out-of-range", [...path, "retry", "maxDelay"], {
        message: `"maxDelay" is ${durationText(maxDelayMs)}, less than the "delay" of ${durationText(delayMs)}`,
        help: "make the longest wait at least as long as the first",
      });
    }
    if (job.verify) yield* verifyOutside(job.verify, [...path, "verify"]);
    if (job.concurrency) yield* outside(job.concurrency.limit, limits.concurrency, [...path, "concurrency", "limit"]);
    for (const [index, { name, version = "" }] of job.tools.entries()) {
      const length = name.length + version.length;
      if (length <= longestTool) continue;
      yield refusal("out-of-range", [...path, "tools", index], {
        message: `name and version of the tool "${name.slice(0, 40)}…" have ${length} characters`,
        help: `together they may have ${longestTool}`,
      });
    }
    const parallel = job.matrix?.maxParallel;
    if (parallel !== undefined) yield* outside(parallel, limits.maxParallel, [...path, "matrix", "maxParallel"]);
    for (const [index, step] of job.steps.entries()) {
      if (step.timeoutMs === undefined) continue;
      yield* outside(step.timeoutMs, limits.timeoutMs, [...path, "steps", index, "timeout"]);
    }
  }
};

/** A job that looks ten thousand times is no verification any more. */
const mostLooks = 10_000;

function* verifyOutside({ forMs, everyMs }: Verify, path: DefinitionPath): Generator<Refusal> {
  yield* outside(forMs, limits.verifyForMs, [...path, "for"]);
  yield* outside(everyMs, limits.verifyEveryMs, [...path, "every"]);
  if (everyMs < limits.verifyEveryMs.from || forMs / everyMs <= mostLooks) return;
  yield refusal("out-of-range", [...path, "every"], {
    message: `every ${durationText(everyMs)} for ${durationText(forMs)} is more than ${mostLooks} times`,
    help: "look less often",
  });
}

function* outside(value: number, range: Range, path: DefinitionPath): Generator<Refusal> {
  if (value >= range.from && value <= range.to && (!range.whole || Number.isInteger(value))) return;
  yield refusal("out-of-range", path, {
    message: `"${path.at(-1)}" is ${range.isDuration ? durationText(value) : value}`,
    help: `it must be ${range.words}`,
  });
}
