import { Gauge, type Registry } from "prom-client";
import type { Exchange } from "../../control/local/agents/exchange.ts";

/** What waits for agents, by what it asks of a machine: what an autoscaler goes by. */
export class AgentMetrics {
  readonly #queued: Gauge<"labels">;
  readonly #oldest: Gauge<"labels">;
  readonly #running: Gauge<"agent">;
  readonly #slots: Gauge<"agent">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#queued = new Gauge({
      name: "baton_agent_queue",
      help: "Jobs that wait for an agent, by the labels that they ask for",
      labelNames: ["labels"],
      registers,
    });
    this.#oldest = new Gauge({
      name: "baton_agent_queue_seconds",
      help: "How long the oldest of them has been waiting",
      labelNames: ["labels"],
      registers,
    });
    this.#running = new Gauge({
      name: "baton_agent_leases",
      help: "Attempts that an agent holds",
      labelNames: ["agent"],
      registers,
    });
    this.#slots = new Gauge({
      name: "baton_agent_slots",
      help: "How many attempts an agent that is connected runs at a time",
      labelNames: ["agent"],
      registers,
    });
  }

  measure({ agents, queued, running }: ReturnType<Exchange["standing"]>): void {
    for (const gauge of [this.#queued, this.#oldest, this.#running, this.#slots]) gauge.reset();
    const now = Date.now();
    // The oldest of each kind comes first.
    const seen = new Set<string>();
    for (const { runsOn, queuedAt } of queued) {
      const labels = runsOn.join(",");
      this.#queued.inc({ labels });
      if (!seen.has(labels)) this.#oldest.set({ labels }, Math.max(0, now - queuedAt) / 1000);
      seen.add(labels);
    }
    for (const { name: agent, slots } of agents) this.#slots.inc({ agent }, slots);
    for (const { agent } of running) this.#running.inc({ agent });
  }
}
