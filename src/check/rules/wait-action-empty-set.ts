import type { WaitAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern, sameRoot } from "../analysis/analysis.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const waitActionEmptySet: Rule = {
  id: "wait-action-empty-set",
  severity: "warning",
  kind: "broken hand-off",
  title: "waits for a check that never appears on this commit",
  why: "A step that waits for checks by name waits in vain, or passes at once, when the job behind the name does not run for the same event.",
  url: documentation.trigger,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      for (const step of job.steps) {
        for (const access of step.accesses) {
          if (access.kind !== "wait" || seen.has(access)) continue;
          seen.add(access);
          const found = neverTogether(analysis, { pipeline, job, step, access });
          if (!found) continue;
          yield {
            message: `"${step.label}" waits for "${found.name}", which ${fileName(found.producer.id)} does not run on ${found.chain.described}`,
            at: step.at,
            related: [{ at: found.check.keyAt, message: `"${found.name}" is this job` }],
            confidence: "medium",
            schedule: [
              `${found.chain.described} -> ${fileName(pipeline.id)} starts; ${fileName(found.producer.id)} does not`,
              `"${step.label}" looks for "${found.name}" -> there is none`,
            ],
            help: `Let ${fileName(found.producer.id)} run on the same event, or wait for a check that does.`,
            claim: analysis.claim(
              [found.chain],
              [{ kind: "step", job: jobPattern(job, found.chain), step: step.index }],
              {
                kind: "never-runs",
                job: jobPattern(found.check, found.chain),
              },
            ),
          };
        }
      }
    }
  },
};

interface Waiting {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly step: StepFacts;
  readonly access: WaitAccess;
}

interface Never {
  readonly name: string;
  readonly producer: Pipeline;
  readonly check: JobFacts;
  readonly chain: TriggerChain;
}

function neverTogether(analysis: Analysis, { pipeline, job, step, access }: Waiting): Never | undefined {
  if (access.target.kind !== "check" || access.target.pattern) return undefined;
  const name = literalText(step.resolve(access.target.name));
  if (!name) return undefined;
  const producers = analysis.facts.pipelines.flatMap((producer) =>
    producer.jobs.filter((each) => each.path.length === 1 && each.label === name).map((check) => ({ producer, check })),
  );
  const [only] = producers;
  if (producers.length !== 1 || !only || only.producer === pipeline) return undefined;
  const chains = analysis
    .chains(pipeline)
    .filter((chain) => !chain.upstream && can(analysis.stepRuns(job, step, chain.circumstances)));
  const concrete = chains.filter((chain) => chain.root.kind === "push");
  if (concrete.length === 0 || concrete.length !== chains.length) return undefined;
  const checked = analysis.chains(only.producer).filter((chain) => only.check.runs(chain.circumstances) !== "no");
  // A pull request's checks sit on the same commit when its branch is pushed.
  const missed = concrete.find(
    (chain) =>
      !checked.some((each) => sameRoot(each, chain)) &&
      !(chain.root.kind === "push" && chain.root.ref.kind === "tag") &&
      !checked.some((each) => each.root.kind !== "push"),
  );
  return missed ? { name, ...only, chain: missed } : undefined;
}
