import type { Pipeline } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { nearestName } from "../../findings/nearest-name.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, runPattern } from "../analysis/analysis.ts";
import { again } from "../analysis/trigger-chains.ts";
import { fileName } from "../analysis/wording.ts";
import { replaceScalar } from "../edits.ts";
import { documentation, type Rule } from "../rule.ts";

/** Names of workflows that GitHub itself makes; no file in the repository has them. */
const managed = new Set([
  "pages-build-deployment",
  "pages build and deployment",
  "codeql",
  "dependabot updates",
  "dependabot",
  "copilot",
  "copilot code review",
  "automatic dependency submission",
  "dependency graph",
]);

export const danglingWorkflowRun: Rule = {
  id: "dangling-workflow-run",
  severity: "warning",
  kind: "dead edge",
  title: "workflow_run waits for a workflow that does not exist",
  why: "workflow_run is matched against the `name:` of workflows. A name that no workflow has never fires, and nothing says so: the pipeline is silently dead.",
  url: documentation.workflowRun,
  *find(analysis) {
    const { facts } = analysis;
    // A file that could not be read may hold the name.
    if (facts.unreadable.length > 0) return;
    const names = facts.pipelines.map((pipeline) => pipeline.name);
    const folded = new Set(names.map((name) => name.trim().toLowerCase()));
    for (const pipeline of facts.pipelines) {
      // A pipeline may start after one of another account, which no file here tells of.
      if (isStaged(pipeline)) continue;
      for (const { cause } of pipeline.starts) {
        if (cause.kind !== "completion") continue;
        for (const name of cause.dangling) {
          const written = name.value.trim().toLowerCase();
          // Patterns, expressions, and names that differ by case or spaces only are not certain to fail.
          if (/[*?[\]!]|\$\{\{/.test(name.value) || managed.has(written) || folded.has(written)) continue;
          if (facts.pipelines.some((each) => each.id === name.value || fileName(each.id) === name.value)) {
            if (facts.pipelines.some((each) => each.id === name.value)) continue;
          }
          const byFile = facts.pipelines.find(
            (each) => fileName(each.id).replace(/\.ya?ml$/, "") === name.value.replace(/\.ya?ml$/, ""),
          );
          const meant = byFile?.name ?? nearestName(name.value, names);
          const other = facts.pipelines.find((each) => each.name === meant);
          const edits = meant === undefined ? undefined : replaceScalar(name.at, meant);
          const claim = neverAfter(analysis, { pipeline, name: name.value, meant: other });
          yield {
            message: `No workflow is named "${name.value}": this trigger never fires${
              meant === undefined ? "" : `; did you mean "${meant}"?`
            }`,
            at: name.at,
            ...(other?.nameAt ? { related: [{ at: other.nameAt, message: `This one is named "${other.name}"` }] } : {}),
            confidence: "high",
            schedule: [
              `any workflow completes -> nothing named "${name.value}" is among them`,
              `${fileName(pipeline.id)} is not started by it`,
            ],
            help: "Write the name exactly as the other workflow's `name:` has it, or remove the entry.",
            ...(edits ? { edits } : {}),
            claim,
          };
        }
      }
    }
  },
};

interface Dangling {
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly meant: Pipeline | undefined;
}

/** How many other workflows are run to show that none of them is the one waited for. */
const MAX_OTHERS = 3;

/** Others run and end, the one that is meant first, and nothing comes of it. */
function neverAfter(analysis: Analysis, { pipeline, name, meant }: Dangling): Claim {
  const others = analysis.facts.pipelines.filter((each) => each !== pipeline && each !== meant);
  const chains = [...(meant && meant !== pipeline ? [meant] : []), ...others]
    .flatMap((each) => analysis.chains(each).find((chain) => !chain.upstream) ?? [])
    .slice(0, MAX_OTHERS)
    .map((chain, i) => again(chain, `event-${i + 1}`, `c${i + 1}`));
  const [own] = analysis.chains(pipeline);
  const isListed = pipeline.starts.some(
    ({ cause }) => cause.kind === "completion" && cause.upstream.some((upstream) => upstream.pipeline === meant?.id),
  );
  return {
    scenario: analysis.scenario(chains.length > 0 || !own ? chains : [own]),
    schedule: chains.map((chain) => ({ kind: "run-ended", run: runPattern(chain.start.pipeline, chain) })),
    bad: { kind: "never-created", run: { pipeline: pipeline.id, after: meant && !isListed ? meant.name : name } },
  };
}
