import type { Recorded } from "../../../../src/engine/events.ts";
import type { Launch } from "../../../../src/engine/ports.ts";
import type { State } from "../../../../src/engine/state.ts";

/** All that happens in a simulated world, in one order. Checkers see nothing else. */
export type Entry =
  /** Survives every crash from here on. */
  | { kind: "durable"; recorded: Recorded; session: string; elapsed: number }
  /** In a transaction that is open: it becomes durable, or is lost with all behind it. */
  | { kind: "taken"; recorded: Recorded; elapsed: number }
  | { kind: "lost"; recorded: readonly Recorded[] }
  /** A process group really begins; it is really gone. */
  | { kind: "process"; launch: Launch; session: string }
  | { kind: "gone"; token: string }
  | { kind: "stop"; token: string; mode: "graceful" | "now" }
  /** The engine told somebody that this is done and will stay done. */
  | { kind: "acknowledged"; what: Acknowledged }
  | { kind: "notified"; recorded: Recorded; session: string }
  | { kind: "crashed"; session: string }
  | { kind: "stopped"; session: string }
  | { kind: "closed"; session: string }
  /** Others take this session for gone, and it is not. */
  | { kind: "lease lost"; session: string }
  /** A Baton came; what its engine makes of the journal, before anything is asked of it. */
  | { kind: "opened"; session: string; state: State }
  /** Nobody writes or has anything left to read. The state of each engine must be what the journal says. */
  | { kind: "quiet"; session: string; state: State; alive: ReadonlySet<string> }
  /** Faults had stopped, and those who are there had long enough to bring their runs to an end; nobody adopted any. */
  | { kind: "patient"; state: State; alive: ReadonlySet<string> }
  /** Faults had stopped for long, and still not everything has finished. */
  | { kind: "stuck"; state: State };

export type Acknowledged =
  | { what: "created"; run: string; release: number }
  | { what: "cancelled"; run: string; mode: "graceful" | "now" }
  | { what: "retried"; run: string; jobs: string[] }
  | { what: "answered"; run: string; environment: string; answer: string; by: string }
  | { what: "finished"; run: string; conclusion: string };

/** One line for people. */
export function describe(entry: Entry): string {
  switch (entry.kind) {
    case "durable": {
      const { seq, at, event } = entry.recorded;
      const by = entry.session;
      const { type, run, ...rest } = event;
      const parts = Object.entries(rest).flatMap(([key, value]) =>
        typeof value === "object" && !(Array.isArray(value) || key === "failure")
          ? []
          : [`${key}=${JSON.stringify(value)}`],
      );
      return `journal ${seq} at ${at} by ${by}: ${type} ${run} ${parts.join(" ")}`;
    }
    case "taken":
      return `taken ${entry.recorded.seq}: ${entry.recorded.event.type}`;
    case "lost":
      return `LOST: ${entry.recorded.map(({ seq }) => seq).join(", ")}`;
    case "process":
      return `process begins under ${entry.session}: ${entry.launch.run} ${entry.launch.job} attempt ${entry.launch.attempt} ${entry.launch.token}`;
    case "gone":
      return `process gone: ${entry.token}`;
    case "stop":
      return `stop ${entry.mode}: ${entry.token}`;
    case "acknowledged":
      return `told: ${JSON.stringify(entry.what)}`;
    case "notified":
      return `${entry.session} notified of ${entry.recorded.seq}`;
    case "crashed":
      return `CRASH of ${entry.session}`;
    case "stopped":
      return `${entry.session} stopped: a write failed`;
    case "closed":
      return `${entry.session} closed in good order`;
    case "lease lost":
      return `the lease of ${entry.session} is LOST`;
    case "opened":
      return `${entry.session} opened at ${entry.state.seq}`;
    case "quiet":
      return `quiet (${entry.session})`;
    case "patient":
      return "patient";
    case "stuck":
      return "STUCK";
    default:
      return entry satisfies never;
  }
}
