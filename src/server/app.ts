import { type Context, Hono } from "hono";
import { answers, type Sources } from "./answers.ts";
import type { Dashboard } from "./dashboard.ts";
import { openApiDocument } from "./openapi.ts";
import { type Names, requireOwnName, requireOwnOrigin } from "./origin.ts";
import { problemResponse, Turned } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";
import { type Route, type RouteName, routes } from "./wire/routes.ts";

export interface Served extends Sources {
  names: Names;
  dashboard: Dashboard;
  version: string;
  /** Told of what went wrong and is nobody's mistake who asked. */
  report(error: unknown): void;
}

/** Every address of the server. What is not in the list of routes is not there. */
export function makeApp(served: Served): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    requireOwnName(context.req.raw, served.names);
    requireOwnOrigin(context.req.raw, served.names);
    await next();
  });
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", () => readiness(served));
  const document = openApiDocument(served.version);
  app.get("/openapi.json", (context) => context.json(document));
  for (const [name, route] of Object.entries(routes as Record<string, Route>)) {
    app.on(route.method.toUpperCase(), route.path.replaceAll(/\{(\w+)\}/g, ":$1"), (context) =>
      answer(name as RouteName, route, { context, served }),
    );
  }
  app.get("/*", (context) => {
    const { path } = context.req;
    return (isOurs(path) ? undefined : served.dashboard.answer(path)) ?? nothingThere();
  });
  app.notFound(nothingThere);
  app.onError((error) => turnedAway(error, served));
  return app;
}

/** A server that answers for itself what another program asks of this one in vain. */
const isOurs = (path: string) => /^\/(api|healthz|readyz|metrics|openapi\.json|hooks)(\/|$)/.test(path);

async function answer(
  name: RouteName,
  route: Route,
  { context, served }: { context: Context; served: Served },
): Promise<Response> {
  if (served.stopping.aborted) throw stopping();
  const question = {
    params: context.req.param(),
    query: read(route.query, context.req.query()),
    request: context.req.raw,
  };
  // Its own schema has just read what it is asked with.
  const answering = answers[name] as (question: unknown, sources: Sources) => Promise<Response> | Response;
  return await answering(question, served);
}

function read(schema: Route["query"], given: Record<string, unknown>): Record<string, unknown> {
  const parsed = schema?.safeParse(given);
  if (parsed === undefined) return {};
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Turned({
    code: "wrong-request",
    status: 400,
    title: `${issue!.path.join(".") || "The request"}: ${issue!.message}`,
    next: "/openapi.json says what may be asked",
  });
}

async function readiness({ host, feed, stopping: signal }: Served): Promise<Response> {
  if (signal.aborted) throw stopping();
  const asked = await host.position();
  if (asked.ok && feed.failure === undefined) return Response.json({ status: "ready", asOf: feed.seq });
  const why = feed.failure ?? "the journal cannot be read";
  return problemResponse({ status: 503, title: `Not ready: ${why}`, code: "not-ready" });
}

const stopping = () => new Turned({ code: "stopping", status: 503, title: "The server is being stopped" });

const nothingThere = () =>
  problemResponse({
    status: 404,
    title: "There is nothing at this address",
    next: "/openapi.json lists what there is",
    code: "not-found",
  });

/** Adapters' errors that are about the world; their messages say where, what and what next. */
const worldly = new Set(["StoreError", "GitError"]);

function turnedAway(error: Error, { report }: Served): Response {
  if (error instanceof Turned) return problemResponse(error.refusal, error.headers);
  report(error);
  if (worldly.has(error.name)) return problemResponse({ status: 503, title: error.message, code: "not-ready" });
  return problemResponse({
    status: 500,
    title: "This is a mistake in Baton, and nothing was changed by it that its journal does not say",
    next: "The server has printed where it happened; please report that",
    code: "bug",
  });
}

/** How a browser may use it goes with every answer, also with those that were refused. */
export function withSecurityHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
  return response;
}
