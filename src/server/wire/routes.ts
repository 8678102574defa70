/**
 * Every address below `/api`, as data: the server answers exactly these, `/openapi.json` documents them, the dashboard
 * takes its types from them, and tests walk over the list, so that a route without a role cannot be written.
 */

import { z } from "zod";
import { envelope, logPage } from "./envelope.ts";
import { approvalsView, outputsView, runsView, runView, statusView, waitsView } from "./views.ts";

/** Who may ask, from the least to the most specific; see docs/serve.md. */
export type Role = "viewer" | "operator" | "approver";

export interface Route {
  readonly method: "get" | "post";
  /** `/api/runs/{run}`: OpenAPI's spelling. */
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** JSON that it answers with; absent for a stream. */
  readonly answer?: z.ZodType;
  /** Server-sent events, or text. */
  readonly streams?: "text/event-stream" | "text/plain";
}

const route = <const R extends Route>(route: R): R => route;

/** A number in a query: text on the wire. */
const count = (fallback: number, { least = 1, most }: { least?: number; most: number }) =>
  z.coerce.number().int().min(least).max(most).default(fallback);

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
    answer: envelope(runView),
  }),
  logs: route({
    method: "get",
    path: "/api/runs/{run}/logs/{job}",
    role: "viewer",
    summary: "What a job printed: the lines from `from`, or the last ones",
    query: z.strictObject({
      attempt: z.coerce.number().int().min(1).optional(),
      from: z.coerce.number().int().min(0).optional().meta({ description: "Without it, the last `most` lines." }),
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
  events: route({
    method: "get",
    path: "/api/events",
    role: "viewer",
    summary: "Everything that happens, each a `Notice`; resumes behind `Last-Event-ID` or `after`, else from now",
    query: z.strictObject({ after: z.coerce.number().int().min(0).optional() }),
    streams: "text/event-stream",
  }),
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** What a route answers with, as JSON. */
export type AnswerOf<Name extends RouteName> = (typeof routes)[Name] extends { answer: z.ZodType<infer Answer> }
  ? Answer
  : never;

/** What a route is asked with after the question mark, every default filled in. */
export type QueryOf<Name extends RouteName> = (typeof routes)[Name] extends { query: z.ZodType<infer Query> }
  ? Query
  : Record<string, never>;
