import type { ConditionFacts, JobFacts, Pipeline, RefTest, StepFacts } from "../../facts/facts.ts";
import { type Analysis, jobPattern, runPattern } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import { replaceScalar } from "../edits.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const conditionNeverTrue: Rule = {
  id: "condition-never-true",
  severity: "warning",
  kind: "dead edge",
  title: "a condition asks for a branch or tag that no run of the workflow is of",
  why: "A job or step whose condition is false is skipped, and a skipped one is as green as one that ran. Nobody is told that it never happens.",
  url: documentation.contexts,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      const chains = analysis.chains(pipeline);
      // What another workflow calls or starts has other refs; that of completions is a rule of its own.
      if (chains.length === 0 || pipeline.callable || chains.some(({ upstream }) => upstream)) continue;
      const seen = new Set<ConditionFacts["at"]>();
      for (const part of partsOf(pipeline)) {
        if (seen.has(part.condition.at) || !neverRuns(part, chains)) continue;
        const dead = deadTest(analysis, pipeline, part.condition);
        if (!dead) continue;
        seen.add(part.condition.at);
        yield candidate(analysis, { pipeline, part, chain: chains[0]!, ...dead });
      }
    }
  },
};

interface Part {
  readonly job: JobFacts;
  /** Undefined for the whole job. */
  readonly step: StepFacts | undefined;
  readonly condition: ConditionFacts;
}

function* partsOf(pipeline: Pipeline): Generator<Part> {
  for (const job of pipeline.jobs) {
    if (job.file !== pipeline.id || job.caller) continue;
    if (job.condition) yield { job, step: undefined, condition: job.condition };
    for (const step of job.steps) {
      // Steps of an action of the repository are written for all who use it.
      if (step.condition?.at.source.path === job.file) yield { job, step, condition: step.condition };
    }
  }
}

function neverRuns({ job, step }: Part, chains: readonly TriggerChain[]): boolean {
  return (
    chains.every(({ circumstances }) => {
      if (!step) return job.runs(circumstances) === "no";
      return step.runs(circumstances) === "no";
    }) &&
    (!step || chains.some(({ circumstances }) => job.runs(circumstances) !== "no"))
  );
}

interface Dead {
  readonly test: RefTest;
  /** How the ref is written there, where the test only has another form of it. */
  readonly meant: string | undefined;
}

/** The test that no ref can pass: written in the wrong form, or naming one that none of the events is about. */
function deadTest(analysis: Analysis, { starts }: Pipeline, { refTests }: ConditionFacts): Dead | undefined {
  for (const test of refTests) {
    const parts = /^(github\.ref(?:_name)?) == '([^']+)'$/.exec(test.text);
    if (!parts || test.name === undefined) continue;
    const [, path, written] = parts as unknown as [string, string, string];
    const isFull = /^refs\/(heads|tags)\//.test(written);
    if (path === "github.ref" && !written.startsWith("refs/")) return { test, meant: `refs/heads/${written}` };
    if (path === "github.ref_name" && isFull) return { test, meant: test.name };
    if (starts.every(({ cause }) => neverOf(analysis, cause, test.name!))) return { test, meant: undefined };
  }
  return undefined;
}

type Cause = Pipeline["starts"][number]["cause"];

/** Whether no run of this cause is of a branch or tag of this name. */
function neverOf(analysis: Analysis, cause: Cause, name: string): boolean {
  switch (cause.kind) {
    case "push":
      return !cause.branches.accepts(name) && !cause.tags.accepts(name);
    case "pull-request":
      // Once it is merged, and with the base's own file, the ref is that of the base.
      return cause.trusted === "head" && !cause.types.includes("closed");
    case "schedule":
      return analysis.facts.defaultBranch !== undefined && analysis.facts.defaultBranch !== name;
    default:
      return false;
  }
}

interface Found extends Dead {
  readonly pipeline: Pipeline;
  readonly part: Part;
  readonly chain: TriggerChain;
}

function candidate(analysis: Analysis, { pipeline, part, chain, test, meant }: Found): Candidate {
  const { job, step, condition } = part;
  const what = step ? `Step "${step.label}"` : `Job "${jobName(job)}"`;
  const acts = effectsOf(job).some((effect) => !step || effect.step === step);
  const written = /'([^']+)'$/.exec(test.text)![1]!;
  const path = test.text.split(" ")[0]!;
  const text = condition.at.source.text.slice(condition.at.start, condition.at.end);
  const edits =
    meant !== undefined && text.split(`'${written}'`).length === 2
      ? replaceScalar(condition.at, text.replace(`'${written}'`, `'${meant}'`))
      : undefined;
  return {
    message:
      meant === undefined
        ? `${what} never runs: no event that starts ${fileName(pipeline.id)} is about "${test.name}", so \`${test.text}\` is never true`
        : `${what} never runs: \`${path}\` is written like "${meant}", so \`${test.text}\` is never true`,
    at: condition.at,
    related: pipeline.starts.map(({ at, event }) => ({ at, message: `Started by ${event}` })),
    confidence: "high",
    ...(acts ? {} : { severity: "note" as const }),
    schedule: [
      `${chain.described} -> ${fileName(pipeline.id)} starts`,
      `\`${test.text}\` is false: ${what.toLowerCase().split(" ")[0]} skipped`,
    ],
    help:
      meant === undefined
        ? `Ask for a branch that starts it, or add "${test.name}" to \`branches\` below \`push:\`.`
        : `Write \`${path} == '${meant}'\`.`,
    ...(edits && !/^['"]/.test(text) ? { edits } : {}),
    claim: analysis.claim([chain], [{ kind: "run-created", run: runPattern(pipeline.id, chain) }], {
      kind: "never-runs",
      job: jobPattern(job, chain),
      ...(step ? { step: step.index } : {}),
    }),
  };
}
