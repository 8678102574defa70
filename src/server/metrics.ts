import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type Asked, answered } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { Exchange } from "../control/local/agents/exchange.ts";
import { AgentMetrics } from "./agents/agent-metrics.ts";
import type { Feed } from "./feed.ts";

export interface Measured {
  host: Host;
  feed: Feed;
  underways: { readonly size: number };
  viewers: { readonly count: number };
  agents?: { exchange: Pick<Exchange, "standing"> } | undefined;
}

interface Leading {
  readonly epoch: number;
  readonly takeovers: number;
}

/** What Prometheus is told: of the journal when it asks, of requests as they are answered. Labels come from short lists only. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #agents: AgentMetrics;
  readonly #requests: Counter<"route" | "status">;
  readonly #seconds: Histogram<"route">;
  readonly #finished: Counter<"conclusion">;
  readonly #open: Gauge;
  readonly #underway: Gauge;
  readonly #events: Gauge;
  readonly #viewers: Gauge;
  readonly #waiting: Gauge<"kind">;
  readonly #approvals: Gauge<"environment">;
  readonly #deployed: Gauge<"environment" | "pipeline">;

  /** `leads`: it is the leader of several servers. `delivery`: which one of a server's it is of, a label of all that is measured. */
  constructor({ leads, delivery }: { leads?: Leading | undefined; delivery?: string | undefined } = {}) {
    const registers = [this.#registry];
    if (delivery !== undefined) this.#registry.setDefaultLabels({ delivery });
    if (leads !== undefined) this.#leader(leads);
    this.#agents = new AgentMetrics(this.#registry);
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: "baton_http_requests_total",
      help: "Requests that were answered, by operation and status",
      labelNames: ["route", "status"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "baton_http_request_seconds",
      help: "How long an answer took to begin, by operation",
      labelNames: ["route"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    });
    this.#finished = new Counter({
      name: "baton_runs_finished_total",
      help: "Runs that have ended since the server was started, whoever ran them",
      labelNames: ["conclusion"],
      registers,
    });
    this.#open = new Gauge({ name: "baton_runs_open", help: "Runs that have not ended", registers });
    this.#underway = new Gauge({ name: "baton_runs_underway", help: "Runs that this server makes go on", registers });
    this.#events = new Gauge({ name: "baton_journal_event", help: "The number of the newest event", registers });
    this.#viewers = new Gauge({ name: "baton_viewers", help: "Streams that are open", registers });
    this.#waiting = new Gauge({
      name: "baton_waiting",
      help: "What has not started, by what it waits for",
      labelNames: ["kind"],
      registers,
    });
    this.#approvals = new Gauge({
      name: "baton_approvals_waiting",
      help: "Environments that wait for a person, by name",
      labelNames: ["environment"],
      registers,
    });
    this.#deployed = new Gauge({
      name: "baton_deployed_release",
      help: "The release that is deployed",
      labelNames: ["environment", "pipeline"],
      registers,
    });
  }

  /** Neither changes while it leads. */
  #leader({ epoch, takeovers }: Leading): void {
    const registers = [this.#registry];
    new Gauge({ name: "baton_leader", help: "Whether this server leads", registers }).set(1);
    new Gauge({ name: "baton_leader_epoch", help: "How often a server began to lead", registers }).set(epoch);
    const help = "How often a server took another one's place";
    new Counter({ name: "baton_takeovers_total", help, registers }).inc(takeovers);
  }

  answeredOne(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status: String(status) });
    this.#seconds.observe({ route }, seconds);
  }

  runFinished(conclusion: string): void {
    this.#finished.inc({ conclusion });
  }

  async text({ host, feed, underways, viewers, agents }: Measured): Promise<Asked<string>> {
    const status = await host.status({ most: 0 });
    if (!status.ok) return status;
    const { open, deployed } = status.value;
    const { waiting } = answered(await host.waits());
    this.#open.set(open.length);
    this.#underway.set(underways.size);
    this.#events.set(feed.seq);
    this.#viewers.set(viewers.count);
    if (agents !== undefined) this.#agents.measure(agents.exchange.standing());
    this.#waiting.reset();
    for (const { wait } of waiting) this.#waiting.inc({ kind: wait.kind });
    this.#approvals.reset();
    for (const { environment } of open.flatMap(({ approvals }) => approvals)) this.#approvals.inc({ environment });
    this.#deployed.reset();
    for (const [environment, pipelines] of Object.entries(deployed)) {
      for (const [pipeline, { release }] of Object.entries(pipelines)) {
        this.#deployed.set({ environment, pipeline }, release);
      }
    }
    return { ok: true, value: await this.#registry.metrics() };
  }
}
