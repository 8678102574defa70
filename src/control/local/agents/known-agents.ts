import type { Clock } from "../../../engine/ports.ts";
import type { Holder } from "../../../store/attempt-table.ts";
import type { AgentView } from "./board.ts";
import type { Poll, PollResult } from "./poll.ts";

interface Known extends AgentView {
  until: number;
  /** Of its newest question. */
  number: number | undefined;
  /** What it was told of what it holds: that is told with each answer, as one may be lost, and is news only once. */
  told: ReadonlyMap<string, "graceful" | "now" | "lost">;
}

/** The starts of agents that were heard of lately: what they say of themselves, and what they were told. */
export class KnownAgents {
  readonly #agents = new Map<string, Known>();
  readonly #clock: Clock;
  readonly #leaseMs: number;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  hears({ holder, name, number, labels, slots, free, tools }: Poll): void {
    const until = this.#clock.elapsed() + this.#leaseMs;
    const { told = new Map() } = this.#agents.get(holder.agent) ?? {};
    this.#agents.set(holder.agent, {
      name,
      number,
      labels: [...labels],
      slots,
      free,
      tools: { ...tools },
      until,
      told,
    });
  }

  forget(agent: string): void {
    this.#agents.delete(agent);
  }

  forgetSilent(): void {
    const now = this.#clock.elapsed();
    for (const [id, { until }] of this.#agents) if (until <= now) this.#agents.delete(id);
  }

  /** Its agent has asked again since, so nobody reads what is answered to this one. */
  isOutdated({ holder, number }: Poll, when: "came late" | "was waiting"): boolean {
    const newest = this.#agents.get(holder.agent)?.number;
    if (number === undefined || newest === undefined) return false;
    return when === "came late" ? number <= newest : number < newest;
  }

  /** Whether there is anything in it that this agent was not told before; now it is. */
  tells({ agent }: Holder, { claims, stops, lost, asks }: PollResult): boolean {
    const known = this.#agents.get(agent);
    const told = new Map<string, "graceful" | "now" | "lost">();
    for (const { token, mode } of stops) told.set(token, mode);
    for (const token of lost) told.set(token, "lost");
    const isNew = [...told].some(([token, what]) => known?.told.get(token) !== what);
    if (known !== undefined) known.told = told;
    return isNew || claims.length > 0 || asks.length > 0;
  }

  nameOf({ agent }: Holder): string {
    return this.#agents.get(agent)?.name ?? agent;
  }

  views(): AgentView[] {
    return [...this.#agents.values()].map(({ until: _, told: _told, number: _number, ...agent }) => agent);
  }
}
