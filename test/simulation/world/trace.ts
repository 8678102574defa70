import type { Recorded } from "../../../src/engine/events.ts";
import type { Launch } from "../../../src/engine/ports.ts";
import type { State } from "../../../src/engine/state.ts";

/** All that happens in a simulated world, in one order. Checkers see nothing else. */
export type Entry =
  /** Survives every crash from here on. */
  | { kind: "durable"; recorded: Recorded }
  /** A process group really begins; it is really gone. */
  | { kind: "process"; launch: Launch; at: number }
  | { kind: "gone"; token: string }
  | { kind: "stop"; token: string; mode: "graceful" | "now" }
  /** The engine told somebody that this is done and will stay done. */
  | { kind: "acknowledged"; what: Acknowledged }
  | { kind: "notified"; recorded: Recorded }
  | { kind: "crashed" }
  | { kind: "stopped" }
  | { kind: "closed" }
  /** The journal was read again; what the engine makes of it, before it goes on. */
  | { kind: "reopened"; state: State }
  /** Nothing is being written and nothing is waiting to be. The state must be what the journal says. */
  | { kind: "quiet"; state: State }
  /** Faults had stopped for long, and still not everything has finished. */
  | { kind: "stuck"; state: State };

export type Acknowledged =
  | { what: "created"; run: string; release: number }
  | { what: "cancelled"; run: string; mode: "graceful" | "now" }
  | { what: "retried"; run: string; jobs: string[] }
  | { what: "answered"; run: string; environment: string; answer: string }
  | { what: "finished"; run: string; conclusion: string };

/** One line for people. */
export function describe(entry: Entry): string {
  switch (entry.kind) {
    case "durable": {
      const { seq, at, event } = entry.recorded;
      const { type, run, ...rest } = event;
      const parts = Object.entries(rest).flatMap(([key, value]) =>
        typeof value === "object" && !(Array.isArray(value) || key === "failure")
          ? []
          : [`${key}=${JSON.stringify(value)}`],
      );
      return `journal ${seq} at ${at}: ${type} ${run} ${parts.join(" ")}`;
    }
    case "process":
      return `process begins: ${entry.launch.run} ${entry.launch.job} attempt ${entry.launch.attempt} ${entry.launch.token}`;
    case "gone":
      return `process gone: ${entry.token}`;
    case "stop":
      return `stop ${entry.mode}: ${entry.token}`;
    case "acknowledged":
      return `told: ${JSON.stringify(entry.what)}`;
    case "notified":
      return `notified of ${entry.recorded.seq}`;
    case "crashed":
      return "CRASH";
    case "stopped":
      return "the engine stopped: a write failed";
    case "closed":
      return "closed in good order";
    case "reopened":
      return `reopened at ${entry.state.seq}`;
    case "quiet":
      return "quiet";
    case "stuck":
      return "STUCK";
    default:
      return entry satisfies never;
  }
}
