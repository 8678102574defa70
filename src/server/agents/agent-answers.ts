import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { type AgentDesk, ArtifactError, type Ended, TooMuch } from "../../control/local/agents/agent-desk.ts";
import type { AccessStore } from "../access/access-store.ts";
import { isOfAgents, labelsWithin, type Role } from "../access/grants.ts";
import type { Identity, SignIn } from "../access/sign-in.ts";
import type { AccessLog } from "../access-log.ts";
import { Turned } from "../problem.ts";
import { uncached } from "../question.ts";
import { read, readBytes } from "../read-body.ts";
import {
  type AgentRoute,
  type AgentRouteName,
  agentHeader,
  agentRoutes,
  type EndedRequest,
  type LogRequest,
  mostJsonBytes,
  type PollRequest,
  pieceBytes,
  protocolHeader,
  protocolVersion,
} from "../wire/agents.ts";

export interface AgentMeans {
  agents?: AgentDesk | undefined;
  access: AccessStore;
  signIn: SignIn;
  accessLog: AccessLog;
  stopping: AbortSignal;
}

export interface AgentAsking {
  request: Request;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  address: string;
}

/** How long a registered agent counts after it was heard of last. */
const lastsMs = 30 * 24 * 60 * 60_000;
const extendedEveryMs = 60 * 60_000;

/**
 * Answers one address of agents: which protocol, who asks, whether they may, what exactly, and of an attempt, whether it is
 * their own. Every one comes through here, so none can forget one of these. @throws {Turned}
 */
export async function answerAgent(name: AgentRouteName, asking: AgentAsking, means: AgentMeans): Promise<Response> {
  const route: AgentRoute = agentRoutes[name];
  const { request, params } = asking;
  if (means.stopping.aborted) throw new Turned({ code: "stopping", status: 503, title: "The server is being stopped" });
  const { agents: desk } = means;
  if (desk === undefined) {
    throw new Turned({
      code: "not-found",
      status: 404,
      title: "This server hands no jobs out",
      next: "Start it with --agents",
    });
  }
  requireProtocol(request);
  const identity = requireAgent(asking, means, route.who === "registration" ? "agent" : "registered-agent");
  const { exchange } = desk;
  if (name === "register") return register(identity, asking, means);
  keepAlive(identity, means);
  const agent = request.headers.get(agentHeader) ?? "";
  if (!/^[\w.-]{8,100}$/.test(agent)) throw wrong(`${agentHeader}: it does not say which start of an agent asks`);
  const holder = { agent, credential: identity.token ?? "open" };
  if (name === "poll") {
    const { waitMs, ...said } = (await bodyOf(route, request)) as PollRequest;
    const most = Math.min(waitMs, exchange.leaseMs / 4);
    const labels = labelsWithin(identity.grants, said.labels);
    // One that has registered is who its token says it is.
    const { name } = identity.token === undefined ? said : identity;
    const found = await exchange.poll({ ...said, name, labels, holder }, { waitMs: most, gone: request.signal });
    return json({ leaseMs: exchange.leaseMs, ...found });
  }
  const token = params.token!;
  if (name === "ended") {
    const ended = (await bodyOf(route, request)) as EndedRequest;
    // As it came out of JSON, nothing of it is undefined.
    return json({ taken: exchange.ended({ token, ...ended } as Ended, holder) });
  }
  const attempt = exchange.attempt(token, holder);
  if (attempt === undefined) {
    throw new Turned({ code: "not-your-attempt", status: 404, title: "This agent does not run that attempt" });
  }
  const digest = params.digest ?? "";
  try {
    switch (name) {
      case "log": {
        const { from, sentAt, lines } = (await bodyOf(route, request)) as LogRequest;
        const behindMs = Date.now() - sentAt;
        const has = exchange.lines(token, holder, {
          from,
          lines: lines.map((line) => ({ ...line, at: Math.round(line.at + behindMs) })),
        });
        if (typeof has === "number") return json({ has });
        throw new Turned({ code: "not-attended", status: 503, title: "Nobody goes on with its run yet" });
      }
      case "source": {
        const { has } = (await bodyOf(route, request)) as { has: string[] };
        return bytes(desk.source(attempt, has));
      }
      case "listing": {
        const listing = await desk.listing(attempt, digest);
        return bytes(listing === undefined ? undefined : [Buffer.from(listing)]);
      }
      case "content": {
        const path = await desk.content(attempt, { digest, kind: params.kind!, name: params.name! });
        return bytes(path === undefined ? undefined : createReadStream(path));
      }
      case "offer": {
        if (Object.keys(attempt.launch.artifacts).length === 0) throw wrong("This job makes no artifacts");
        const { listing } = (await bodyOf(route, request, mostListingBytes)) as { listing: string };
        return json(desk.offer(attempt, listing));
      }
      case "piece": {
        const { at } = read(agentRoutes.piece.query, asking.query);
        const receiving = desk.receiving(attempt, digest) ?? notOffered();
        return json({ has: await receiving.piece(params.name!, at, await readBytes(request, pieceBytes)) });
      }
      case "keep": {
        await bodyOf(route, request);
        await (desk.receiving(attempt, digest) ?? notOffered()).keep();
        await desk.kept(digest);
        return json({});
      }
      default:
        return name satisfies never;
    }
  } catch (error) {
    if (error instanceof TooMuch) throw new Turned({ code: "too-much-brought", status: 413, title: error.message });
    if (!(error instanceof ArtifactError)) throw error;
    throw new Turned({ code: "not-handed-over", status: 409, title: error.message });
  }
}

const mostListingBytes = 64 * 1024 * 1024;

function requireProtocol(request: Request): void {
  const spoken = Number(request.headers.get(protocolHeader) ?? Number.NaN);
  if (spoken === protocolVersion || spoken === protocolVersion - 1) return;
  const isOlder = !(spoken > protocolVersion);
  throw new Turned({
    code: "other-protocol",
    status: 426,
    title: `This server speaks protocol ${protocolVersion} with agents, and this agent ${Number.isNaN(spoken) ? "none" : spoken}`,
    next: `Bring the ${isOlder ? "agent" : "server"} up to date: one and the next version work together`,
  });
}

function requireAgent({ request, address }: AgentAsking, { signIn }: AgentMeans, role: Role): Identity {
  const identity = signIn.identify(request, address);
  if (identity?.through !== "session" && identity?.grants.some((grant) => grant.role === role)) return identity;
  const isKnown = identity !== undefined;
  const isOther = identity?.grants.some((grant) => isOfAgents(grant.role));
  throw new Turned({
    code: isKnown ? "not-allowed" : "not-signed-in",
    status: isKnown ? 403 : 401,
    title: isOther
      ? role === "agent"
        ? "This agent is registered already"
        : "This token lets a machine register, and nothing else"
      : "Only agents may ask this",
    next: "baton token create NAME --role agent, on the machine that serves, makes a token that lets one register",
  });
}

/** Gives whoever comes with a one-time token a credential of its own. */
function register(identity: Identity, { address }: AgentAsking, { access, accessLog }: AgentMeans): Response {
  const { name, token, grants } = identity;
  const { labels } = grants.find(({ role }) => role === "agent") ?? {};
  const now = Date.now();
  // Revoking succeeds once, whoever else comes with the same token at this moment.
  const isFirst = token !== undefined && access.revoke(token, now);
  const told = { at: now, asked: "registerAgent" as const, by: name, from: address, about: {} };
  accessLog.note({ ...told, ...(token !== undefined && { token }), status: isFirst ? 200 : 403 });
  if (!isFirst) {
    throw new Turned({
      code: "not-allowed",
      status: 403,
      title: token === undefined ? "Nobody needs to register here" : "This token was used before",
    });
  }
  const made = access.create({
    name,
    grants: [{ role: "registered-agent", ...(labels !== undefined && { labels }) }],
    groups: [],
    now,
    expiresAt: now + lastsMs,
  });
  return json({ credential: made.token, name, lastsMs });
}

const extendedAt = new Map<string, number>();

function keepAlive({ token }: Identity, { access }: AgentMeans): void {
  const now = Date.now();
  if (token === undefined || now - (extendedAt.get(token) ?? 0) < extendedEveryMs) return;
  extendedAt.set(token, now);
  access.extend(token, now + lastsMs);
}

async function bodyOf({ body }: AgentRoute, request: Request, most = mostJsonBytes): Promise<unknown> {
  if (body === undefined || body === "bytes") return undefined;
  const text = Buffer.from(await readBytes(request, most)).toString("utf8");
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw wrong("The request is no JSON");
  }
  return read(body, given);
}

const wrong = (title: string) => new Turned({ code: "wrong-request", status: 400, title });

function notOffered(): never {
  throw new Turned({
    code: "not-handed-over",
    status: 409,
    title: "This artifact was not offered: begin with its listing",
  });
}

const json = (answer: unknown) => Response.json(answer, { headers: uncached });

function bytes(found: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined): Response {
  if (found === undefined) {
    throw new Turned({ code: "not-found", status: 404, title: "That is nothing of this attempt" });
  }
  const body = Readable.toWeb(Readable.from(found)) as ReadableStream;
  // Compressed already, and nothing may change it on the way.
  return new Response(body, {
    headers: { ...uncached, "content-type": "application/octet-stream", "cache-control": "no-store, no-transform" },
  });
}
