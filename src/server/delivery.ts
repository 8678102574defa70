import type { Hono } from "hono";
import { Refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { AgentDesk } from "../control/local/agents/agent-desk.ts";
import type { AccessStore } from "./access/access-store.ts";
import type { SignIn } from "./access/sign-in.ts";
import { AccessLog } from "./access-log.ts";
import { type Bindings, makeApp } from "./app.ts";
import type { Dashboard } from "./dashboard.ts";
import { DriftLooks } from "./drift-looks.ts";
import { Feed } from "./feed.ts";
import type { Hooks } from "./hooks/hooks.ts";
import { Metrics } from "./metrics.ts";
import type { Names } from "./origin.ts";
import { Promotions } from "./promotions.ts";
import type { Proxies } from "./proxies.ts";
import { Pushes } from "./pushes.ts";
import { Reads } from "./reads.ts";
import type { Room } from "./room.ts";
import { ScheduledTimes } from "./scheduled-times.ts";
import { Schedules } from "./schedules.ts";
import { Underways } from "./underways.ts";
import type { Viewers } from "./viewers.ts";
import type { Confirmed } from "./when-confirmed.ts";

/** What is served of one delivery, and how. */
export interface DeliveryOptions {
  host: Host;
  /** Of the host: what the server keeps of it lies in it as well. */
  stateFolder: string;
  /** What runs that are started here are given as secrets. */
  secretsFile?: string | undefined;
  /** Branches whose pushes are run here. */
  deliver?: readonly string[] | undefined;
  /** How long after the last look for drift at an environment there is another one, in milliseconds. Absent: nobody looks. */
  driftEveryMs?: number | undefined;
  /** Hands jobs out to agents; closed with the server. */
  agents?: AgentDesk | undefined;
  /** Where it is the leader of several servers. */
  leads?: Leads | undefined;
}

export interface Leads {
  readonly epoch: number;
  readonly takeovers: number;
  /** Resolves when others go on from all that is so now, whatever becomes of this server. */
  confirmed: Confirmed;
}

/** What a server has once, for all that it serves. */
export interface Shared {
  names: Names;
  proxies: Proxies;
  access: AccessStore;
  signIn: SignIn;
  hooks: Hooks;
  dashboard: Dashboard;
  viewers: Viewers;
  room: Room;
  stopping: AbortSignal;
  version: string;
  /** Told of what goes wrong beside the answers. */
  report(error: unknown): void;
}

/** A delivery that is open: what answers for it, and what goes on without anybody asking. */
export interface OpenDelivery {
  app: Hono<{ Bindings: Bindings }>;
  feed: Feed;
  pushes: Pushes;
  /** Goes on with what was left and begins to look by itself; `publicUrl` is where people find it. */
  begin(publicUrl: URL | undefined): Promise<void>;
  close(): Promise<void>;
}

/** How long what is under way may take to end. */
const graceMs = 5_000;

/** @throws {Refused} where its journal cannot be read */
export async function openDelivery(
  options: DeliveryOptions & { name?: string | undefined },
  shared: Shared,
): Promise<OpenDelivery> {
  const { name, host, stateFolder, secretsFile, deliver: branches = [], driftEveryMs: everyMs, agents } = options;
  const { report, room } = shared;
  const accessLog = new AccessLog(stateFolder);
  const metrics = new Metrics({ leads: options.leads, delivery: name });
  const startedAt = Date.now();
  const feed = await Feed.open(host, ({ at, conclusion }) => {
    if (conclusion !== undefined && at >= startedAt) metrics.runFinished(conclusion);
  });
  const underways = new Underways({ host, stateFolder, secretsFile, report, room });
  const pushes = new Pushes({ host, underways, accessLog, secretsFile, branches, report });
  const looks = { host, underways, accessLog, secretsFile, branches, report, now: Date.now };
  const schedules = new Schedules({ ...looks, times: new ScheduledTimes(stateFolder) });
  const promotions = new Promotions(looks);
  const driftLooks = everyMs && new DriftLooks({ host, everyMs, secretsFile, report, now: Date.now });
  let telling: Awaited<ReturnType<Host["tell"]>> | undefined;
  const app = makeApp({
    ...shared,
    host,
    feed,
    reads: new Reads(feed),
    metrics,
    accessLog,
    underways,
    pushes,
    secretsFile,
    agents,
    under: name === undefined ? "" : `/d/${name}`,
  });
  return {
    app,
    feed,
    pushes,
    async begin(publicUrl) {
      telling = await host.tell({ secretsFile, publicUrl });
      // A host that cannot tell has nobody to tell.
      if (!telling.ok && telling.refusal.code !== "host-cannot") report(new Refused(telling.refusal));
      await underways.takeUpLeft();
      pushes.begin();
      schedules.begin(pushes.settled());
      await underways.takeBackOwed();
      promotions.begin(pushes.settled());
      if (driftLooks) driftLooks.begin();
    },
    async close() {
      await Promise.all([
        pushes.close(),
        schedules.close(),
        promotions.close(),
        driftLooks ? driftLooks.close() : undefined,
      ]);
      await underways.close();
      if (telling?.ok) await telling.value.stop({ withinMs: graceMs });
      await feed.close();
      agents?.close();
    },
  };
}
