import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import type { Remote } from "../control/local/machine.ts";
import { isGranted } from "./access/grants.ts";
import { callbackPath } from "./access/oidc.ts";
import { requireRole } from "./access/sign-in.ts";
import type { AccessLog } from "./access-log.ts";
import { addressOf, type Bindings, isOurs, nothingThere, turnedAway } from "./app.ts";
import type { OpenDelivery, Shared } from "./delivery.ts";
import { answerHook } from "./hooks/answer-hook.ts";
import { openApiDocument } from "./openapi.ts";
import { requireOwnName, requireOwnOrigin } from "./origin.ts";
import { problemResponse, Turned } from "./problem.ts";
import { type Asking, uncached } from "./question.ts";
import { answerSession } from "./session-answers.ts";
import { changeStream } from "./streams.ts";
import { type DeliveriesView, type ServerRouteName, serverRoutes } from "./wire/deliveries.ts";
import type { Problem } from "./wire/envelope.ts";

/** One of several, by the name in its address. */
export interface NamedDelivery {
  name: string;
  /** Where its pushes come from, where that is known. */
  remote: Remote | undefined;
  /** Open, or why it cannot be. */
  is: OpenDelivery | { problem: Problem };
}

export interface SeveralMeans extends Shared {
  deliveries: readonly NamedDelivery[];
  accessLog: AccessLog;
}

/** A server of several deliveries: each has below `/d/NAME` all that one alone has at the root, which here is of the server itself. */
export function makeSeveralApp(means: SeveralMeans): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>();
  const { names, proxies, dashboard } = means;
  for (const { name, is } of means.deliveries) {
    const under = `/d/${name}`;
    const pass = async (context: Context<{ Bindings: Bindings }>) => {
      const { req, env } = context;
      if ("problem" in is) return answerBroken(context, { under, name, problem: is.problem });
      const url = new URL(req.url);
      url.pathname = url.pathname.slice(under.length) || "/";
      return await is.app.fetch(new Request(url, req.raw), env);
    };
    app.all(under, pass);
    app.all(`${under}/*`, pass);
  }
  app.use(async ({ req }, next) => {
    requireOwnName(req.raw, names);
    requireOwnOrigin(req.raw, names, !isOurs(req.path) || req.path === callbackPath);
    await next();
  });
  app.use(compress());
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", () => {
    requireGoing(means);
    return Response.json({ status: "ready" });
  });
  const document = openApiDocument(serverRoutes, { version: means.version, under: "" });
  app.get("/openapi.json", (context) => context.json(document));
  for (const [name, { method, path }] of Object.entries(serverRoutes)) {
    app.on(method.toUpperCase(), path, async (context) => {
      const { req } = context;
      const asking = { request: req.raw, params: {}, query: req.query(), address: addressOf(context, proxies) };
      return await answerHere(name as ServerRouteName, asking, means);
    });
  }
  const page = (path: string) => dashboard.answer(path) ?? nothingThere();
  /** What is wrong with it concerns those only who might look at it if it were right. */
  const answerBroken = (
    context: Context<{ Bindings: Bindings }>,
    { under, name, problem }: { under: string; name: string; problem: Problem },
  ): Response => {
    const { req } = context;
    const path = req.path.slice(under.length);
    requireOwnName(req.raw, names);
    requireOwnOrigin(req.raw, names, !isOurs(path));
    if (!isOurs(path)) return page("/");
    if (path === "/healthz") return context.json({ status: "ok" });
    requireRole(means.signIn.within(name).identify(req.raw, addressOf(context, proxies)), "viewer");
    return problemResponse(problem);
  };
  app.get("/*", ({ req: { path } }) => {
    const [, within] = /^\/d\/[^/]+(\/.*)?$/.exec(path) ?? [];
    if (within !== undefined) return isOurs(within) ? nothingThere() : page("/");
    return isOurs(path) ? nothingThere() : page(path);
  });
  app.notFound(nothingThere);
  app.onError((error) => turnedAway(error, means));
  return app;
}

async function answerHere(name: ServerRouteName, asking: Asking, means: SeveralMeans): Promise<Response> {
  requireGoing(means);
  const { request, address } = asking;
  switch (name) {
    case "deliveries":
      return Response.json(deliveriesFor(asking, means), { headers: uncached });
    case "changes": {
      const seen = new Set(deliveriesFor(asking, means).deliveries.map((one) => one.name));
      const feeds = means.deliveries.flatMap(({ name, is }) =>
        seen.has(name) && "feed" in is ? [[name, is.feed] as const] : [],
      );
      return changeStream(feeds, means.viewers.enter(request.signal, means.stopping));
    }
    case "githubHook":
    case "standardHook": {
      const takers = means.deliveries.flatMap(({ name, remote, is }) =>
        "pushes" in is ? { name, remote, pushes: is.pushes } : [],
      );
      return await answerHook(name, { ...asking, address }, { ...means, takers });
    }
    default:
      return await answerSession(name, asking, means);
  }
}

/** Those that whoever asks may look at. @throws {Turned} where that is none, as nobody has signed in */
function deliveriesFor({ request, address }: Asking, { signIn, deliveries }: SeveralMeans): DeliveriesView {
  const mine = deliveries.filter(({ name }) =>
    isGranted(signIn.within(name).identify(request, address)?.grants ?? [], "viewer"),
  );
  if (mine.length === 0) requireRole(signIn.identify(request, address), "viewer");
  return {
    version: 1,
    deliveries: mine.map(({ name, is }) => ({ name, ...("problem" in is && { problem: is.problem }) })),
  };
}

function requireGoing({ stopping }: SeveralMeans): void {
  if (stopping.aborted) throw new Turned({ code: "stopping", status: 503, title: "The server is being stopped" });
}
