import type { DispatchAccess } from "../../facts/access.ts";
import type { Pipeline, StepFacts } from "../../facts/facts.ts";
import { nearestName } from "../../findings/nearest-name.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { fileName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const dispatchTargetMismatch: Rule = {
  id: "dispatch-target-mismatch",
  severity: "warning",
  kind: "dead edge",
  title: "dispatch of a workflow that cannot take it",
  why: "A dispatch of a file that is not there, has no workflow_dispatch trigger or does not know the input is refused when it runs, usually at the end of a long pipeline.",
  url: documentation.trigger,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      for (const step of job.steps) {
        for (const access of step.accesses) {
          if (access.kind !== "dispatch" || seen.has(access)) continue;
          seen.add(access);
          const problem = problemOf(analysis, step, access);
          if (!problem) continue;
          const chain = analysis
            .chains(pipeline)
            .find((each) => analysis.stepRuns(job, step, each.circumstances) !== "no");
          if (!chain) continue;
          yield {
            message: problem.message,
            at: access.at,
            related: problem.target ? [{ at: problem.target.at, message: "The workflow that is meant" }] : [],
            confidence: access.confidence,
            schedule: [
              `${fileName(job.pipeline)} reaches "${step.label}"`,
              "GitHub refuses the dispatch -> nothing is started",
            ],
            help: problem.help,
            claim: analysis.claim([chain], [{ kind: "step", job: jobPattern(job, chain), step: step.index }], {
              kind: "refused",
              pipeline: problem.asked,
            }),
          };
        }
      }
    }
  },
};

interface Problem {
  readonly message: string;
  readonly help: string;
  readonly target: Pipeline | undefined;
  /** The workflow's file, or the name as written. */
  readonly asked: string;
}

function problemOf({ facts }: Analysis, step: StepFacts, access: DispatchAccess): Problem | undefined {
  if (access.target.kind !== "workflow" || facts.unreadable.length > 0) return undefined;
  if (access.repository && literalText(step.resolve(access.repository)) !== facts.repository) return undefined;
  const name = literalText(step.resolve(access.target.workflow));
  // Another ref may have other files.
  if (name === undefined || name === "" || /^\d+$/.test(name)) return undefined;
  const target = facts.pipelines.find((each) => each.id === name || fileName(each.id) === name || each.name === name);
  if (!target) {
    const meant = nearestName(
      name,
      facts.pipelines.map((each) => fileName(each.id)),
    );
    return {
      message: `The dispatch names "${name}", and no workflow has that file name`,
      help: meant ? `Write ${meant}, if that is meant.` : "Write the file name of the workflow to start.",
      target: undefined,
      asked: name,
    };
  }
  const start = target.starts.find((each) => each.cause.kind === "dispatch");
  if (start?.cause.kind !== "dispatch") {
    return {
      message: `${fileName(target.id)} is dispatched here, but it has no workflow_dispatch trigger`,
      help: `Add \`workflow_dispatch:\` to the triggers of ${fileName(target.id)}.`,
      target,
      asked: target.id,
    };
  }
  const known = new Map(start.cause.inputs.map((input) => [input.name, input]));
  for (const given of access.inputs.keys()) {
    if (known.has(given)) continue;
    const meant = nearestName(given, [...known.keys()]);
    return {
      message: `${fileName(target.id)} has no input "${given}", so GitHub refuses the dispatch`,
      help: meant ? `The input is called "${meant}".` : `Add the input to ${fileName(target.id)}, or do not pass it.`,
      target,
      asked: target.id,
    };
  }
  const missing = start.cause.inputs.find(
    (input) => input.required && !input.hasDefault && !access.inputs.has(input.name) && access.inputs.size > 0,
  );
  if (!missing) return undefined;
  return {
    message: `${fileName(target.id)} requires the input "${missing.name}", which this dispatch does not pass`,
    help: `Pass ${missing.name}, or give it a default.`,
    target,
    asked: target.id,
  };
}
