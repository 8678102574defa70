import type { RunState, State } from "../../engine/state.ts";
import { type Caller, notThere, refused } from "../control.ts";
import { findRun, isUnderway, requireJournal } from "../local/journal.ts";
import { actorHere, besides } from "../local/session.ts";
import type { Underway } from "../local/underway.ts";
import { findProject, type Project } from "../project.ts";
import type { RunId } from "../views/events.ts";
import { type TakeUpOptions, takeUp } from "./take-up.ts";

export interface AnswerRequest extends TakeUpOptions {
  config?: string;
  answer: "approved" | "rejected";
  comment?: string;
  /** A run, by id or release number, and an environment. What is left out is meant when only one thing waits. */
  run?: string;
  environment?: string;
}

/** One question that waits for a person. */
export interface OpenApproval {
  run: RunId;
  environment: string;
  /** Milliseconds since the epoch. */
  expiresAt?: number;
}

/** `told`: another process makes the run go on and has taken the answer. */
export type Answered = OpenApproval & ({ kind: "told" } | { kind: "underway"; underway: Underway });

/** Answers a question about a release, and goes on with its run when nobody else does. @throws {Refused} */
export async function answerApproval(caller: Caller, request: AnswerRequest): Promise<Answered> {
  const project = findProject(caller, request);
  const { asked, isElsewhere } = whatIsMeant(project, request);
  const { run, environment } = asked;
  const by = actorHere(caller.env);
  const given = {
    answer: request.answer,
    by: by.name,
    ...(request.comment !== undefined && { comment: request.comment }),
  };
  if (isElsewhere) {
    await besides(project, (engine) => engine.answer(run, environment, given));
    return { ...asked, kind: "told" };
  }
  if (asked.expiresAt !== undefined && asked.expiresAt <= Date.now()) throw expired(asked, "open");
  const underway = await takeUp(caller, {
    project,
    run,
    options: request,
    async begin(session) {
      const begun = await session.adopt(run, by);
      await session.engine.answer(run, environment, given);
      return begun;
    },
  });
  return { ...asked, kind: "underway", underway };
}

/** `because` says whether its run is still open, so that whoever words it knows what helps. */
const expired = ({ run, environment }: OpenApproval, because: "open" | "ended") =>
  refused("approval-expired", { subject: environment, known: [run], because });

function whatIsMeant(project: Project, request: AnswerRequest): { asked: OpenApproval; isElsewhere: boolean } {
  using journal = requireJournal(project);
  const state = journal.state();
  const asked =
    request.run === undefined
      ? theOne(state, request.environment)
      : inRun(journal.runState(findRun(journal, request.run).run)!, request.environment);
  return { asked, isElsewhere: isUnderway(journal, asked.run) };
}

function theOne(state: State, environment: string | undefined): OpenApproval {
  const open = [...state.runs.values()].flatMap(openIn);
  const meant = environment === undefined ? open : open.filter((one) => one.environment === environment);
  if (meant.length === 1) return meant[0]!;
  if (meant.length > 1) throw refused("several-wait", { subject: "", known: meant.map(nameOf) });
  throw refused("nothing-waits", { subject: environment ?? "", known: open.map(nameOf) });
}

const nameOf = ({ run, environment }: OpenApproval) => `${run} ${environment}`;

function inRun(run: RunState, environment: string | undefined): OpenApproval {
  const open = openIn(run);
  if (environment === undefined && open.length === 1) return open[0]!;
  if (environment === undefined && open.length > 1) {
    throw refused("several-wait", { subject: run.id, known: open.map(nameOf) });
  }
  const found = open.find((one) => one.environment === environment);
  if (found !== undefined) return found;
  const { environments } = run.plan;
  if (environment !== undefined && !environments.includes(environment)) {
    throw notThere("not-on-path", environment, environments);
  }
  if (environment !== undefined && run.environments.get(environment)?.approval.status === "expired") {
    throw expired({ run: run.id, environment }, run.finished === undefined ? "open" : "ended");
  }
  throw refused("not-waiting", {
    subject: run.id,
    known: open.map((one) => one.environment),
    ...(environment !== undefined && { because: environment }),
  });
}

/** What a run asks people. */
function openIn(run: RunState): OpenApproval[] {
  if (run.finished !== undefined || run.cancel !== undefined) return [];
  return [...run.environments.values()].flatMap(({ name, approval }) => {
    if (approval.status !== "requested") return [];
    const until = approval.expiresAt === undefined ? {} : { expiresAt: approval.expiresAt };
    return [{ run: run.id, environment: name, ...until }];
  });
}
