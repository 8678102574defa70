/**
 * What agents and a server say to each other, as data: the server answers exactly these addresses, agents ask exactly these,
 * and tests walk over the list. It is a protocol of Baton's own and no part of the API: both sides speak its number in every
 * message, and a server understands the one before its own as well.
 */

import { z } from "zod";

/** Raised when a message changes its meaning. A server takes this one and the one before. */
export const protocolVersion = 2;

/** Headers of every request; the first also of every answer. */
export const protocolHeader = "baton-protocol";
/** The start of the agent that asks: a restarted agent is another one. */
export const agentHeader = "baton-agent";

/** No question waits longer for its answer. */
export const mostWaitMs = 60_000;

/** An agent says of no more whether it has them, and is asked for no more at a time. */
export const mostTools = 200;

const name = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u);
export const label = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._:@+/-]{0,99}$/u);
const token = z.string().min(1).max(100);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
/** Of a sentence, in UTF-16 units. */
export const mostText = 4000;
const text = z.string().max(mostText);
/** Of `toolKey`. */
export const mostToolKey = 400;

export const registered = z.strictObject({
  credential: z.string(),
  name: z.string(),
  /** It counts for so long after it was used last. */
  lastsMs: z.number(),
});

export const pollRequest = z.strictObject({
  name,
  /**
   * Counts the questions of this start. They are asked one at a time, so what was given in answer to an earlier one and is not in `holds`
   * never arrived, and an earlier one that comes late is nobody's any more. Absent in protocol 1.
   */
  number: z.number().int().min(1).optional(),
  labels: z.array(label).max(50),
  /** How many attempts it may run at a time, and how many it would take now. With none free it only says that it is there. */
  slots: z.number().int().min(1).max(1000),
  free: z.number().int().min(0).max(1000),
  /** An earlier start of it, of which nothing is left: what that one held is lost, also what it never knew of. */
  replaces: z.string().max(100).optional(),
  /** All that it has, with what has ended and was not taken yet: of what it does not name, its lease is not renewed. */
  holds: z.array(token).max(2000),
  /** By tool and version, as `toolKey`: what is wrong with it here, or that nothing is. */
  tools: z
    .record(z.string().max(mostToolKey), text.nullable())
    .refine((tools) => Object.keys(tools).length <= mostTools, `at most ${mostTools} tools`),
  /** How long it would wait for an answer. */
  waitMs: z.number().int().min(0).max(mostWaitMs),
});

export const claim = z.strictObject({
  /** A `Launch` of the engine's, secrets by name. */
  launch: z.record(z.string(), z.unknown()),
  source: z.strictObject({ commit: z.string(), branch: z.string().optional(), prefix: z.string() }),
  /** Those that the attempt mentions and that are set. */
  secrets: z.record(z.string(), z.string()),
});

export const pollAnswer = z.strictObject({
  /** Without a word for so long, what an agent holds is lost. */
  leaseMs: z.number(),
  claims: z.array(claim),
  stops: z.array(z.strictObject({ token, mode: z.enum(["graceful", "now"]) })),
  /** Of what it holds: what is not its own any more. */
  lost: z.array(token),
  /** Tools of jobs that wait: it is to say whether it has them. */
  asks: z.array(z.strictObject({ name: z.string(), version: z.string().optional() })),
});

export const logRequest = z.strictObject({
  /** The number of the first of these lines in the attempt, from 0. */
  from: z.number().int().min(0),
  /** By the agent's clock, as the times of the lines: the server's may be another. */
  sentAt: z.number(),
  lines: z.array(z.strictObject({ step: z.number().int(), at: z.number(), text: z.string() })).max(10_000),
});

/** How many lines the server has. */
export const logAnswer = z.strictObject({ has: z.number().int() });

const failure = z.strictObject({
  kind: z.enum(["exit", "signal", "timeout", "output", "artifact", "spawn", "tool", "lost"]),
  message: text,
  step: z.number().int().optional(),
  exitCode: z.number().int().optional(),
});

export const endedRequest = z.strictObject({
  durationMs: z.number().min(0),
  result: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("succeeded"),
      outputs: z.record(z.string(), z.string()),
      artifacts: z.record(z.string(), z.strictObject({ digest, sizeBytes: z.number().int().min(0) })),
    }),
    z.strictObject({ kind: z.literal("failed"), failure }),
    z.strictObject({ kind: z.literal("stopped") }),
    z.strictObject({ kind: z.literal("lost"), because: text }),
  ]),
});

/** Whether it counted: it does not when the attempt was somebody else's by then, or nobody's. */
export const endedAnswer = z.strictObject({ taken: z.boolean() });

export const sourceRequest = z.strictObject({
  /** Commits and tags that the agent has of this repository. */
  has: z.array(z.string().regex(/^[0-9a-f]{40,64}$/)).max(200),
});

const item = z.strictObject({
  kind: z.enum(["files", "packs"]),
  name: z.string().regex(/^(?:sha256:)?[0-9a-f]{64}$/),
  sizeBytes: z.number().int().min(0),
});

export type ArtifactItem = z.infer<typeof item>;

/** A listing that is to be stored; see listing.ts. */
export const offerRequest = z.strictObject({ listing: z.string() });
export const offerAnswer = z.strictObject({ digest, missing: z.array(item) });
/** Up to where the server has it. */
export const pieceAnswer = z.strictObject({ has: z.number().int() });
export const done = z.strictObject({});
export const nothing = z.strictObject({});

/** How much of a content goes with one request, in bytes: slow lines must bring one over within the server's patience. */
export const pieceBytes = 1024 * 1024;
export const mostJsonBytes = 8 * 1024 * 1024;

export interface AgentRoute {
  readonly method: "get" | "post" | "put";
  readonly path: string;
  /** `registration`: whoever has a one-time token. `agent`: a registered agent; below `{token}`, the holder of that attempt. */
  readonly who: "registration" | "agent";
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject | "bytes";
  readonly answer: z.ZodObject | "bytes";
}

const route = <const R extends AgentRoute>(route: R): R => route;
const attempt = "/api/agents/attempts/{token}";
const content = `${attempt}/artifacts/{digest}/{kind}/{name}`;

export const agentRoutes = {
  register: route({
    method: "post",
    path: "/api/agents/register",
    who: "registration",
    body: nothing,
    answer: registered,
  }),
  poll: route({ method: "post", path: "/api/agents/poll", who: "agent", body: pollRequest, answer: pollAnswer }),
  log: route({ method: "post", path: `${attempt}/log`, who: "agent", body: logRequest, answer: logAnswer }),
  ended: route({ method: "post", path: `${attempt}/ended`, who: "agent", body: endedRequest, answer: endedAnswer }),
  source: route({ method: "post", path: `${attempt}/source`, who: "agent", body: sourceRequest, answer: "bytes" }),
  listing: route({ method: "get", path: `${attempt}/artifacts/{digest}`, who: "agent", answer: "bytes" }),
  content: route({ method: "get", path: content, who: "agent", answer: "bytes" }),
  offer: route({ method: "post", path: `${attempt}/offers`, who: "agent", body: offerRequest, answer: offerAnswer }),
  piece: route({
    method: "put",
    path: content,
    who: "agent",
    query: z.strictObject({ at: z.coerce.number().int().min(0) }),
    body: "bytes",
    answer: pieceAnswer,
  }),
  keep: route({ method: "post", path: `${attempt}/artifacts/{digest}`, who: "agent", body: nothing, answer: done }),
} satisfies Record<string, AgentRoute>;

export type AgentRouteName = keyof typeof agentRoutes;
export type PollRequest = z.infer<typeof pollRequest>;
export type PollAnswer = z.infer<typeof pollAnswer>;
export type LogRequest = z.infer<typeof logRequest>;
export type EndedRequest = z.infer<typeof endedRequest>;
export type Registered = z.infer<typeof registered>;

/** A tool and the version that a job needs, as one word. */
export const toolKey = ({ name: tool, version }: { name: string; version?: string | undefined }) =>
  version === undefined ? tool : `${tool} ${version}`;
