import { allCheckers } from "./checkers.ts";
import { Ledger } from "./ledger.ts";
import { describe, type Entry } from "./world/trace.ts";
import { type Sabotage, World } from "./world/world.ts";

export interface Violation {
  seed: number;
  checker: string;
  message: string;
  /** Everything up to the violation, one line each. */
  trace: string[];
}

export interface SimulateOptions {
  sabotage?: Sabotage;
  /** Only the checker of this name. */
  only?: string;
  crash?: { flush: number; when: "before" | "after" };
  onEnd?: (life: Life) => void;
}

/** What happened in a world, for those who count. */
export interface Life {
  entries: readonly Entry[];
  flushes: number;
}

class Broken extends Error {
  readonly checker: string;

  constructor(checker: string, message: string) {
    super(message);
    this.checker = checker;
  }
}

/** Lives one world through; undefined when every promise held. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Violation | undefined> {
  const { only } = options;
  const checkers = allCheckers().filter((checker) => only === undefined || checker.name === only);
  const ledger = new Ledger();
  /** What the journal comes to if nothing of it is lost: a process may begin before what it rests on is durable. */
  let ahead = new Ledger();
  const durable: Extract<Entry, { kind: "durable" }>[] = [];
  const entries: Entry[] = [];
  let broken: Broken | undefined;
  const record = (entry: Entry) => {
    if (broken !== undefined) return;
    entries.push(entry);
    if (entry.kind === "durable") {
      ledger.see(entry.recorded, entry.elapsed);
      durable.push(entry);
    }
    if (entry.kind === "taken") ahead.see(entry.recorded, entry.elapsed);
    if (entry.kind === "lost") {
      ahead = new Ledger();
      for (const { recorded, elapsed } of durable) ahead.see(recorded, elapsed);
    }
    for (const checker of checkers) {
      const message = checker.see(entry, entry.kind === "process" ? ahead : ledger);
      if (message === undefined) continue;
      broken = new Broken(checker.name, message);
      return;
    }
  };
  const { sabotage, crash } = options;
  const world = new World({ seed, record, ...(sabotage && { sabotage }), ...(crash && { crash }) });
  try {
    await world.live();
    if (world.bug !== undefined) throw world.bug;
  } catch (error) {
    const message = error instanceof Error ? `${error.stack}\n${String(error.cause ?? "")}` : String(error);
    broken ??= new Broken("no exception", message);
  }
  options.onEnd?.({ entries, flushes: world.flushes });
  if (broken === undefined) return undefined;
  return { seed, checker: broken.checker, message: broken.message, trace: entries.map(describe) };
}
