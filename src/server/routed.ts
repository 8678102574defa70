import { type Actor, asked, Refused } from "../control/control.ts";
import { answersAs, type Identity, requireRole } from "./access/sign-in.ts";
import { answers } from "./answers.ts";
import { type Deed, deeds, type Means } from "./deeds.ts";
import { answerHook } from "./hooks/answer-hook.ts";
import type { Hooks } from "./hooks/hooks.ts";
import { Turned } from "./problem.ts";
import { type Asking, type Question, uncached } from "./question.ts";
import { read, readBody } from "./read-body.ts";
import { answerSession, isSessionRoute, type SessionMeans } from "./session-answers.ts";
import { note, type Tried } from "./tried.ts";
import { type DeedName, type Route, type RouteName, routes } from "./wire/routes.ts";

export interface Answering extends Means, SessionMeans {
  hooks: Hooks;
}

type Questions = (question: Question<never>, means: Means) => Promise<Response> | Response;

/**
 * Answers one route: who asks, whether they may, what exactly, and only then anything is looked at or done. Every route comes
 * through here, so none can forget one of these. @throws {Turned}
 */
export async function answerRoute(name: RouteName, asking: Asking, answering: Answering): Promise<Response> {
  const route: Route = routes[name];
  const { request, params } = asking;
  if (answering.stopping.aborted) {
    throw new Turned({ code: "stopping", status: 503, title: "The server is being stopped" });
  }
  if (name === "githubHook" || name === "standardHook") {
    return await answerHook(name, asking, { ...answering, takers: [answering] });
  }
  if (isSessionRoute(name)) return await answerSession(name, asking, answering);
  const isDeed = name in deeds;
  const tried: Tried = { asked: name, from: asking.address, about: params };
  try {
    const identity = answering.signIn.identify(request, asking.address);
    tried.identity = identity;
    if (route.role !== "anybody" && route.role !== "signed") requireRole(identity, route.role);
    if (route.method !== "get") answering.signIn.count(identity!);
    const query = route.query === undefined ? {} : read(route.query, asking.query);
    const body = route.body === undefined ? undefined : await readBody(request, route.body);
    tried.about = { ...params, ...wordsOf(body) };
    const question = { params, query, body, request } as Question<never>;
    if (!isDeed) return await (answers[name as keyof typeof answers] as unknown as Questions)(question, answering);
    const response = await doDeed(name as DeedName, question, identity!, answering);
    note(tried, answering, response.status);
    return response;
  } catch (error) {
    if (isDeed) note(tried, answering, error);
    throw error;
  }
}

const toldOf = ["branch", "env", "to", "kind", "release", "answer", "mode", "reason", "override"] as const;

/** What a body says of where it goes and how; nothing else of it is kept. */
function wordsOf(body: unknown): Record<string, string> {
  const given = (body ?? {}) as Record<string, unknown>;
  const words = toldOf.flatMap((key) => (typeof given[key] === "string" ? [[key, given[key]]] : []));
  return Object.fromEntries([...words, ...(typeof given.until === "number" ? [["until", String(given.until)]] : [])]);
}

async function doDeed(
  name: DeedName,
  question: Question<never>,
  identity: Identity,
  answering: Answering,
): Promise<Response> {
  const prepare = deeds[name] as (question: Question<never>, means: Means) => Promise<Deed>;
  const by: Actor = { name: identity.name, via: "web", ...(identity.through !== "open" && { isVerified: true }) };
  const { role } = routes[name];
  const done = await asked(async () => {
    const deed = await prepare(question, answering);
    requireRole(identity, role, deed.environments);
    try {
      return await deed.act(by, answersAs(identity));
    } finally {
      answering.reads.forget();
    }
  });
  if (!done.ok) throw new Refused(done.refusal);
  return Response.json(done.value, { headers: uncached });
}
