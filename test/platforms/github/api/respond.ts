/** One request to the stand-in, from the bytes that come to those that go. */

import type { Answer, Answers, Call } from "./answers/answer.ts";
import { deploymentAnswers } from "./answers/deployments.ts";
import { runAnswers } from "./answers/runs.ts";
import { settingAnswers } from "./answers/settings.ts";
import { type Asked, complete, type Json, understand } from "./description.ts";
import type { Operation } from "./operations.ts";
import { may } from "./permissions.ts";
import type { Fault, World } from "./world.ts";

const answers: Answers & { readonly [Name in Operation]: (call: Call) => Answer } = {
  ...runAnswers,
  ...deploymentAnswers,
  ...settingAnswers,
} as Required<Answers>;

export interface Request extends Asked {
  readonly host: string;
  readonly authorization: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** How the connection fails, if it does. */
  readonly fault?: "cut" | "reset" | { readonly delayMs: number };
}

export function respond(world: World, request: Request): Reply {
  const fault = nextFault(world, request);
  const token = world.tokens.get(request.authorization.replace(/^\S+ /, ""));
  const log = (status: number, body: Json = null) =>
    world.log.push({ method: request.method, url: request.url, status, by: token?.by ?? "nobody", body });
  if (fault?.is.kind === "status") {
    log(fault.is.status);
    return reply({ status: fault.is.status, body: { message: fault.is.message }, headers: fault.is.headers ?? {} });
  }
  const hidden = fault?.is.kind === "without" ? fault.is.field : undefined;
  const failing =
    fault === undefined || fault.is.kind === "without"
      ? {}
      : { fault: fault.is.kind === "slow" ? { delayMs: fault.is.delayMs } : fault.is.kind };
  if (request.host === "artifacts.example") return { ...bytesOf(world, request), ...failing };
  if (token === undefined) {
    log(401);
    return reply({ status: 401, body: { message: "Bad credentials" } });
  }
  world.used += token.permissions === undefined ? 0 : 1;
  const left = world.limit - world.used;
  const limits = { "x-ratelimit-limit": String(world.limit), "x-ratelimit-remaining": String(Math.max(0, left)) };
  if (left < 0) {
    log(403);
    const message = "API rate limit exceeded for installation.";
    return reply({ status: 403, body: { message }, headers: { ...limits, "x-ratelimit-reset": "4000000000" } });
  }
  const understood = understand(request);
  if ("problems" in understood) {
    world.problems.push(...understood.problems);
    log(501);
    return reply({ status: 501, body: { message: `the stand-in: ${understood.problems.join("; ")}` } });
  }
  const answer = answerTo();
  const { answer: body, problems } = complete(understood.operation, answer.status, answer.body ?? null);
  world.problems.push(...problems);
  if (hidden !== undefined) delete (body as { [field: string]: Json })[hidden];
  log(answer.status, understood.body);
  return {
    ...reply({ ...answer, headers: { ...limits, ...answer.headers }, ...(answer.body !== undefined && { body }) }),
    ...failing,
  };

  function answerTo(): Answer {
    const asked = understood as Exclude<typeof understood, { problems: unknown }>;
    const { owner, repo } = asked.path;
    const repository = world.repositories.get(`${owner}/${repo}`);
    const missing = { status: 404, body: { message: "Not Found" } };
    if (owner !== undefined && repository === undefined) return missing;
    if (token!.permissions !== undefined && !may(token!.permissions, asked.operation)) {
      return { status: 403, body: { message: "Resource not accessible by integration" } };
    }
    return answers[asked.operation]({ world, repository: repository!, asked, token: token! });
  }
}

function reply({ status, body, headers = {} }: Answer): Reply {
  if (body === undefined) return { status, headers, body: "" };
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}

function bytesOf(world: World, { url }: Request): Reply {
  const match = /^\/(.+)\/(\d+)\.zip$/.exec(url);
  const found = world.repositories.get(match?.[1] ?? "")?.artifacts.find(({ id }) => id === Number(match?.[2]));
  if (found === undefined) return { status: 404, headers: {}, body: "" };
  return { status: 200, headers: { "content-type": "application/zip" }, body: found.zip };
}

function nextFault(world: World, { method, host, url }: Request): Fault | undefined {
  const line = `${method} ${host === "artifacts.example" ? "artifacts.example" : ""}${url}`;
  const hit = world.faults.filter(({ match }) => match.test(line));
  for (const one of hit) one.seen += 1;
  return hit.find(({ seen, from, to }) => seen >= from && seen <= to);
}
