import type { ContextName, Value } from "../model/delivery.ts";
import { own } from "../model/own.ts";
import type { ArtifactRef, Deployed } from "../plan/plan.ts";
import { matrixKey } from "./policies/matrix.ts";
import type { ResolvedValue } from "./ports.ts";
import type { JobState, RunState } from "./state.ts";
import { releaseMeant } from "./state.ts";
import { runFor } from "./undone.ts";

/** For whom a value is filled in; what it lacks is collected in `missing`, one sentence each. */
export interface Scope {
  readonly run: RunState;
  readonly job: JobState;
  readonly missing: string[];
}

type Piece = Exclude<ResolvedValue, string>[number];

/** Fills the holes of a value. Secrets and the directory of the checkout stay as names: only the runner knows them. */
export function resolve(scope: Scope, value: Value): ResolvedValue {
  if (typeof value === "string") return value;
  const pieces: Piece[] = [];
  addPieces(scope, value, pieces);
  if (pieces.length === 0) return "";
  return pieces.length === 1 && typeof pieces[0] === "string" ? pieces[0] : pieces;
}

/** As `resolve`, for a name that must be plain text: what is not known here shows as its own name. */
export function resolveText(run: RunState, job: JobState, value: Value): string {
  const resolved = resolve({ run: runFor(run, job), job, missing: [] }, value);
  return typeof resolved === "string"
    ? resolved
    : resolved.map((piece) => (typeof piece === "string" ? piece : JSON.stringify(piece))).join("");
}

function addPieces(scope: Scope, value: Value, pieces: Piece[]): void {
  if (Array.isArray(value)) {
    for (const part of value) addPieces(scope, part, pieces);
    return;
  }
  const piece = pieceOf(scope, value);
  const last = pieces.length - 1;
  if (typeof piece === "string" && typeof pieces[last] === "string") pieces[last] += piece;
  else pieces.push(piece);
}

function pieceOf({ run, job, missing }: Scope, value: Exclude<Value, Value[]>): Piece {
  if (typeof value === "string") return value;
  if ("secret" in value) return value;
  if ("context" in value)
    return value.context === "directory" ? { context: "directory" } : contextOf(run, job, value.context);
  if ("output" in value) return outputOf(run, job, value.output) ?? lack(missing, `output ${value.output}`);
  if ("variable" in value) return variableOf(run, job, value.variable) ?? lack(missing, `variable ${value.variable}`);
  if ("parameter" in value) return parameterOf(run, value.parameter) ?? lack(missing, `parameter ${value.parameter}`);
  if ("matrix" in value) return job.planned.matrix?.[value.matrix] ?? lack(missing, `matrix value ${value.matrix}`);
  return value satisfies never;
}

function lack(missing: string[], what: string): string {
  missing.push(what);
  return "";
}

function contextOf(run: RunState, job: JobState, name: Exclude<ContextName, "directory">): string {
  switch (name) {
    case "delivery":
      return run.delivery.name;
    case "environment":
      return job.planned.environment ?? "";
    case "pipeline":
      return job.planned.pipeline;
    case "job":
      return job.planned.job;
    case "release":
      return String(releaseMeant(run));
    case "run":
      return run.id;
    case "commit":
      return run.plan.change.commit;
    case "branch":
      return run.plan.change.branch;
    default:
      return name satisfies never;
  }
}

export function variableOf(run: RunState, job: JobState, name: string): string | undefined {
  const environment = run.delivery.environments.find((each) => each.name === job.planned.environment);
  return own(environment?.variables, name) ?? own(run.delivery.variables, name);
}

export function parameterOf(run: RunState, name: string): string | undefined {
  return own(run.plan.parameters, name) ?? own(run.delivery.parameters, name)?.default;
}

/** The value that the run's own release has for `pipeline.output` in the job's environment. */
function outputOf(run: RunState, job: JobState, reference: string): string | undefined {
  const [pipeline = "", output = ""] = reference.split(".");
  const publisher = own(run.definitions.get(pipeline)?.outputs, output)?.job;
  if (publisher === undefined) return undefined;
  return handedOver(run, job, { pipeline, job: publisher }, (source) => own(source.outputs, output));
}

/** The files that the run's own release has for `pipeline.artifact`. */
export function artifactOf(run: RunState, job: JobState, reference: string): ArtifactRef | undefined {
  const [pipeline = "", artifact = ""] = reference.split(".");
  for (const [name, definition] of Object.entries(run.definitions.get(pipeline)?.jobs ?? {})) {
    if (own(definition.artifacts, artifact) === undefined) continue;
    return handedOver(run, job, { pipeline, job: name }, (source) => own(source.artifacts, artifact));
  }
  return undefined;
}

/**
 * Looks where the plan says that the job's needs come from: an earlier release by value where the pipeline is reused in
 * this environment, else this run, else what the plan reuses because the publishing job does not run.
 */
function handedOver<T>(
  run: RunState,
  reader: JobState,
  publisher: { pipeline: string; job: string },
  pick: (source: Pick<Deployed, "outputs" | "artifacts">) => T | undefined,
): T | undefined {
  const environment = reader.planned.environment;
  const planned = environment === undefined ? undefined : run.pipelines.get(`${publisher.pipeline}@${environment}`);
  if (planned !== undefined && planned.decision !== "run") {
    return planned.reused === undefined ? undefined : pick(planned.reused);
  }
  const per = run.definitions.get(publisher.pipeline)?.jobs[publisher.job]?.per;
  const key = matrixKey(per === "environment" && environment !== undefined ? { ...publisher, environment } : publisher);
  const legs = run.matrices.get(key)?.legs;
  const job = legs === undefined ? run.jobs.get(key) : legs.findLast((leg) => pick(leg) !== undefined);
  if (job !== undefined) return pick(job);
  const reused = run.reused.get(key) ?? planned?.reused;
  return reused === undefined ? undefined : pick(reused);
}
