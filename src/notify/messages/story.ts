import type { ApprovalRequested, DriftLooked, EngineEvent, Recorded, RunCreated, RunId } from "../../engine/events.ts";
import { releaseMeant } from "../../engine/state.ts";
import type { NoticeTarget } from "../../model/delivery.ts";
import { originOf, type Plan } from "../../plan/plan.ts";
import type { Notice } from "./notice.ts";

/** Who is told of what, by the name of the target. */
export type Rules = Readonly<Record<string, NoticeTarget>>;

/** The kinds of events that somebody may be told of, or that are needed to say it. */
export const toldTypes = [
  "run.created",
  "run.adopted",
  "run.retry-requested",
  "job.failed",
  "approval.requested",
  "approval.reminded",
  "approval.given",
  "approval.answered",
  "lock.acquired",
  "lock.released",
  "run.finished",
  "environment.frozen",
  "environment.thawed",
  "rollback.declined",
  "drift.looked",
  "history.begins",
] as const satisfies readonly EngineEvent["type"][];

interface Known {
  created: RunCreated;
  /** What it asked last, by environment. */
  asked: Map<string, ApprovalRequested>;
  /** Environments in which something failed already since it began, or was retried. */
  failedIn: Set<string>;
}

export interface StoryOptions {
  /** Those in force before the first event. */
  rules: Rules;
  delivery: string;
  /** The events of a run before this one, of the kinds above, in order. */
  before(run: RunId, seq: number): Iterable<Recorded>;
}

/**
 * What the journal tells people, event by event. The rules are those of the newest run by then: what a promotion or a rollback
 * moves was defined long ago, and a pull request must not say who hears of it.
 */
export class Story {
  readonly #before: StoryOptions["before"];
  readonly #runs = new Map<RunId, Known>();
  #rules: Rules;
  #delivery: string;

  constructor({ rules, delivery, before }: StoryOptions) {
    this.#rules = rules;
    this.#delivery = delivery;
    this.#before = before;
  }

  get rules(): Rules {
    return this.#rules;
  }

  /** The events are given in their order. Undefined: nobody is told of this one. */
  take(recorded: Recorded): Notice | undefined {
    const { seq, at, event } = recorded;
    if (event.type === "run.created" && makesRules(event)) {
      this.#rules = event.delivery.notices ?? {};
      this.#delivery = event.delivery.name;
    }
    if (event.run !== "" && event.type !== "run.created" && !this.#runs.has(event.run)) {
      for (const earlier of this.#before(event.run, seq)) this.#note(earlier.event);
    }
    const known = this.#runs.get(event.run);
    const said = whatIsSaid(event, known);
    this.#note(event);
    if (said === undefined) return undefined;
    const { created } = this.#runs.get(event.run) ?? {};
    return {
      seq,
      at,
      delivery: created?.delivery.name ?? this.#delivery,
      ...(created && {
        run: created.run,
        release: releaseMeant(created),
        commit: created.plan.change.commit,
        event: created.plan.change.event,
        branch: created.plan.change.branch,
        ...(created.by !== undefined && { by: created.by }),
      }),
      ...said,
    };
  }

  #note(event: EngineEvent): void {
    if (event.type === "run.created") {
      this.#runs.set(event.run, { created: event, asked: new Map(), failedIn: new Set() });
    }
    const known = this.#runs.get(event.run);
    if (event.type === "approval.requested") known?.asked.set(event.environment, event);
    if (event.type === "run.retry-requested") known?.failedIn.clear();
    if (event.type === "job.failed" && isForGood(event, known)) known.failedIn.add(environmentOf(event, known) ?? "");
  }
}

export const makesRules = ({ moves, plan }: RunCreated): boolean =>
  moves === undefined && plan.change.event !== "pull-request";

type Said = Pick<Notice, "kind" | "environments" | "title" | "because"> & Partial<Notice>;

function whatIsSaid(event: EngineEvent, known: Known | undefined): Said | undefined {
  const release = known && releaseMeant(known.created);
  switch (event.type) {
    case "run.created":
      return saidOfNew(event);
    case "approval.requested": {
      const { environment, expiresAt, notBy } = event;
      return {
        kind: "approval.requested",
        environments: [environment],
        title: `${environment} waits for approval of release ${release} by ${asksWhom(event)}`,
        because: [
          until("asked until", expiresAt),
          ...(notBy === undefined ? [] : [`${notBy} asked for it and may not approve it`]),
        ],
        next: answering(event),
      };
    }
    case "approval.reminded": {
      const { environment } = event;
      const asked = known?.asked.get(environment);
      if (asked === undefined) return undefined;
      return {
        kind: "approval.reminded",
        environments: [environment],
        title: `${environment} still waits for approval of release ${release} by ${asksWhom(asked)}`,
        because: [until("asked until", asked.expiresAt)],
        next: answering(event),
      };
    }
    case "approval.given": {
      const { environment, by, comment } = event;
      return {
        kind: "approval.given",
        environments: [environment],
        by,
        title: `${by} approved release ${release} for ${environment}, and others must as well`,
        because: comment ? [comment] : [],
        next: answering(event),
      };
    }
    case "run.adopted":
      return known && event.override !== undefined
        ? saidOfOverride(known.created, { by: event.by, because: [event.override] })
        : undefined;
    case "approval.answered": {
      const { environment, answer, by, comment } = event;
      const title =
        answer === "expired"
          ? `release ${release} was not approved for ${environment} in time`
          : `${by} ${answer} release ${release} for ${environment}`;
      return { kind: `approval.${answer}`, environments: [environment], title, because: comment ? [comment] : [] };
    }
    case "job.failed":
      return saidOfFailure(event, known);
    case "lock.released": {
      const { environment, deployed } = event;
      const pipelines = Object.entries(deployed).map(([name, one]) => ({ name, release: originOf(one) }));
      if (known === undefined) return undefined;
      const outcome = known.failedIn.has(environment) ? "failed" : "succeeded";
      if (pipelines.length === 0) {
        const title = `of release ${release} nothing was deployed to ${environment}`;
        return { kind: "deployment.ended", environments: [environment], title, because: [], outcome };
      }
      const isBack = known.created.plan.change.event === "rollback";
      const others = pipelines.filter((one) => one.release !== release).map((one) => `${one.name} of ${one.release}`);
      return {
        kind: isBack ? "rolled-back" : "deployed",
        environments: [environment],
        title: `${environment} ${isBack ? "is back at" : "has"} release ${release}: ${listed(pipelines.map(({ name }) => name))}`,
        because: others.length === 0 ? [] : [`with ${listed(others)}`],
        outcome,
        deployed: pipelines.map(({ name, release: from }) => ({ pipeline: name, release: from })),
      };
    }
    case "lock.acquired": {
      const { environment } = event;
      const title = `release ${release} begins to be deployed to ${environment}`;
      return known && { kind: "deployment.begun", environments: [environment], title, because: [] };
    }
    case "run.finished":
      return (
        known && {
          kind: "run.ended",
          environments: known.created.plan.environments,
          title: `${event.run} of release ${release} ${endOf[event.conclusion]}`,
          because: [],
          outcome: event.conclusion,
        }
      );
    case "environment.frozen":
      return {
        kind: "freeze.begun",
        environments: [event.environment],
        by: event.by,
        title: `${event.by} froze ${event.environment}`,
        because: [event.reason, until("until", event.until)],
        next: { command: `baton thaw ${event.environment}`, does: "ends it before" },
      };
    case "environment.thawed":
      return {
        kind: "freeze.ended",
        environments: [event.environment],
        by: event.by,
        title: `${event.by} thawed ${event.environment}`,
        because: event.comment === undefined ? [] : [event.comment],
      };
    case "rollback.declined":
      return {
        kind: "rollback.declined",
        environments: [event.environment],
        title: `${event.environment} does not go back by itself after run ${event.failed}: ${event.because}`,
        because: [],
        next: { command: `baton rollback ${event.environment} --dry-run`, does: "what going back would do" },
      };
    case "drift.looked":
      return saidOfDrift(event);
    case "history.begins":
      return {
        kind: "repaired",
        environments: [],
        title: "the journal was damaged and made whole again",
        because: [event.text],
        next: { command: "baton status", does: "what is deployed now" },
      };
    default:
      return undefined;
  }
}

const endOf = { succeeded: "passed", failed: "failed", cancelled: "was cancelled" } as const;

function asksWhom({ reviewers, count = 1 }: ApprovalRequested): string {
  if (count > 1) return `${count} ${reviewers.length === 0 ? "people" : `of ${listed(reviewers)}`}`;
  return reviewers.length === 0 ? "somebody" : listed(reviewers);
}

/** Only what is another answer than the last time, and one at all: that it cannot be told is said to whoever looks. */
function saidOfDrift({ environment, deployedBy, release, found, before, said }: DriftLooked): Said | undefined {
  if (found === "unknown" || found === (before ?? "same")) return undefined;
  const differs = found === "differs";
  return {
    kind: differs ? "drift.found" : "drift.gone",
    environments: [environment],
    release,
    title: differs
      ? `${environment} is not as ${deployedBy} of release ${release} left it any more`
      : `${environment} is again as ${deployedBy} of release ${release} left it`,
    because: differs ? said.slice(0, 5) : [],
    ...(differs && { next: { command: `baton drift ${environment}`, does: "shows all of it" } }),
  };
}

const answering = ({ run }: { run: RunId }) => ({ command: `baton approve ${run}`, does: "or baton reject" });

function saidOfNew(created: RunCreated): Said | undefined {
  const { plan, override, by = "somebody", comment } = created;
  const environments = changedBy(plan);
  const release = releaseMeant(created);
  const because = [override, comment].filter((text) => text !== undefined);
  if (plan.change.event === "rollback") {
    const title = `${by} takes ${listed(environments)} back to release ${release}`;
    return { kind: "rollback.begun", environments, title, because };
  }
  if (override === undefined) {
    const title = `${created.run} of release ${release} begins`;
    return { kind: "run.begun", environments: plan.environments, title, because };
  }
  return saidOfOverride(created, { by, because });
}

function saidOfOverride(created: RunCreated, { by, because }: { by: string; because: string[] }): Said {
  const environments = changedBy(created.plan);
  const title = `${by} lets release ${releaseMeant(created)} go to ${listed(environments)} past freezes and change windows`;
  return { kind: "freeze.overridden", environments, title, because };
}

type JobFailed = Extract<EngineEvent, { type: "job.failed" }>;

/** Of each environment the first: what else fails there until somebody has looked is the same trouble. */
function saidOfFailure(event: JobFailed, known: Known | undefined): Said | undefined {
  if (!isForGood(event, known)) return undefined;
  const environment = environmentOf(event, known);
  if (known.failedIn.has(environment ?? "")) return undefined;
  const { run, job, attempt, failure } = event;
  return {
    kind: "failed",
    environments: environment === undefined ? known.created.plan.environments : [environment],
    title: `${job} of release ${releaseMeant(known.created)} failed`,
    because: [failure.message],
    next: { command: `baton logs ${run} '${job}'`, does: `what it printed; baton retry ${run} tries again` },
    failed: { run, job, attempt, ...(failure.step !== undefined && { step: failure.step }) },
  };
}

/** It is not tried again, and its failure counts. */
function isForGood({ job, retryAt }: JobFailed, known: Known | undefined): known is Known {
  const planned = known?.created.plan.jobs.find(({ id }) => id === job);
  const pipeline = known?.created.delivery.pipelines.find(({ name }) => name === planned?.pipeline);
  return known !== undefined && retryAt === undefined && pipeline?.jobs[planned!.job]?.continueOnFailure !== true;
}

const environmentOf = ({ job }: JobFailed, { created }: Known): string | undefined =>
  created.plan.jobs.find(({ id }) => id === job)?.environment;

function changedBy({ environments, jobs }: Plan): string[] {
  return environments.filter((name) => jobs.some((job) => job.environment === name && job.decision === "run"));
}

const listed = (names: readonly string[]): string => names.join(", ");

/** In universal time: nobody knows where it is read. */
const until = (word: string, at: number): string =>
  `${word} ${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
