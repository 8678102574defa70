import { grantedRoles } from "./access/grants.ts";
import type { Identity, SignIn } from "./access/sign-in.ts";
import type { AccessLog } from "./access-log.ts";
import { type Dashboard, escaped } from "./dashboard.ts";
import { type Names, originOf } from "./origin.ts";
import { Turned } from "./problem.ts";
import { type Asking, uncached } from "./question.ts";
import { read, readBody } from "./read-body.ts";
import { note, type Tried } from "./tried.ts";
import type { Session } from "./wire/deeds.ts";
import { type RouteName, routes, type SessionName } from "./wire/routes.ts";

export interface SessionMeans {
  signIn: SignIn;
  accessLog: AccessLog;
  dashboard: Dashboard;
  names: Names;
}

const sessionRoutes: Record<SessionName, true> = {
  session: true,
  signIn: true,
  signOut: true,
  oidc: true,
  oidcCallback: true,
};

export const isSessionRoute = (name: RouteName): name is SessionName => name in sessionRoutes;

/** Who asks; signing in and out. Nobody needs to have signed in for it. @throws {Turned} */
export async function answerSession(name: SessionName, asking: Asking, means: SessionMeans): Promise<Response> {
  const { request, address } = asking;
  const { signIn, names } = means;
  const tried: Tried = { asked: name, from: address, about: {} };
  switch (name) {
    case "session":
      return Response.json(sessionView(signIn.identify(request, address), signIn), { headers: uncached });
    case "signIn": {
      const { token } = (await readBody(request, routes.signIn.body)) as { token: string };
      const { cookie, identity } = await noted(tried, means, () => signIn.begin(token, address));
      return Response.json(sessionView(identity, signIn), { headers: { ...uncached, "set-cookie": cookie } });
    }
    case "signOut": {
      await readBody(request, routes.signOut.body);
      const cookie = signIn.end(request);
      return Response.json(sessionView(undefined, signIn), { headers: { ...uncached, "set-cookie": cookie } });
    }
    case "oidc":
      return await orPage(means, async () => {
        const { to } = read(routes.oidc.query, asking.query);
        const { location, cookie } = await signIn.beginWithProvider(originOf(request, names), to, address);
        return new Response(null, { status: 302, headers: { ...uncached, location, "set-cookie": cookie } });
      });
    case "oidcCallback":
      return await orPage(means, async () => {
        const origin = originOf(request, names);
        const { cookies, to } = await noted(tried, means, () => signIn.finishWithProvider(origin, request, address));
        return signedIn(to, cookies);
      });
    default:
      return name satisfies never;
  }
}

/** Writes down whom it let in, or why nobody. */
async function noted<T extends { identity: Identity }>(
  tried: Tried,
  means: SessionMeans,
  act: () => T | Promise<T>,
): Promise<T> {
  try {
    const done = await act();
    note({ ...tried, identity: done.identity }, means, 200);
    return done;
  } catch (error) {
    note(tried, means, error);
    throw error;
  }
}

/** A person comes here by a link, not by a program: why not is a page as well. */
async function orPage({ signIn, dashboard }: SessionMeans, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Turned) || signIn.oidc === undefined) throw error;
    const { code, status } = error.refusal;
    const page = dashboard.signInFailed({ type: `urn:baton:${code}`, ...error.refusal });
    return new Response(page, { status, headers: { ...html, ...error.headers } });
  }
}

const html = { ...uncached, "content-type": "text/html; charset=utf-8" };

/**
 * A page that goes on to the one where they were. After a redirect the browser would count that one as opened by the provider's
 * site, and not send the cookie along.
 */
function signedIn(to: string, cookies: readonly string[]): Response {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Signed in</title><meta http-equiv="refresh" content="0;url=${escaped(to)}"><p><a href="${escaped(to)}">Go on</a></p></html>`;
  const headers = new Headers(html);
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(page, { headers });
}

function sessionView(identity: Identity | undefined, { isRequired, oidc }: SignIn): Session {
  return {
    version: 1,
    isRequired,
    ...(oidc !== undefined && { provider: oidc.settings.issuer.host }),
    ...(identity !== undefined && { name: identity.name }),
    groups: [...(identity?.groups ?? [])],
    grants: (identity?.grants ?? []).flatMap(({ role, environments }) => {
      const shown = grantedRoles.find((one) => one === role);
      return shown === undefined
        ? []
        : [{ role: shown, ...(environments !== undefined && { environments: [...environments] }) }];
    }),
  };
}
