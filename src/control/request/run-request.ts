import type { Delivery, EventName } from "../../model/delivery.ts";
import { plan as makePlan } from "../../plan/make-plan.ts";
import type { Change, History, JobId, MadeRelease, Plan, PlanRequest } from "../../plan/plan.ts";
import { environmentsBefore, mayDeploy } from "../../release/may-go.ts";
import { notThere, refused } from "../control.ts";
import { type ChosenEnvironments, chooseEnvironments } from "./environments.ts";
import { readParameters } from "./parameters.ts";
import { branchFromCi, changesSince, resolveSince, type Source } from "./source.ts";

/** What plan and run are asked. */
export interface PlanOptions {
  env?: string;
  to?: string;
  pipeline?: string[];
  since?: string;
  branch?: string;
  event?: string;
  param?: string[];
  force?: true;
}

/** What was deployed and made, and how long jobs took, from the journal. */
export interface Past {
  /** The newest event that it tells of; 0 where there is no journal. */
  seq: number;
  history: History;
  /** By runs of the files in question and of those that are deployed, newest first. */
  made: MadeRelease[];
  /** Digests of artifacts that the store does not have any more. */
  lost: string[];
  durations: ReadonlyMap<JobId, number>;
}

export const noPast: Past = { seq: 0, history: { deployed: {} }, made: [], lost: [], durations: new Map() };

export interface Question {
  delivery: Delivery;
  source: Source;
  past: Past;
  options: PlanOptions;
  env: NodeJS.ProcessEnv;
  /** Instead of choosing them by option and branch. */
  environments?: string[];
}

const events: readonly EventName[] = ["manual", "push", "pull-request", "schedule"];

/** A plan, and what has to be known to judge it. */
export interface PlannedRequest {
  plan: Plan;
  branch: string | undefined;
  /** Nothing said where to go, and neither did the branch: it goes to the first environment, for this reason. */
  guessed: string | undefined;
  /** Parameters that have to be given before it can run. */
  missingParameters: string[];
}

/** Makes the plan for what is asked. @throws {Refused} when it asks for what is not there. */
export async function planFor(question: Question): Promise<PlannedRequest> {
  const { delivery, source, past, options } = question;
  const branch = options.branch ?? source.branch ?? branchFromCi(question.env);
  const event = eventOf(options);
  const chosen: ChosenEnvironments =
    question.environments === undefined
      ? chooseEnvironments(delivery, { env: options.env, to: options.to, branch, event })
      : { environments: question.environments, guessed: undefined };
  const { parameters, missing } = readParameters(delivery, options.param ?? []);
  const pipelines = (options.pipeline ?? []).map((name) => knownPipeline(delivery, name));
  const history = await knownHistory(question);
  const bases = Object.values(history.deployed).flatMap((there) => Object.values(there).map(({ commit }) => commit));
  const request: PlanRequest = {
    change: {
      event,
      commit: source.kind === "commit" ? source.commit : "",
      branch: branch ?? "",
      changedSince: await changesSince(source, bases),
      // A snapshot stands for uncommitted files, so that nothing is left that the commit does not hold.
      uncommitted: [],
    } satisfies Change,
    environments: chosen.environments,
    pipelines,
    parameters,
    force: options.force ? (pipelines.length > 0 ? "named-pipelines" : "all") : "none",
    history,
    made: past.made,
    lost: past.lost,
    expectedMs: withoutLegs(past.durations),
  };
  if (options.env !== undefined) requirePassed(delivery, request, options.env);
  const plan = makePlan(delivery, request);
  if (options.env !== undefined) refuseUnproven(delivery, plan, options.env);
  return { plan, branch, guessed: chosen.guessed, missingParameters: missing };
}

/** A single environment may be asked for when what comes before it has nothing left to do for these files. */
function requirePassed(delivery: Delivery, request: PlanRequest, name: string): void {
  // What is forced here is not to be forced there: it has passed all the same.
  const mayNot = mayDeploy(delivery, { ...request, force: "none" }, name);
  if (mayNot?.code !== "not-passed") return;
  const { before, open } = mayNot;
  const because = `${open.pipeline} has to run in ${open.environment} (${open.reason.text})`;
  throw refused("not-passed-before", { subject: name, known: [...before, name], because });
}

/** What it would get is not what comes before it has. */
function refuseUnproven(delivery: Delivery, { pipelines }: Plan, name: string): void {
  const open = pipelines.find(({ decision, reason }) => decision === "skip" && reason.code === "not-proven");
  if (open === undefined) return;
  const known = [...environmentsBefore(delivery, name), name];
  throw refused("not-passed-before", { subject: name, known, because: `${open.pipeline}: ${open.reason.text}` });
}

function eventOf({ event }: PlanOptions): EventName {
  if (event === undefined) return "manual";
  const found = events.find((name) => name === event);
  if (found) return found;
  throw notThere("no-event", event, events);
}

function knownPipeline(delivery: Delivery, name: string): string {
  const names = delivery.pipelines.map((pipeline) => pipeline.name);
  if (names.includes(name)) return name;
  throw notThere("no-pipeline", name, names);
}

/** What to compare with: with `since` every deployment counts as one of that commit. */
async function knownHistory({ source, past, options }: Question): Promise<History> {
  if (options.since !== undefined) return deployedAt(past.history, await resolveSince(source, options.since));
  // Without commits there is nothing to compare: what was deployed before is never what is there now.
  return source.kind === "folder" ? deployedAt(past.history, "unversioned") : past.history;
}

function deployedAt(history: History, commit: string): History {
  const deployed: History["deployed"] = {};
  for (const [environment, pipelines] of Object.entries(history.deployed)) {
    deployed[environment] = {};
    for (const [pipeline, value] of Object.entries(pipelines)) deployed[environment][pipeline] = { ...value, commit };
  }
  return { deployed };
}

/** The planner knows jobs, not legs: the slowest leg counts. */
export function withoutLegs(durations: ReadonlyMap<JobId, number>): Record<string, number> {
  const expected: Record<string, number> = {};
  for (const [id, ms] of durations) {
    const leg = id.indexOf("[");
    const job = leg < 0 ? id : id.slice(0, leg);
    expected[job] = Math.max(expected[job] ?? 0, ms);
  }
  return expected;
}
