import type { JobFacts, Lock, Pipeline } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { somehowAtOnce } from "../analysis/at-once.ts";
import { effectsOf } from "../analysis/effects.ts";
import { plain } from "../analysis/locks.ts";
import { fileName, list, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";
import { producersLockedByCaller } from "./duplicate-producer.ts";

/** The job that asks for the group, in the run of one caller. */
interface Occurrence {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly lock: Lock;
}

export const callerNameInReusableGroup: Rule = {
  id: "caller-name-in-reusable-group",
  severity: "error",
  kind: "wrong lock",
  title: "group in a called workflow holds the caller's name",
  why: "In a called workflow `github.workflow` is the name of the caller. Every caller gets a group of its own, so the group keeps nobody apart.",
  url: documentation.reuse,
  *find(analysis) {
    // There it is told what comes of it: one version, published twice.
    const told = new Set(producersLockedByCaller(analysis).map(({ lock }) => lock.at));
    for (const occurrences of byLock(analysis)) {
      const pair = occurrences
        .flatMap((a) => occurrences.map((b) => ({ a, b })))
        .find(({ a, b }) => !told.has(a.lock.at) && a.pipeline.id < b.pipeline.id && meantToExclude(analysis, a, b));
      if (!pair) continue;
      const { a, b } = pair;
      const claim = somehowAtOnce(analysis, a, b);
      if (!claim) continue;
      const { lock, job } = a;
      const callers = [...new Set(occurrences.map(({ pipeline }) => pipeline))];
      yield {
        message: `The group in ${fileName(lock.file)} holds the caller's name: runs from ${list(callers.map(({ id }) => fileName(id)))} do not exclude each other`,
        at: lock.at,
        related: [a, b].flatMap(({ pipeline, job: inner }) => {
          const call = pipeline.jobs.find((each) => each.path.length === 1 && each.path[0] === inner.path[0]);
          return call && call.file !== lock.file
            ? [{ at: call.keyAt, message: `Runs "${job.key}" under the name "${pipeline.name}"` }]
            : [];
        }),
        confidence: "high",
        schedule: [
          ...[a, b].map((each) => `${fileName(each.pipeline.id)} runs it in the group ${showKey(each.lock.group)}`),
          "two groups: both run at the same time",
        ],
        help: `Replace \`github.workflow\` in this group by a fixed name, e.g. ${fileName(lock.file).replace(/\.ya?ml$/, "")}.`,
        claim,
      };
    }
  },
};

/** Groups that called workflows write with the caller's name, with everybody who asks for them. */
function byLock(analysis: Analysis): Iterable<Occurrence[]> {
  const found = new Map<object, Occurrence[]>();
  for (const pipeline of analysis.facts.pipelines) {
    for (const job of pipeline.jobs) {
      for (const lock of job.locks) {
        const callable = analysis.facts.pipeline(lock.file)?.callable;
        // Where the run is named as well, each is meant to be on its own.
        const isOfRun = lock.reads.some((path) => /^github\.run_(?:id|number)$/.test(path));
        if (!callable || isOfRun || !lock.reads.includes("github.workflow") || !changesSomething(pipeline, job))
          continue;
        found.set(lock.at, [...(found.get(lock.at) ?? []), { pipeline, job, lock }]);
      }
    }
  }
  return found.values();
}

/** A group around work that changes nothing outside is only there to save machines. */
function changesSomething(pipeline: Pipeline, holder: JobFacts): boolean {
  return inside(pipeline, holder).some((job) => effectsOf(job).length > 0);
}

function inside(pipeline: Pipeline, holder: JobFacts): JobFacts[] {
  return pipeline.jobs.filter((job) => job === holder || job.id.startsWith(`${holder.id}/`));
}

/** But for the name it is one group, and the work has one target. */
function meantToExclude(analysis: Analysis, a: Occurrence, b: Occurrence): boolean {
  const groups = (each: Occurrence) =>
    new Set(
      analysis
        .chains(each.pipeline)
        .map((chain) => withoutName(each, plain(each.lock.groupUnder(chain.circumstances)))),
    );
  const [x, y] = [groups(a), groups(b)];
  return [...x].some((group) => y.has(group)) && targetsOf(a) === targetsOf(b);
}

function withoutName({ pipeline }: Occurrence, group: string): string {
  return group.replace(pipeline.name.toLowerCase(), "\u0001");
}

/** Environments and names of what is changed, as far as they are written out. */
function targetsOf({ pipeline, job }: Occurrence): string {
  return inside(pipeline, job)
    .flatMap((each) => [
      each.environment ? (literalText(each.environment.name) ?? "") : "",
      ...effectsOf(each).map(({ step, access }) =>
        step && access ? (literalText(step.resolve(access.key)) ?? "") : "",
      ),
    ])
    .join("\n");
}
