/**
 * Every address that takes a role, as data: the server answers exactly these, `/openapi.json` documents them, the dashboard
 * takes its types from them, and tests walk over the list, so that a route without a role cannot be written.
 */

import { z } from "zod";
import { accessPage } from "./access-log.ts";
import {
  answerRequest,
  cancelRequest,
  done,
  freezeRequest,
  frozen,
  nothing,
  planRequest,
  preview,
  resumeRequest,
  session,
  signInRequest,
  startRequest,
  thawed,
  thawRequest,
} from "./deeds.ts";
import { mapView, settingsView } from "./definition.ts";
import { envelope, logPage, notice } from "./envelope.ts";
import { findingsView } from "./findings.ts";
import { movePreview, moveRequest, moveStartRequest } from "./moves.ts";
import { hookTaken, pushed, pushRequest } from "./pushes.ts";
import { releaseDiffView, releasesView, releaseView } from "./releases.ts";
import { reportView } from "./report.ts";
import { approvalsView, boardView, graphView, outputsView, runsView, runView, statusView, waitsView } from "./views.ts";

/** Who may ask: anybody, whoever signs what he sends, or whoever has this role. See docs/serve.md. */
export type RouteRole = "anybody" | "signed" | "viewer" | "operator" | "approver";

export interface Route {
  readonly method: "get" | "post";
  /** `/api/runs/{run}`: OpenAPI's spelling. */
  readonly path: string;
  readonly role: RouteRole;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** JSON that it answers with; absent for a stream. */
  readonly answer?: z.ZodType;
  /** Server-sent events, text, or a page. */
  readonly streams?: "text/event-stream" | "text/plain" | "text/html";
}

const route = <const R extends Route>(route: R): R => route;

/** A number in a query: text on the wire. */
const count = (fallback: number, { least = 1, most }: { least?: number; most: number }) =>
  z.coerce.number().int().min(least).max(most).default(fallback);

const moment = z.strictObject({
  at: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: "As it was when the event of this number had happened. Without it: as it is now." }),
});

export const routes = {
  status: route({
    method: "get",
    path: "/api/status",
    role: "viewer",
    summary: "What is deployed where, the latest runs, and those that have not ended",
    query: z.strictObject({ most: count(20, { least: 0, most: 500 }) }),
    answer: envelope(statusView),
  }),
  runs: route({
    method: "get",
    path: "/api/runs",
    role: "viewer",
    summary: "Runs at a glance, newest first",
    query: z.strictObject({ most: count(50, { most: 1000 }) }),
    answer: envelope(runsView),
  }),
  run: route({
    method: "get",
    path: "/api/runs/{run}",
    role: "viewer",
    summary: "One run, by its id or release number; `newest` is the newest",
    query: moment,
    answer: envelope(runView),
  }),
  runEvents: route({
    method: "get",
    path: "/api/runs/{run}/events",
    role: "viewer",
    summary: "Everything that happened to a run, oldest first: the moments that `at` may name",
    answer: envelope(z.strictObject({ version: z.literal(1), events: z.array(notice) }).meta({ id: "RunEvents" })),
  }),
  graph: route({
    method: "get",
    path: "/api/runs/{run}/graph",
    role: "viewer",
    summary: "What a run consists of, as it was planned: this does not change while it goes on",
    answer: envelope(graphView),
  }),
  board: route({
    method: "get",
    path: "/api/board",
    role: "viewer",
    summary: "What is where, by pipeline and environment, and what is on its way there",
    query: moment,
    answer: envelope(boardView),
  }),
  map: route({
    method: "get",
    path: "/api/map",
    role: "viewer",
    summary: "All that the delivery may ever do: every job in every environment, with what comes before it",
    answer: envelope(mapView),
  }),
  findings: route({
    method: "get",
    path: "/api/findings",
    role: "viewer",
    summary: "What `baton check` finds in the repository, on the graph of all jobs, and how each was carried out",
    answer: envelope(findingsView),
  }),
  settings: route({
    method: "get",
    path: "/api/settings",
    role: "viewer",
    summary: "The definition as it stands on the machine that serves: of secrets their names",
    answer: envelope(settingsView),
  }),
  logs: route({
    method: "get",
    path: "/api/runs/{run}/logs/{job}",
    role: "viewer",
    summary: "What a job printed: the lines from `from`, those where it failed, or the last ones",
    query: z.strictObject({
      attempt: z.coerce.number().int().min(1).optional(),
      from: z.coerce.number().int().min(0).optional().meta({ description: "Without it, the last `most` lines." }),
      at: z.literal("failure").optional().meta({
        description: "The page with the first line that looks like why it failed; the last where it did not.",
      }),
      most: count(2000, { most: 20_000 }),
    }),
    answer: envelope(logPage),
  }),
  logText: route({
    method: "get",
    path: "/api/runs/{run}/logs/{job}/text",
    role: "viewer",
    summary: "What a job printed, whole, as a text file",
    query: z.strictObject({ attempt: z.coerce.number().int().min(1).optional() }),
    streams: "text/plain",
  }),
  logStream: route({
    method: "get",
    path: "/api/runs/{run}/logs/{job}/stream",
    role: "viewer",
    summary: "Lines as the job prints them, from `from`, each a `LogLine`; `event: end` when no more will come",
    query: z.strictObject({
      attempt: z.coerce.number().int().min(1).optional(),
      from: count(0, { least: 0, most: Number.MAX_SAFE_INTEGER }),
    }),
    streams: "text/event-stream",
  }),
  waits: route({
    method: "get",
    path: "/api/waits",
    role: "viewer",
    summary: "What has not started in all that has not ended, and what it waits for",
    answer: envelope(waitsView),
  }),
  approvals: route({
    method: "get",
    path: "/api/approvals",
    role: "viewer",
    summary: "What people are asked",
    answer: envelope(approvalsView),
  }),
  outputs: route({
    method: "get",
    path: "/api/outputs",
    role: "viewer",
    summary: "What the deployed versions hand over, in one environment or in all",
    query: z.strictObject({ environment: z.string().optional() }),
    answer: envelope(outputsView),
  }),
  releases: route({
    method: "get",
    path: "/api/releases",
    role: "viewer",
    summary: "Releases at a glance, newest first: where each is and was",
    query: z.strictObject({ most: count(50, { most: 500 }) }),
    answer: envelope(releasesView),
  }),
  release: route({
    method: "get",
    path: "/api/releases/{release}",
    role: "viewer",
    summary: "Everything about one release, by its number; `newest` is the newest",
    query: moment,
    answer: envelope(releaseView),
  }),
  compare: route({
    method: "get",
    path: "/api/compare",
    role: "viewer",
    summary: "What is between two releases, or between a release and what an environment has now",
    query: z.strictObject({ from: z.string().min(1).max(200), to: z.string().min(1).max(200) }),
    answer: envelope(releaseDiffView),
  }),
  report: route({
    method: "get",
    path: "/api/report",
    role: "viewer",
    summary: "How often was deployed, how long commits took, what failed, who was waited for, slow and flaky jobs",
    query: z.strictObject({
      days: count(90, { most: 3660 }).meta({ description: "How far back; asked anew every half minute." }),
    }),
    answer: envelope(reportView),
  }),
  events: route({
    method: "get",
    path: "/api/events",
    role: "viewer",
    summary: "Everything that happens, each a `Notice`; resumes behind `Last-Event-ID` or `after`, else from now",
    query: z.strictObject({ after: z.coerce.number().int().min(0).optional() }),
    streams: "text/event-stream",
  }),
  metrics: route({
    method: "get",
    path: "/metrics",
    role: "viewer",
    summary: "For Prometheus: runs, waits, approvals, what is deployed, requests, and the process itself",
    streams: "text/plain",
  }),
  accessLog: route({
    method: "get",
    path: "/api/access-log",
    role: "operator",
    summary: "What somebody tried to do through this server, also what was refused, newest first",
    query: z.strictObject({
      most: count(100, { most: 1000 }),
      before: z.coerce.number().int().min(0).optional().meta({ description: "As the page before said." }),
    }),
    answer: accessPage,
  }),
  plan: route({
    method: "post",
    path: "/api/plan",
    role: "operator",
    summary: "What a run would do; changes nothing",
    body: planRequest,
    answer: preview,
  }),
  start: route({
    method: "post",
    path: "/api/runs",
    role: "operator",
    summary: "Runs what was planned",
    body: startRequest,
    answer: done,
  }),
  planMove: route({
    method: "post",
    path: "/api/moves/plan",
    role: "operator",
    summary: "What a promotion or rollback would change; changes nothing",
    body: moveRequest,
    answer: movePreview,
  }),
  move: route({
    method: "post",
    path: "/api/moves",
    role: "operator",
    summary: "Promotes a release or goes back to one, as it was planned",
    body: moveStartRequest,
    answer: done,
  }),
  cancel: route({
    method: "post",
    path: "/api/runs/{run}/cancel",
    role: "operator",
    summary: "Stops a run, whoever runs it",
    body: cancelRequest,
    answer: done,
  }),
  resume: route({
    method: "post",
    path: "/api/runs/{run}/resume",
    role: "operator",
    summary:
      "Goes on with a run that has not ended and that nobody runs; with an override also one of this server that a freeze or a change window keeps back",
    body: resumeRequest,
    answer: done,
  }),
  retry: route({
    method: "post",
    path: "/api/runs/{run}/retry",
    role: "operator",
    summary: "Runs what failed, was cancelled or skipped again; what passed stays",
    body: nothing,
    answer: done,
  }),
  answer: route({
    method: "post",
    path: "/api/approvals/{run}/{environment}",
    role: "approver",
    summary: "Lets a run into an environment, or keeps it out",
    body: answerRequest,
    answer: done,
  }),
  freeze: route({
    method: "post",
    path: "/api/environments/{environment}/freeze",
    role: "operator",
    summary: "Lets nothing begin to be deployed there until a time, but what is started with an override",
    body: freezeRequest,
    answer: frozen,
  }),
  thaw: route({
    method: "post",
    path: "/api/environments/{environment}/thaw",
    role: "operator",
    summary: "Ends that before its time: what waited goes on",
    body: thawRequest,
    answer: thawed,
  }),
  push: route({
    method: "post",
    path: "/api/pushes",
    role: "operator",
    summary: "Looks what a branch has now, and starts a run of it when that was not run before",
    body: pushRequest,
    answer: pushed,
  }),
  githubHook: route({
    method: "post",
    path: "/hooks/github",
    role: "signed",
    summary: "What GitHub sends: after a push it is looked what the branch has now",
    answer: hookTaken,
  }),
  standardHook: route({
    method: "post",
    path: "/hooks/standard",
    role: "signed",
    summary: "The same by anybody who signs as Standard Webhooks say: `data.branch`, or `branch`",
    answer: hookTaken,
  }),
  session: route({
    method: "get",
    path: "/api/session",
    role: "anybody",
    summary: "Who asks, and what they may do",
    answer: session,
  }),
  signIn: route({
    method: "post",
    path: "/api/session",
    role: "anybody",
    summary: "Signs a browser in with a token; sets a cookie",
    body: signInRequest,
    answer: session,
  }),
  signOut: route({
    method: "post",
    path: "/api/session/end",
    role: "anybody",
    summary: "Signs it out",
    body: nothing,
    answer: session,
  }),
  oidc: route({
    method: "get",
    path: "/api/session/oidc",
    role: "anybody",
    summary: "Sends a browser to the OpenID Connect provider, to come back to the page `to`",
    query: z.strictObject({ to: z.string().max(2000).default("/") }),
    streams: "text/html",
  }),
  oidcCallback: route({
    method: "get",
    path: "/api/session/oidc/callback",
    role: "anybody",
    summary: "Where the provider sends the browser back to: signs it in, and sets a cookie",
    streams: "text/html",
  }),
} as const satisfies Record<string, Route>;

type Routes = typeof routes;

/** Those that change something: each says in which environments before it is done. */
export type DeedName = Exclude<
  { [Name in keyof Routes]: Routes[Name]["method"] extends "post" ? Name : never }[keyof Routes],
  PreviewName | SessionName | HookName
>;

/** Those that only say what would be done. */
export type PreviewName = "plan" | "planMove";

export type HookName = "githubHook" | "standardHook";

export type SessionName = "session" | "signIn" | "signOut" | "oidc" | "oidcCallback";

/** What a route is told in its body. */
export type BodyOf<Name extends RouteName> = Routes[Name] extends { body: z.ZodType<infer Body> } ? Body : undefined;

export type RouteName = keyof typeof routes;

/** What a route answers with, as JSON. */
export type AnswerOf<Name extends RouteName> = (typeof routes)[Name] extends { answer: z.ZodType<infer Answer> }
  ? Answer
  : never;

/** What a route is asked with after the question mark, every default filled in. */
export type QueryOf<Name extends RouteName> = (typeof routes)[Name] extends { query: z.ZodType<infer Query> }
  ? Query
  : Record<string, never>;
