import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { literal, type Written } from "../../facts/written.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const artifactNotProduced: Rule = {
  id: "artifact-not-produced",
  severity: "error",
  kind: "broken hand-off",
  title: "an action takes an artifact that no earlier action makes",
  why: "CodePipeline refuses a pipeline in which an action takes what nothing before it puts out, or fails when the action asks for it.",
  url: awsDocumentation.artifacts,
  *find(analysis) {
    for (const pipeline of stagedPipelines(analysis.facts)) {
      if (pipeline.partial) continue;
      for (const action of pipeline.actions) {
        const at = { analysis, pipeline, action };
        for (const input of action.inputs) yield* missing(at, input);
        yield* notAnInput(at);
      }
    }
  },
};

interface Taking {
  readonly analysis: Analysis;
  readonly pipeline: StagedPipeline;
  readonly action: ActionFacts;
}

/** The action runs, and what it looks for is not there. */
function inVain(
  { analysis, pipeline, action }: Taking,
  artifact: string,
  late?: ActionFacts,
): Pick<Candidate, "schedule" | "claim"> {
  const chain = analysis.clearest(pipeline);
  const job = jobPattern(action, chain);
  return {
    schedule: [
      beginning(chain, pipeline),
      `"${action.label}" in stage "${action.stageLabel}" starts: the artifact "${artifact}" is not there`,
      ...(late ? [`"${late.label}" in stage "${late.stageLabel}" has not made it yet`] : []),
    ],
    claim: analysis.claim(
      [chain],
      [{ kind: "job-started", job }],
      { kind: "finds-nothing", job, step: 0, artifact },
      [],
      action,
    ),
  };
}

function* missing(taking: Taking, input: Written): Generator<Candidate> {
  const { analysis, pipeline, action } = taking;
  const name = literal(input);
  if (name === undefined) return;
  const makers = pipeline.actions.filter((each) => each !== action && makes(each, name));
  const first = pipeline.actions.filter((each) => each.runOrder === undefined || analysis.before(each, action));
  // One whose outputs or place only a deployment knows may be the one.
  if (first.some((each) => makes(each, name) || each.outputs.some((output) => literal(output) === undefined))) return;
  const [late] = makers;
  const others = [...new Set(first.flatMap((each) => each.outputs.flatMap((output) => literal(output) ?? [])))];
  yield {
    message: late
      ? `Action "${action.label}" takes the artifact "${name}", which "${late.label}" makes ${late.stage === action.stage ? "at the same time or later" : "only later"}`
      : `Action "${action.label}" takes the artifact "${name}", which no action of ${pipeline.label} makes`,
    at: input.at,
    related: late ? [{ at: late.keyAt, message: `"${late.label}" makes it, in stage "${late.stageLabel}"` }] : [],
    confidence: "high",
    ...inVain(taking, name, late),
    help: late
      ? `Move "${late.label}" to an earlier stage, or give it a lower run order than "${action.label}".`
      : `Name one that exists${others.length > 0 ? ` (${others.join(", ")})` : ""}, or let an earlier action put it out.`,
  };
}

/** An artifact that only the configuration names is not there when the action runs. */
function* notAnInput(taking: Taking): Generator<Candidate> {
  const { action } = taking;
  const inputs = action.inputs.map(literal);
  if (inputs.includes(undefined)) return;
  for (const named of action.namedArtifacts) {
    const name = literal(named);
    if (name === undefined || inputs.includes(name)) continue;
    yield {
      message: `Action "${action.label}" names the artifact "${name}" in its configuration and does not take it`,
      at: named.at,
      confidence: "high",
      ...inVain(taking, name),
      help: `Add "${name}" to the input artifacts of the action.`,
    };
  }
}

function makes(action: ActionFacts, name: string): boolean {
  return action.outputs.some((output) => literal(output) === name);
}
