import type { z } from "zod";
import {
  type AgentRouteName,
  agentHeader,
  agentRoutes,
  protocolHeader,
  protocolVersion,
  type Registered,
} from "../server/wire/agents.ts";

/** The server has said no, and says no again when it is asked again. */
export class TurnedAway extends Error {
  override readonly name = "TurnedAway";
  readonly status: number;
  readonly code: string;
  readonly next: string | undefined;

  constructor(status: number, { title, code, next }: { title?: string; code?: string; next?: string }) {
    super(title ?? `the server answered ${status}`);
    this.status = status;
    this.code = code ?? "";
    this.next = next;
  }
}

/** Nobody answered, or a server that stops, begins or has too much to do: worth another try. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

export interface AgentQuestion {
  params?: Record<string, string>;
  query?: Record<string, string | number>;
  body?: unknown;
  signal?: AbortSignal;
  /** No answer for so long is none. */
  limitMs?: number;
  /** In the name of an earlier start of this agent. */
  agent?: string;
}

type Answer<Name extends AgentRouteName> = (typeof agentRoutes)[Name]["answer"] extends infer Schema extends z.ZodType
  ? z.infer<Schema>
  : never;

const usualLimitMs = 30_000;

/** What an agent asks its server. */
export class Connection {
  readonly #url: string;
  readonly #agent: string;
  #credential: string | undefined;

  constructor({ url, agent, credential }: { url: string; agent: string; credential?: string | undefined }) {
    this.#url = url.replace(/\/$/, "");
    this.#agent = agent;
    this.#credential = credential;
  }

  /** Trades a one-time token for a credential, which is used from then on. @throws {TurnedAway | Unreachable} */
  async register(token: string): Promise<Registered> {
    this.#credential = token;
    const registered = await this.ask("register", { body: {} });
    this.#credential = registered.credential;
    return registered;
  }

  /** @throws {TurnedAway | Unreachable} */
  async ask<Name extends AgentRouteName>(name: Name, question: AgentQuestion = {}): Promise<Answer<Name>> {
    const response = await this.#send(name, question);
    const { answer } = agentRoutes[name];
    if (answer === "bytes") throw new Error(`${name} is answered with bytes`);
    try {
      return answer.parse(await response.json()) as Answer<Name>;
    } catch (error) {
      throw new Unreachable(`the server's answer cannot be understood: ${messageOf(error)}`);
    }
  }

  /** @throws {TurnedAway | Unreachable}, also while it is read */
  async bytes(name: AgentRouteName, question: AgentQuestion = {}): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#send(name, { ...question, limitMs: question.limitMs ?? 10 * 60_000 });
    const read = async function* () {
      try {
        for await (const piece of body ?? []) yield piece as Uint8Array;
      } catch (error) {
        throw new Unreachable(`the connection was cut: ${messageOf(error)}`);
      }
    };
    return read();
  }

  async #send(name: AgentRouteName, question: AgentQuestion): Promise<Response> {
    const { params = {}, query = {}, body, signal, limitMs = usualLimitMs } = question;
    const { method, path } = agentRoutes[name];
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key]!));
    const asked = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) asked.set(key, String(value));
    const isBytes = body instanceof Uint8Array;
    const limit = AbortSignal.timeout(limitMs);
    let response: Response;
    try {
      response = await fetch(`${this.#url}${filled}${asked.size === 0 ? "" : `?${asked}`}`, {
        method: method.toUpperCase(),
        headers: {
          [protocolHeader]: String(protocolVersion),
          [agentHeader]: question.agent ?? this.#agent,
          ...(this.#credential !== undefined && { authorization: `Bearer ${this.#credential}` }),
          ...(body !== undefined && { "content-type": isBytes ? "application/octet-stream" : "application/json" }),
        },
        ...(body !== undefined && { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
        redirect: "error",
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
    } catch (error) {
      throw new Unreachable(messageOf(error));
    }
    if (response.ok) return response;
    const said = (await response.json().catch(() => ({}))) as { title?: string; code?: string; next?: string } | null;
    // A proxy in between has its own reasons, and no word of the server's in its answer.
    const isOfServer = response.headers.has(protocolHeader) || typeof said?.code === "string";
    if (response.status >= 500 || [408, 429].includes(response.status) || !isOfServer)
      throw new Unreachable(said?.title ?? `HTTP ${response.status}`);
    throw new TurnedAway(response.status, said ?? {});
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
