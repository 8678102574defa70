import { replay } from "../../engine/fold.ts";
import type { RunState } from "../../engine/state.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { type Caller, notThere, refused } from "../control.ts";
import { actorHere, besides } from "../local/host.ts";
import { findRun, requireJournal, runsElsewhere } from "../local/journal.ts";
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
  const asked = whatIsMeant(project, request);
  const { run, environment } = asked;
  const by = actorHere(caller.env);
  const given = {
    answer: request.answer,
    by: by.name,
    ...(request.comment !== undefined && { comment: request.comment }),
  };
  if (runsElsewhere(project, run)) {
    await besides(project, (engine) => engine.answer(run, environment, given));
    return { ...asked, kind: "told" };
  }
  if (asked.expiresAt !== undefined && asked.expiresAt <= Date.now()) throw expired(asked);
  const underway = await takeUp(caller, {
    project,
    run,
    options: request,
    async begin(host) {
      const begun = await host.adopt(run, by);
      await host.engine.answer(run, environment, given);
      return begun;
    },
  });
  return { ...asked, kind: "underway", underway };
}

const expired = ({ run, environment }: OpenApproval) =>
  refused("approval-expired", { subject: environment, known: [run] });

function whatIsMeant(project: Project, request: AnswerRequest): OpenApproval {
  using journal = requireJournal(project);
  const { run: named, environment } = request;
  if (named !== undefined) return inRun(journal, findRun(journal, named).run, environment);
  const open = journal
    .runs()
    .filter(({ conclusion }) => conclusion === undefined)
    .flatMap(({ run }) => openIn(journal, run) ?? []);
  const meant = environment === undefined ? open : open.filter((one) => one.environment === environment);
  if (meant.length === 1) return meant[0]!;
  if (meant.length > 1) throw refused("several-wait", { subject: "", known: meant.map(nameOf) });
  throw refused("nothing-waits", { subject: environment ?? "", known: open.map(nameOf) });
}

const nameOf = ({ run, environment }: OpenApproval) => `${run} ${environment}`;

function inRun(journal: JournalReader, run: RunId, environment: string | undefined): OpenApproval {
  const open = openIn(journal, run) ?? [];
  if (environment === undefined && open.length === 1) return open[0]!;
  if (environment === undefined && open.length > 1) {
    throw refused("several-wait", { subject: run, known: open.map(nameOf) });
  }
  const found = open.find((one) => one.environment === environment);
  if (found !== undefined) return found;
  const known = pathOf(journal, run);
  if (environment !== undefined && !known.includes(environment)) throw notThere("not-on-path", environment, known);
  const state = stateOf(journal, run)?.environments.get(environment ?? "");
  if (state?.approval.status === "expired") throw expired({ run, environment: environment! });
  throw refused("not-waiting", {
    subject: run,
    known: open.map((one) => one.environment),
    ...(environment !== undefined && { because: environment }),
  });
}

function pathOf(journal: JournalReader, run: RunId): string[] {
  for (const { event } of journal.loadRun(run)) if (event.type === "run.created") return event.plan.environments;
  return [];
}

/** What a run asks people; undefined when there is no such run. */
function openIn(journal: JournalReader, run: RunId): OpenApproval[] | undefined {
  const state = stateOf(journal, run);
  if (state === undefined || state.finished !== undefined || state.cancel !== undefined) return state && [];
  return [...state.environments.values()].flatMap(({ name, approval }) => {
    if (approval.status !== "requested") return [];
    const until = approval.expiresAt === undefined ? {} : { expiresAt: approval.expiresAt };
    return [{ run, environment: name, ...until }];
  });
}

function stateOf(journal: JournalReader, run: RunId): RunState | undefined {
  return replay(journal.load()).runs.get(run);
}
