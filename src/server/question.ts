import type { Host } from "../control/host.ts";
import type { AgentDesk } from "../control/local/agents/agent-desk.ts";
import type { AccessLog } from "./access-log.ts";
import type { Feed } from "./feed.ts";
import type { Metrics } from "./metrics.ts";
import type { Reads } from "./reads.ts";
import type { Underways } from "./underways.ts";
import type { Viewers } from "./viewers.ts";
import type { BodyOf, QueryOf, RouteName } from "./wire/routes.ts";

/** What an answer is made from. */
export interface Sources {
  host: Host;
  feed: Feed;
  reads: Reads;
  metrics: Metrics;
  accessLog: AccessLog;
  /** Streams that are open now. */
  viewers: Viewers;
  /** The runs that this server makes go on. */
  underways: Underways;
  /** Where jobs are handed out to agents. */
  agents?: AgentDesk | undefined;
  /** Nobody is answered any more. */
  stopping: AbortSignal;
  /** Told of what went wrong and is nobody's mistake who asked. */
  report(error: unknown): void;
}

export interface Question<Name extends RouteName> {
  params: Readonly<Record<string, string>>;
  query: QueryOf<Name>;
  body: BodyOf<Name>;
  /** With who asks: when he hangs up. */
  request: Request;
}

/** What was sent to a route, before anything of it is believed. */
export interface Asking {
  request: Request;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** Where it comes from. */
  address: string;
}

/** What is true now need not be true when somebody asks again. */
export const uncached = { "cache-control": "no-store" };
