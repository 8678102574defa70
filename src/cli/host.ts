import { connect } from "../control/connect.ts";
import { type Actor, answered } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import { actorHere } from "../control/local/actor.ts";
import type { Wishes } from "../control/platform/wanted.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Whom a command asks, and in whose name. */
export interface Connected {
  host: Host;
  by: Actor;
}

/** @throws {Refused} */
export async function connected(terminal: Terminal, options: Wishes & { on?: string | undefined }): Promise<Connected> {
  return { host: answered(await connect(terminal, options)), by: actorHere(terminal.env) };
}
