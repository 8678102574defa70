import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import { Refused } from "../control/control.ts";
import { callbackPath } from "./access/oidc.ts";
import { type AgentMeans, answerAgent } from "./agents/agent-answers.ts";
import { openApiDocument } from "./openapi.ts";
import { requireOwnName, requireOwnOrigin } from "./origin.ts";
import { problemResponse, refusalResponse, Turned } from "./problem.ts";
import type { Proxies } from "./proxies.ts";
import { type Answering, answerRoute } from "./routed.ts";
import { securityHeaders } from "./security-headers.ts";
import { type AgentRoute, type AgentRouteName, agentRoutes, protocolHeader, protocolVersion } from "./wire/agents.ts";
import { type Route, type RouteName, routes } from "./wire/routes.ts";

export interface Served extends Answering, AgentMeans {
  version: string;
  proxies: Proxies;
  /** Where it is to be found: `/d/shop`; empty for the one that has the server for itself. */
  under: string;
}

/** What the adapter knows of a connection. */
export type Bindings = { incoming?: { socket: { remoteAddress?: string | undefined } } };

/** Every address of the server. What is not in the list of routes is not there. */
export function makeApp(served: Served): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>();
  app.use(async (context, next) => {
    requireOwnName(context.req.raw, served.names);
    requireOwnOrigin(context.req.raw, served.names, !isOurs(context.req.path) || context.req.path === callbackPath);
    await next();
  });
  app.use(compress());
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", () => readiness(served));
  const document = openApiDocument(routes, served);
  app.get("/openapi.json", (context) => context.json(document));
  for (const [name, { method, path }] of Object.entries(routes as Record<string, Route>)) {
    app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1"), async (context) => {
      const { req } = context;
      const asking = {
        request: req.raw,
        params: req.param(),
        query: req.query(),
        address: addressOf(context, served.proxies),
      };
      const from = performance.now();
      // What is thrown here is answered here, so that it is counted as well.
      const response = await answerRoute(name as RouteName, asking, served).catch((error) => turnedAway(error, served));
      served.metrics.answeredOne(name, response.status, (performance.now() - from) / 1000);
      return response;
    });
  }
  for (const [name, { method, path }] of Object.entries(agentRoutes as Record<string, AgentRoute>)) {
    app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1"), async (context) => {
      const { req } = context;
      const asking = {
        request: req.raw,
        params: req.param(),
        query: req.query(),
        address: addressOf(context, served.proxies),
      };
      const from = performance.now();
      const response = await answerAgent(name as AgentRouteName, asking, served).catch((error) =>
        turnedAway(error, served),
      );
      response.headers.set(protocolHeader, String(protocolVersion));
      served.metrics.answeredOne(`agent ${name}`, response.status, (performance.now() - from) / 1000);
      return response;
    });
  }
  app.get("/*", (context) => {
    const { path } = context.req;
    return (isOurs(path) ? undefined : served.dashboard.answer(path)) ?? nothingThere();
  });
  app.notFound(nothingThere);
  app.onError((error) => turnedAway(error, served));
  return app;
}

/** Where the dashboard has no pages of its own. */
export const isOurs = (path: string) => /^\/(api|healthz|readyz|metrics|openapi\.json|hooks)(\/|$)/.test(path);

export function addressOf({ env, req }: Context<{ Bindings: Bindings }>, proxies: Proxies): string {
  return proxies.clientOf(env.incoming?.socket.remoteAddress ?? "", req.header("x-forwarded-for"));
}

async function readiness({ host, feed, stopping: signal }: Served): Promise<Response> {
  if (signal.aborted) throw new Turned({ code: "stopping", status: 503, title: "The server is being stopped" });
  const asked = await host.position();
  if (asked.ok && feed.failure === undefined) return Response.json({ status: "ready", asOf: feed.seq });
  const why = feed.failure ?? "the journal cannot be read";
  return problemResponse({ status: 503, title: `Not ready: ${why}`, code: "not-ready" });
}

export const nothingThere = () =>
  problemResponse({
    status: 404,
    title: "There is nothing at this address",
    next: "/openapi.json lists what there is",
    code: "not-found",
  });

/** Adapters' errors that are about the world; their messages say where, what and what next. */
const worldly = new Set(["StoreError", "GitError"]);

export function turnedAway(error: Error, { report }: Pick<Served, "report">): Response {
  if (error instanceof Turned) return problemResponse(error.refusal, error.headers);
  if (error instanceof Refused) return refusalResponse(error.refusal);
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
