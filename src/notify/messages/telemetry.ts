import type { EngineEvent, Failure, Recorded, RunCreated, RunFinished } from "../../engine/events.ts";
import { releaseMeant } from "../../engine/state.ts";
import { spanIdOf, traceIdOf } from "../../engine/trace-context.ts";

/** The kinds of events that a trace is made of. */
export const tracedTypes = [
  "run.created",
  "run.retry-requested",
  "run.finished",
  "job.started",
  "job.succeeded",
  "job.verified",
  "job.failed",
  "job.cancelled",
  "job.interrupted",
  "approval.requested",
  "approval.answered",
] as const satisfies readonly EngineEvent["type"][];

/** A run up to the event with which it ended, and where people see it. */
export interface Traced {
  delivery: string;
  history: readonly Recorded[];
  link?: string | undefined;
}

/** Numbers are whole. */
type Attributes = Readonly<Record<string, string | number | undefined>>;

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 1: internal, 2: server. */
  kind: 1 | 2;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: object[];
  /** 0: unset, 2: error. */
  status: { code: 0 | 2; message?: string };
}

/** One round of a run: what was done since it began, or was retried, until its end. */
interface Round {
  created: RunCreated;
  createdAt: number;
  beganAt: number;
  finished: RunFinished;
  finishedAt: number;
  finishedSeq: number;
  /** What happened between, without both. */
  events: Recorded[];
}

/**
 * A trace by the conventions for CI/CD (`cicd.*`): the run, and below it each attempt of a job and each wait for an approval. Sent
 * again it is the same, id by id.
 *
 * @returns The body of a request to `/v1/traces`, as https://opentelemetry.io/docs/specs/otlp/ has it in JSON.
 */
export function tracesOf(traced: Traced): object {
  const round = lastRound(traced.history);
  if (round === undefined) return { resourceSpans: [] };
  const spans = [runSpan(traced, round), ...taskSpans(traced, round), ...approvalSpans(traced, round)];
  return { resourceSpans: [{ resource: resource(traced), scopeSpans: [{ scope, spans }] }] };
}

/**
 * `cicd.pipeline.run.duration` while it waited and while it was carried out, and `cicd.pipeline.run.errors`: as changes (delta), so that
 * nothing has to be kept of the runs before.
 *
 * @returns The body of a request to `/v1/metrics`.
 */
export function metricsOf(traced: Traced): object {
  const round = lastRound(traced.history);
  if (round === undefined) return { resourceMetrics: [] };
  const { beganAt, finishedAt, events, finished } = round;
  const startedAt = events.find(({ event }) => event.type === "job.started")?.at ?? finishedAt;
  const name = { "cicd.pipeline.name": traced.delivery };
  const times = { startTimeUnixNano: nano(beganAt), timeUnixNano: nano(finishedAt) };
  const duration = (ms: number, more: Attributes) => ({
    ...histogram(Math.max(ms, 0) / 1000),
    ...times,
    attributes: attributes({ ...name, ...more }),
  });
  const failures = events.flatMap(({ event }) => (event.type === "job.failed" ? [event.failure.kind] : []));
  const errors = [...Map.groupBy(failures, (kind) => kind)].map(([kind, all]) => ({
    ...times,
    asInt: String(all.length),
    attributes: attributes({ ...name, "error.type": kind }),
  }));
  const result = { "cicd.pipeline.result": results[finished.conclusion], ...errorTypeOf(round) };
  const metrics = [
    {
      name: "cicd.pipeline.run.duration",
      unit: "s",
      description: "Duration of a pipeline run grouped by pipeline, state and result.",
      histogram: {
        aggregationTemporality: delta,
        dataPoints: [
          duration(startedAt - beganAt, { "cicd.pipeline.run.state": "pending" }),
          duration(finishedAt - startedAt, { "cicd.pipeline.run.state": "executing", ...result }),
        ],
      },
    },
    ...(errors.length === 0
      ? []
      : [
          {
            name: "cicd.pipeline.run.errors",
            unit: "{error}",
            description: "The number of errors encountered in pipeline runs.",
            sum: { aggregationTemporality: delta, isMonotonic: true, dataPoints: errors },
          },
        ]),
  ];
  return { resourceMetrics: [{ resource: { attributes: attributes(service) }, scopeMetrics: [{ scope, metrics }] }] };
}

const service = { "service.name": "baton" };
const scope = { name: "baton-cd" };
const delta = 1;
/** Seconds: a quarter of a minute to a working day. */
const bounds = [15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800];

function histogram(value: number): object {
  const bucket = bounds.findIndex((bound) => value <= bound);
  const counts = [...bounds, 0].map((_, at) => (at === (bucket === -1 ? bounds.length : bucket) ? "1" : "0"));
  return { count: "1", sum: value, min: value, max: value, bucketCounts: counts, explicitBounds: bounds };
}

function lastRound(history: readonly Recorded[]): Round | undefined {
  const [first] = history;
  const last = history.at(-1);
  if (first?.event.type !== "run.created" || last?.event.type !== "run.finished") return undefined;
  const before = history.slice(0, -1);
  const retried = before.findLastIndex(({ event }) => event.type === "run.retry-requested");
  const from = Math.max(retried, 0);
  return {
    created: first.event,
    createdAt: first.at,
    beganAt: before[from]!.at,
    finished: last.event,
    finishedAt: last.at,
    finishedSeq: last.seq,
    events: before.slice(from + 1),
  };
}

function resource({ delivery, history, link }: Traced): object {
  const [first] = history;
  const { run, plan } = first!.event as RunCreated;
  return {
    attributes: attributes({
      ...service,
      "cicd.pipeline.name": delivery,
      "cicd.pipeline.run.id": run,
      "cicd.pipeline.run.url.full": link,
      "vcs.ref.head.revision": plan.change.commit || undefined,
      "vcs.ref.head.name": plan.change.branch || undefined,
    }),
  };
}

const results = { succeeded: "success", failed: "failure", cancelled: "cancellation" } as const;

const traceOf = ({ delivery }: Traced, { created, createdAt }: Round): string =>
  traceIdOf({ delivery, run: created.run, createdAt, commit: created.plan.change.commit });

const rootOf = ({ created, finishedSeq }: Round): string => spanIdOf(`${created.run} ${finishedSeq}`);

function runSpan(traced: Traced, round: Round): Span {
  const { created, beganAt, finishedAt, finished } = round;
  return {
    traceId: traceOf(traced, round),
    spanId: rootOf(round),
    name: `RUN ${traced.delivery}`,
    kind: 2,
    startTimeUnixNano: nano(beganAt),
    endTimeUnixNano: nano(finishedAt),
    attributes: attributes({
      "cicd.pipeline.result": results[finished.conclusion],
      "cicd.pipeline.action.name": "RUN",
      ...errorTypeOf(round),
      "baton.release": releaseMeant(created),
      "baton.event": created.plan.change.event,
    }),
    status: { code: finished.conclusion === "failed" ? 2 : 0 },
  };
}

function errorTypeOf({ finished, events }: Round): Attributes {
  if (finished.conclusion !== "failed") return {};
  const failed = events.flatMap(({ event }) => (event.type === "job.failed" ? [event.failure.kind] : []));
  return { "error.type": failed.at(-1) ?? "_OTHER" };
}

interface Ended {
  result: string;
  failure?: Failure;
}

function endOf(event: EngineEvent): (Ended & { token: string }) | undefined {
  switch (event.type) {
    case "job.succeeded":
    case "job.verified":
      return { token: event.token, result: "success" };
    case "job.failed": {
      const result = event.failure.kind === "timeout" ? "timeout" : isOurs(event.failure) ? "error" : "failure";
      return { token: event.token, result, failure: event.failure };
    }
    case "job.cancelled":
      return { token: event.token, result: "cancellation" };
    case "job.interrupted":
      return { token: event.token, result: "error" };
    default:
      return undefined;
  }
}

/** It failed without what it runs having failed. */
const isOurs = ({ kind }: Failure): boolean => kind === "spawn" || kind === "tool" || kind === "lost";

function taskSpans(traced: Traced, round: Round): Span[] {
  const { created, events } = round;
  const planned = new Map(created.plan.jobs.map((job) => [job.id, job]));
  const ends = new Map(
    events.flatMap(({ at, event }) => {
      const end = endOf(event);
      return end === undefined ? [] : [[end.token, { ...end, at }] as const];
    }),
  );
  return events.flatMap(({ at, event }) => {
    if (event.type !== "job.started") return [];
    const end = ends.get(event.token);
    if (end === undefined) return [];
    const { environment, pipeline = "", job = "" } = planned.get(event.job) ?? {};
    const definition = created.delivery.pipelines.find(({ name }) => name === pipeline)?.jobs[job];
    const span: Span = {
      traceId: traceOf(traced, round),
      spanId: spanIdOf(event.token),
      parentSpanId: rootOf(round),
      name: event.job,
      kind: 1,
      startTimeUnixNano: nano(at),
      endTimeUnixNano: nano(Math.max(end.at, at)),
      attributes: attributes({
        "cicd.pipeline.task.name": event.job,
        "cicd.pipeline.task.run.id": event.token,
        "cicd.pipeline.task.run.result": end.result,
        "cicd.pipeline.task.run.url.full": traced.link,
        "cicd.pipeline.task.type": definition?.deploys === true ? "deploy" : undefined,
        "deployment.environment.name": environment,
        "error.type": end.failure?.kind,
        "baton.attempt": event.attempt,
      }),
      status: end.failure === undefined ? { code: 0 } : { code: 2, message: end.failure.message },
    };
    return [span];
  });
}

function approvalSpans(traced: Traced, round: Round): Span[] {
  const { events, finishedAt, created } = round;
  return events.flatMap(({ at, seq, event }) => {
    if (event.type !== "approval.requested") return [];
    const { environment } = event;
    const answered = events.find(
      (later) => later.seq > seq && later.event.type === "approval.answered" && later.event.environment === environment,
    );
    const answer = answered?.event.type === "approval.answered" ? answered.event : undefined;
    const span: Span = {
      traceId: traceOf(traced, round),
      spanId: spanIdOf(`${created.run} approval ${seq}`),
      parentSpanId: rootOf(round),
      name: `approval ${environment}`,
      kind: 1,
      startTimeUnixNano: nano(at),
      endTimeUnixNano: nano(Math.max(answered?.at ?? finishedAt, at)),
      attributes: attributes({
        "deployment.environment.name": environment,
        "baton.approval.answer": answer?.answer,
      }),
      status: { code: 0 },
    };
    return [span];
  });
}

/** Nanoseconds do not fit a number of JavaScript. */
const nano = (ms: number): string => `${Math.round(ms)}000000`;

function attributes(values: Attributes): object[] {
  return Object.entries(values).flatMap(([key, value]): object[] => {
    if (value === undefined) return [];
    if (typeof value === "string") return [{ key, value: { stringValue: value.toWellFormed() } }];
    return [{ key, value: { intValue: String(value) } }];
  });
}
