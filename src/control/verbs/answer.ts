import type { RunState, State } from "../../engine/state.ts";
import type { AskedOf } from "../../engine/waiting.ts";
import { type Actor, notThere, refused } from "../control.ts";
import type { Answered, AnswerRequest, OpenApproval } from "../host.ts";
import { findRun, isUnderway, requireJournal } from "../local/journal.ts";
import { besides } from "../local/session.ts";
import type { Place, Project } from "../project.ts";
import { approvalsIn, whyNotBy } from "../views/run.ts";
import { takeUp } from "./take-up.ts";

/** Answers a question about a release, and goes on with its run when nobody else does. @throws {Refused} */
export async function answerApproval(place: Place, request: AnswerRequest, by: Actor): Promise<Answered> {
  const { project } = place;
  const { asked, reviewers, limits, isElsewhere } = whatIsMeant(project, request);
  const { run, environment } = asked;
  requireReviewer(request, { environment, reviewers });
  if (request.answer === "approved") requireOther(limits, { run, environment, by: by.name });
  const given = {
    answer: request.answer,
    by: by.name,
    ...(by.isVerified && { verified: true as const }),
    ...(request.comment !== undefined && { comment: request.comment }),
  };
  if (isElsewhere) {
    const moreNeeded = await besides(project, (engine) => engine.answer(run, environment, given));
    return { ...asked, kind: "told", moreNeeded };
  }
  if (asked.expiresAt !== undefined && asked.expiresAt <= Date.now()) throw expired(asked, "open");
  const underway = await takeUp(place, {
    run,
    by,
    options: request,
    async begin(session) {
      const begun = await session.adopt(run, by);
      await session.engine.answer(run, environment, given);
      return begun;
    },
  });
  return { ...asked, kind: "underway", underway };
}

/** Where the definition names who is asked, nobody else answers; where it names nobody, everybody may. */
function requireReviewer({ as }: AnswerRequest, { environment, reviewers }: Pick<Open, "environment" | "reviewers">) {
  if (as === undefined || reviewers.length === 0 || as.some((one) => reviewers.includes(one))) return;
  throw refused("no-reviewer", { subject: environment, known: reviewers, because: as[0]! });
}

/** Where several must approve, one person does so once; and not whoever asked for the run, where it says so. */
function requireOther(
  limits: AskedOf,
  { run, environment, by }: Pick<OpenApproval, "run" | "environment"> & { by: string },
) {
  const why = whyNotBy(limits, by);
  if (why !== undefined) throw refused(why, { subject: environment, known: [by, run] });
}

/** `because` says whether its run is still open, so that whoever words it knows what helps. */
const expired = ({ run, environment }: OpenApproval, because: "open" | "ended") =>
  refused("approval-expired", { subject: environment, known: [run], because });

/** With whom the definition asks. */
interface Open extends OpenApproval {
  reviewers: string[];
  limits: AskedOf;
}

function whatIsMeant(project: Project, request: AnswerRequest) {
  using journal = requireJournal(project);
  const state = journal.state();
  // Who names one thing alone may mean the environment.
  const isPlace =
    request.environment === undefined &&
    [...state.runs.values()].flatMap(openIn).some(({ environment }) => environment === request.run);
  const { reviewers, limits, ...asked } =
    request.run === undefined || isPlace
      ? theOne(state, isPlace ? request.run : request.environment)
      : inRun(journal.runState(findRun(journal, request.run).run)!, request.environment);
  return { asked, reviewers, limits, isElsewhere: isUnderway(journal, asked.run) };
}

function theOne(state: State, environment: string | undefined): Open {
  const open = [...state.runs.values()].flatMap(openIn);
  const meant = environment === undefined ? open : open.filter((one) => one.environment === environment);
  if (meant.length === 1) return meant[0]!;
  if (meant.length > 1) throw refused("several-wait", { subject: "", known: meant.map(nameOf) });
  throw refused("nothing-waits", { subject: environment ?? "", known: open.map(nameOf) });
}

const nameOf = ({ run, environment }: OpenApproval) => `${run} ${environment}`;

function inRun(run: RunState, environment: string | undefined): Open {
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

function openIn(run: RunState): Open[] {
  return approvalsIn(run).map(({ environment, expiresAt, reviewers, count, given, notBy }) => ({
    run: run.id,
    environment,
    reviewers,
    limits: { ...(count && { count }), ...(given && { given }), ...(notBy !== undefined && { notBy }) },
    ...(expiresAt !== undefined && { expiresAt }),
  }));
}
