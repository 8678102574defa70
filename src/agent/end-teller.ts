import { setTimeout } from "node:timers/promises";
import type { Ended } from "../engine/ports.ts";
import { mostText } from "../server/wire/agents.ts";
import { type Connection, TurnedAway, Unreachable } from "./connection.ts";

type End = Pick<Ended, "durationMs" | "result">;

export interface EndTellerOptions {
  connection: Connection;
  say(line: string): void;
  /** Nobody waits for it any more. */
  isOver(): boolean;
}

const longestWaitMs = 2_000;

/** Tells the server how an attempt has ended, until it knows: what it does not take as it is, it is told as a plain failure. */
export class EndTeller {
  readonly #options: EndTellerOptions;

  constructor(options: EndTellerOptions) {
    this.#options = options;
  }

  /** False when the server knows it in no words. */
  async tell(token: string, end: End): Promise<boolean> {
    const refusal = await this.#ask(token, { ...end, result: withinLimits(end.result) });
    if (refusal === undefined) return true;
    const { durationMs, result } = end;
    this.#options.say(
      `the end of ${token} (${result.kind}) was not taken: ${refusal.message}; it is told as a failure`,
    );
    const message = `it has ended (${result.kind}), and the server did not take how: ${refusal.message}`;
    const failure = { kind: "output" as const, message };
    const again = await this.#ask(token, { durationMs, result: withinLimits({ kind: "failed", failure }) });
    if (again !== undefined) this.#options.say(`the end of ${token} is known to nobody: ${again.message}`);
    return again === undefined;
  }

  async #ask(token: string, body: End): Promise<TurnedAway | undefined> {
    for (let tries = 0; !this.#options.isOver(); tries++) {
      try {
        await this.#options.connection.ask("ended", { params: { token }, body });
        return undefined;
      } catch (error) {
        if (error instanceof TurnedAway) return error;
        if (!(error instanceof Unreachable)) throw error;
        await setTimeout(Math.min(50 * 2 ** tries, longestWaitMs));
      }
    }
    return undefined;
  }
}

/** Names of the user's own may make a sentence as long as they like. */
function withinLimits(result: Ended["result"]): Ended["result"] {
  if (result.kind === "lost") return { ...result, because: cut(result.because) };
  if (result.kind !== "failed") return result;
  return { ...result, failure: { ...result.failure, message: cut(result.failure.message) } };
}

export const cut = (text: string) => (text.length <= mostText ? text : `${text.slice(0, mostText - 1)}…`);
