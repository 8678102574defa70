import type { Cause, Facts, Pipeline, Start } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import type { Place } from "../../findings/source.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { lastingEffects } from "../analysis/effects.ts";
import { foldersOf } from "../analysis/sources.ts";
import { list } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";
import { covers, type OwnPath, pathsOf } from "./trigger-misses-consumer.ts";

export const upstreamPathStarvation: Rule = {
  id: "upstream-path-starvation",
  severity: "warning",
  kind: "dead edge",
  title: "changes to its own sources do not start the deployment",
  why: "The workflow starts only after another one, and that one runs only for other paths. A commit that changes just this part is never deployed.",
  url: documentation.workflowRun,
  *find(analysis) {
    for (const pipeline of analysis.facts.pipelines) {
      const before = runsBefore(analysis.facts, pipeline);
      const found = before && starvedBy(analysis, pipeline, before);
      if (found) yield found;
    }
  },
};

type Completion = Extract<Cause, { kind: "completion" }>;

/** Where only the success of others starts it, all of which are in the files: those, and the first of its starts. */
function runsBefore(facts: Facts, { starts }: Pipeline): Before | undefined {
  const own = starts.filter(({ cause }) => cause.kind !== "dispatch" && cause.kind !== "call");
  const causes = own.flatMap(({ cause }) => (cause.kind === "completion" && isBySuccess(cause) ? [cause] : []));
  const [first] = own;
  if (!first || causes.length < own.length || causes.some(({ dangling }) => dangling.length > 0)) return undefined;
  const ids = new Set(causes.flatMap(({ upstream }) => upstream.map(({ pipeline }) => pipeline)));
  return { start: first, pipelines: [...ids].map((id) => facts.pipeline(id)!) };
}

interface Before {
  readonly start: Start;
  readonly pipelines: readonly Pipeline[];
}

function isBySuccess({ states, ofAny }: Completion): boolean {
  return !ofAny && (states === undefined || (states !== "any" && states.includes("SUCCEEDED")));
}

function starvedBy(analysis: Analysis, pipeline: Pipeline, { start, pipelines }: Before): Candidate | undefined {
  const filters = pipelines.flatMap((each) => filtersOf(each, pipeline) ?? [undefined]);
  if (filters.length === 0 || filters.includes(undefined)) return undefined;
  const own = ownPaths(pipeline);
  const starved = own.filter(({ path, isFolder }) => !filters.some((filter) => covers(filter!, path, isFolder)));
  const [first] = starved;
  if (!first || starved.length < own.length) return undefined;
  const chain = analysis
    .chains(pipeline)
    .find(({ root }) => root.kind === "push" && (isStaged(pipeline) || root.ref.kind === "branch"));
  if (chain?.root.kind !== "push") return undefined;
  const push = { ...chain.root, paths: starved.map(({ path, isFolder }) => (isFolder ? `${path}/changed` : path)) };
  const names = list(pipelines.map(({ label }) => label));
  const shown = [...new Set(starved.map(({ path, isFolder }) => (isFolder ? `${path}/` : path)))];
  const what = isStaged(pipeline) ? "pipeline" : "workflow";
  return {
    message: `A commit that changes only ${list(shown)} starts neither ${names} nor ${pipeline.label}: it is never deployed`,
    at: start.at,
    related: [
      ...filters.flatMap((filter) => {
        const [pattern] = filter!.paths.patterns;
        return pattern ? [{ at: pattern.at, message: `Only these paths start the ${what} before` }] : [];
      }),
      ...(first.at ? [{ at: first.at, message: `${pipeline.label} works on ${first.path}` }] : []),
    ],
    confidence: "medium",
    schedule: [`push that touches only ${shown[0]} -> ${names} is not started`, `-> ${pipeline.label} is not started`],
    ...(isStaged(pipeline)
      ? {
          why: "The pipeline starts only after another one, and that one runs only for other paths. A commit that changes just this part is never deployed.",
          url: awsDocumentation.triggers,
          help: `Add the paths of this part to the trigger of ${names}, or give ${pipeline.label} a trigger for its own paths.`,
        }
      : {
          help: `Add the paths of this part to ${names}, or give ${pipeline.label} a push trigger for its own paths.`,
        }),
    claim: analysis.claim([{ ...chain, root: push }], [{ kind: "event", event: push.id }], {
      kind: "never-created",
      run: { pipeline: pipeline.id },
    }),
  };
}

type Push = Extract<Cause, { kind: "push" }>;

/** The pushes with path filters that start it; undefined where something else does, or another repository. */
function filtersOf({ starts }: Pipeline, after: Pipeline): Push[] | undefined {
  const kinds: readonly Cause["kind"][] = ["dispatch", "call", "pull-request"];
  const causes = starts.map(({ cause }) => cause).filter(({ kind }) => !kinds.includes(kind));
  const pushes = causes.flatMap((cause) =>
    cause.kind === "push" && cause.paths.kind === "patterns" && !cause.paths.inverted ? [cause] : [],
  );
  if (pushes.length < causes.length) return undefined;
  const fetched = isStaged(after) ? after.sources.map(({ repository }) => JSON.stringify(repository.key)) : [];
  const names = new Set(pushes.map(({ source }) => JSON.stringify(source?.repository.key)));
  return fetched.every((name) => names.has(name)) ? pushes : undefined;
}

/** What it deploys from, as far as its commands and settings tell. */
function ownPaths(pipeline: Pipeline): (Omit<OwnPath, "at"> & { readonly at?: Place })[] {
  const jobs = pipeline.jobs.filter((job) => lastingEffects(job).length > 0);
  if (isStaged(pipeline)) return jobs.length > 0 ? pathsOf(pipeline) : [];
  return [...new Set(jobs.flatMap(foldersOf))].map((path) => ({ path, isFolder: true }));
}
