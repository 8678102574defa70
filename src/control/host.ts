/**
 * What carries a delivery out, as everybody sees it who asks: this machine, a CI service, later other machines. A face
 * walks up to a host and asks; what it has no means for, the host refuses by code, so that a face can show what there is
 * and say why the rest is missing. The server asks `runs`, `run`, `waits`, `approvals` and `watch`; the command line does not.
 */

import type { JobId } from "../plan/plan.ts";
import type { PlatformStatus } from "../platforms/live.ts";
import type { LogLine } from "../runner/log-reader.ts";
import type { Service } from "../runner/services.ts";
import type { Actor, Asked } from "./control.ts";
import type { AuditRequest } from "./verbs/audit.ts";
import type { FreezeRequest, ThawRequest } from "./verbs/freeze.ts";
import type { MoveRequest, PlannedMove } from "./verbs/move.ts";
import type { RetryNotices, TestNotice } from "./verbs/notices.ts";
import type { Planned, PlanRequest } from "./verbs/plan.ts";
import type { Pushed, PushRequest } from "./verbs/push.ts";
import type { ReportRequest } from "./verbs/report.ts";
import type { ScheduledRequest } from "./verbs/scheduled.ts";
import type { AuditVerifiedView, AuditView, ChainHead } from "./views/audit.ts";
import type { BoardView } from "./views/board.ts";
import type { DriftView } from "./views/drift.ts";
import type { OutputLine, Recorded, RunId } from "./views/events.ts";
import type { FindingsView } from "./views/findings.ts";
import type { FrozenView, ThawedView } from "./views/freezes.ts";
import type { GraphView } from "./views/graph.ts";
import type { MapView } from "./views/map.ts";
import type { MoveView } from "./views/move.ts";
import type { NoticesView, NoticeTestView, SentAgainView } from "./views/notices.ts";
import type { OutputsView } from "./views/outputs.ts";
import type { ReadinessView } from "./views/readiness.ts";
import type { ReleaseDiffView, ReleasesView, ReleaseView } from "./views/releases.ts";
import type { ReportView } from "./views/report.ts";
import type { ApprovalView, RunView } from "./views/run.ts";
import type { ApprovalsView, RunsView, WaitsView } from "./views/runs.ts";
import type { SchedulesView } from "./views/schedules.ts";
import type { SettingsView } from "./views/settings.ts";
import type { OwedView, StatusView } from "./views/status.ts";

export interface Host {
  /** `here`, or the name of a platform. */
  readonly name: string;

  // Reading: views are plain data with a version. Nothing is changed.
  /** What is deployed where, the newest runs, what has not ended and who runs it. */
  status(ask: { most: number }): Promise<Asked<StatusView>>;
  /** How the pipelines are that were generated for it. */
  pipelines(): Promise<Asked<PlatformStatusView>>;
  /** Newest first. */
  runs(ask: { most: number }): Promise<Asked<RunsView>>;
  /** By id or release number; without it the newest. `at`: as it was at the event of this number. */
  run(named?: string, ask?: { at?: number | undefined }): Promise<Asked<RunView>>;
  /** Everything that happened to a run, oldest first. By id or release number; without it the newest. */
  events(named?: string): Promise<Asked<Recorded[]>>;
  /** What a run consists of, as it was planned. By id or release number; without it the newest. */
  graph(named?: string): Promise<Asked<GraphView>>;
  /** What is where, by pipeline and environment, and what is on its way there. `at`: as it was at the event of this number. */
  board(ask?: { at?: number | undefined }): Promise<Asked<BoardView>>;
  /** All that the definition may ever do, in one graph. */
  map(): Promise<Asked<MapView>>;
  /** What `check` finds in the repository that the definition stands in. */
  findings(): Promise<Asked<FindingsView>>;
  /** What stands in the definition. */
  settings(): Promise<Asked<SettingsView>>;
  /** What has not started in all that has not ended, and what it waits for. */
  waits(): Promise<Asked<WaitsView>>;
  /** What people are asked. */
  approvals(): Promise<Asked<ApprovalsView>>;
  /** Of what is deployed in one environment, or in all. */
  outputs(environment?: string): Promise<Asked<OutputsView>>;
  /** Newest first, at most so many. */
  releases(ask: { most: number }): Promise<Asked<ReleasesView>>;
  /** By its number, or that of a run that moved it; without it the newest. `at`: as it was at the event of this number. */
  release(named?: string, ask?: { at?: number | undefined }): Promise<Asked<ReleaseView>>;
  /** Each side is the number of a release, or an environment for what it has now. */
  compare(ask: { from: string; to: string }): Promise<Asked<ReleaseDiffView>>;
  logs(request: LogsRequest): Promise<Asked<LogsView>>;
  /** Some lines of it, however long it is. */
  logPage(request: LogPageRequest): Promise<Asked<LogPageView>>;
  /** Whether the host has what the delivery needs, and how it would get it. */
  readiness(): Promise<Asked<ReadinessView>>;
  /** Who did what, when and why; newest first. */
  audit(ask: AuditRequest): Promise<Asked<AuditView>>;
  /** Whether every event is what was written, and the history of before goes on, of which somebody noted its head. */
  verifyAudit(ask: { noted?: ChainHead }): Promise<Asked<AuditVerifiedView>>;
  /** How the delivery went between two moments, in figures. */
  report(ask: ReportRequest): Promise<Asked<ReportView>>;
  /** Who is told of what happens, and what did not get there. */
  notices(ask: WithSecrets): Promise<Asked<NoticesView>>;
  /** The number of the newest event; 0 where nothing was ever run. */
  position(): Promise<Asked<number>>;
  /** Everything that happens, behind the event of this number, until the signal ends it. */
  watch(ask: { after: number; signal: AbortSignal }): Promise<Asked<AsyncIterable<Recorded>>>;

  // Asking: somebody is named in the journal for each of these.
  plan(request: PlanRequest): Promise<Asked<Planned>>;
  /** What a promotion or rollback would do; `start` does it. */
  move(request: MoveRequest): Promise<Asked<PlannedMove>>;
  /** What a branch has at the remote now, and what a push of it would do; `start` does it. */
  push(request: PushRequest): Promise<Asked<Pushed>>;
  /** What runs by schedule of what a branch has at the remote now. */
  schedules(ask: { branch: string }): Promise<Asked<SchedulesView>>;
  /** What these pipelines would do by schedule, with what the branch has now; `start` does it. */
  planScheduled(request: ScheduledRequest): Promise<Asked<Planned>>;
  /** Takes back what failed in an environment that says so, or says for good why not. */
  takeBack(request: TakeBackRequest, by: Actor): Promise<Asked<TakingBack>>;
  start(planned: Planned, options: RunOptions, by: Actor): Promise<Asked<Underway>>;
  resume(request: ResumeRequest, by: Actor): Promise<Asked<Underway>>;
  retry(request: NamedRun & WithSecrets, by: Actor): Promise<Asked<Underway>>;
  cancel(request: NamedRun & { mode: "graceful" | "now" }, by: Actor): Promise<Asked<Cancelled>>;
  answer(request: AnswerRequest, by: Actor): Promise<Asked<Answered>>;
  /** Nothing begins to be deployed there until a time, but what is asked for with an override. */
  freeze(request: FreezeRequest, by: Actor): Promise<Asked<FrozenView>>;
  /** Ends that before its time. */
  thaw(request: ThawRequest, by: Actor): Promise<Asked<ThawedView>>;
  /** Looks whether environments are still as they were deployed. */
  drift(request: DriftRequest, by: Actor): Promise<Asked<DriftView>>;
  /** Sends a target something to be seen there. */
  testNotice(request: TestNotice, by: Actor): Promise<Asked<NoticeTestView>>;
  /** Sends again what people were not told. */
  retryNotices(request: RetryNotices): Promise<Asked<SentAgainView>>;
  /** Tells people what happens, whoever does it, until it is stopped. */
  tell(request: TellRequest): Promise<Asked<TellingPeople>>;
}

/** What one may ask of a host. */
export type Verb = Exclude<keyof Host, "name">;

/** A host that can do some of it; the rest it refuses: "host-cannot". */
export function hostThat(name: string, can: Partial<Omit<Host, "name">>): Host {
  const cannot = (verb: Verb) => async (): Promise<Asked<never>> => ({
    ok: false,
    refusal: { code: "host-cannot", subject: verb, known: Object.keys(can), because: name },
  });
  const all = Object.fromEntries(verbs.map((verb) => [verb, can[verb] ?? cannot(verb)]));
  return { ...(all as unknown as Omit<Host, "name">), name };
}

const everyVerb: Record<Verb, true> = {
  status: true,
  pipelines: true,
  runs: true,
  run: true,
  events: true,
  graph: true,
  board: true,
  map: true,
  findings: true,
  settings: true,
  waits: true,
  approvals: true,
  drift: true,
  testNotice: true,
  outputs: true,
  releases: true,
  release: true,
  compare: true,
  logs: true,
  logPage: true,
  readiness: true,
  audit: true,
  verifyAudit: true,
  report: true,
  notices: true,
  position: true,
  watch: true,
  plan: true,
  move: true,
  push: true,
  schedules: true,
  planScheduled: true,
  takeBack: true,
  start: true,
  resume: true,
  retry: true,
  cancel: true,
  answer: true,
  freeze: true,
  thaw: true,
  retryNotices: true,
  tell: true,
};

export const verbs = Object.keys(everyVerb) as Verb[];

export interface PlatformStatusView extends PlatformStatus {
  readonly version: 1;
  readonly on: string;
  readonly delivery: string;
}

/** By id or release number; without it the one that can only be meant. */
export interface NamedRun {
  run?: string | undefined;
}

export interface WithSecrets {
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string | undefined;
}

export interface ResumeRequest extends NamedRun, WithSecrets {
  /** Why it waits for no freeze and no change window any more; kept with the run. */
  override?: string | undefined;
}

export interface TellRequest extends WithSecrets {
  /** Where people look on. */
  publicUrl?: URL | undefined;
}

export interface TellingPeople {
  /** Tells what there is left, for as long at most. */
  stop(ask: { withinMs: number }): Promise<void>;
}

export interface RunOptions extends WithSecrets {
  /** Jobs work in the working tree itself instead of a checkout each. */
  inPlace?: true | undefined;
  /** Jobs at a time, at least 1. Default: one for each processor, at least 2. */
  parallel?: number | undefined;
  /** Why, for the record. */
  comment?: string | undefined;
  /** Why it goes on into environments that are frozen; kept with the run. */
  override?: string | undefined;
  /** Refuse at once where another run deploys or something is frozen, instead of standing in line behind it. */
  noWait?: boolean;
  /** Also what another branch, or none, brings to an environment that asks for approval. */
  anyBranch?: true | undefined;
  /** Also files that are not committed. */
  allowDirty?: true | undefined;
  /** Somebody looks on, and has been told where it goes when nothing said so. */
  isWatched: boolean;
}

/** Two words that are a run and a job, or one that is either: without a run the newest is meant, without a job all. */
export interface LogsRequest {
  words: readonly (string | undefined)[];
  /** An earlier attempt of the job. */
  attempt?: number | undefined;
  /** Go on until the run has ended. */
  follow: boolean;
  /** Nobody wants more of it. */
  signal?: AbortSignal | undefined;
  /** Lines before this one are left out; they are counted from 0. */
  from?: number | undefined;
}

export interface LogPageRequest extends Pick<LogsRequest, "words" | "attempt"> {
  /** The first line; without it the last ones are meant, with `failure` those with the first that looks like why the job failed. */
  from?: number | "failure" | undefined;
  most: number;
}

export interface LogPageView {
  version: 1;
  run: RunId;
  job: string | undefined;
  lines: (LogLineView & { line: number })[];
  /** How many lines there are now. */
  total: number;
  end: LogsEnd;
  /** The run has ended. */
  isOver: boolean;
  /** The line that says how much was left out in its place, as the log was full. */
  cut?: number;
  /** Of `failure`: the line, where there is one. */
  failing?: number;
}

export interface TakeBackRequest extends WithSecrets {
  environment: string;
  /** The run that failed there. */
  failed: RunId;
}

/** `declined`: why it is not possible or not safe, for the record; others may deploy there again. */
export type TakingBack =
  | { kind: "underway"; move: MoveView; underway: Underway }
  | { kind: "declined"; environment: string; because: string };

export interface LogsView {
  run: RunId;
  /** One job was asked for. */
  job: string | undefined;
  lines: AsyncIterable<LogLineView>;
  /** The same, some at a time. To be asked in place of them. */
  pieces: AsyncIterable<LogLineView[]>;
  /** How they came to an end; to be asked once they have. */
  end(): LogsEnd;
}

export interface LogLineView extends LogLine {
  job: JobId;
  attempt: number;
}

/**
 * `left`: nobody runs it and it has not ended. `nowhere`: there were attempts, and there is nothing of them: they printed
 * nothing, for certain where other logs of the run are kept.
 */
export type LogsEnd =
  | { kind: "complete" }
  | { kind: "left" }
  | { kind: "not-started" }
  | { kind: "nowhere"; jobs: JobId[]; folder: string; isKnownSilent: boolean };

export interface Cancelled {
  run: RunId;
  /** Another process runs it and was told. */
  isElsewhere: boolean;
  /** Resolves when it has ended, with how; undefined when it was left instead and can be resumed. */
  ended(): Promise<string | undefined>;
}

export interface DriftRequest extends WithSecrets {
  /** Default: everywhere. */
  environment?: string | undefined;
  /** Ends the look that is under way, and what it started; those that have ended are answered with. */
  signal?: AbortSignal;
}

export interface AnswerRequest extends WithSecrets {
  answer: "approved" | "rejected";
  comment?: string;
  /** Who answers, with their groups: one of them must be asked for. Undefined: nobody has looked who it is. */
  as?: readonly string[] | undefined;
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

/** `told`: another process makes the run go on and has taken the answer; so many people must approve yet before it does. */
export type Answered = OpenApproval & ({ kind: "told"; moreNeeded: number } | { kind: "underway"; underway: Underway });

export interface Begun {
  /** Jobs that a Baton that is gone was at; they start again. */
  interrupted: JobId[];
  /** What may go wrong all the same, one sentence. */
  danger?: string;
}

export interface Watcher {
  /** Everything that happens to the run from now on, once it is durable. */
  event(recorded: Recorded): void;
  /** Every line that its jobs print. */
  output(line: OutputLine): void;
  /** It has not begun, because another run is just making the same of the same files, which is then taken over. */
  waitsFor?(maker: { run: RunId; jobs: readonly JobId[] }): void;
}

/**
 * One run that goes on because somebody asked for it, as those see it who asked. Other runs are not touched.
 *
 * ```text
 * begin() ──▶ goes on ──▶ atRest() ──▶ close()
 *                └── answer(), cancel() ──┘
 * ```
 */
export interface Underway {
  /** Of a new run known once it has begun. */
  readonly run: RunId;
  readonly stateFolder: string;
  /** To be called once, before everything else. */
  begin(watcher: Watcher): Promise<Begun>;
  /** As it is now; undefined before it was made. */
  view(): RunView | undefined;
  /** Where it has ended half-way, in place of what had passed there, and does not go back by itself. */
  left(): string[];
  /** What it asks people now: nothing any more once it has ended or is cancelled, or where all that waited is skipped. */
  approvals(): ApprovalView[];
  /** What jobs usually take, in milliseconds. */
  expected(): ReadonlyMap<JobId, number>;
  /** How long the rest will take, when it can be told. Walks the whole plan. */
  leftMs(expected: ReadonlyMap<JobId, number>): number | undefined;
  mostAttempts(job: JobId): number;
  stepName(job: JobId, step: number): string;
  /** What it left failed in environments that are to go back by themselves; to be asked at rest. */
  owed(): OwedView[];
  /** @throws {Refused} */
  answer(environment: string, answer: "approved" | "rejected"): Promise<void>;
  /** Lets it be as long as it has not begun; afterwards this does nothing. */
  giveUp(): void;
  /** Nothing new starts; with `now`, running jobs are ended as well. Too late is no mistake. */
  cancel(mode: "graceful" | "now"): Promise<void>;
  /** Environments whose turn it waits for, with the run that is there now and its process. */
  queuedBehind(): { environment: string; run: RunId; pid: number | undefined }[];
  /** Resolves when nothing more happens by itself: the run has ended or waits for a person. @throws {Refused} */
  atRest(): Promise<void>;
  readonly isAtRest: boolean;
  /** Resolves when it has ended, however many people it waits for until then. @throws {Refused} */
  ended(): Promise<void>;
  /** Services that jobs of this state folder left running. */
  services(): Service[];
  stopService(service: Service): Promise<void>;
  /** Clears away what is not needed any more, here and of runs that have ended. */
  tidyUp(): Promise<void>;
  /** Ends what still runs, so that the run can be resumed, and lets go of the host. */
  close(): Promise<void>;
}
