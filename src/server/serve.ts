import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { AgentDesk } from "../control/local/agents/agent-desk.ts";
import { AccessStore } from "./access/access-store.ts";
import { OpenIdConnect } from "./access/oidc.ts";
import type { OidcSettings } from "./access/oidc-settings.ts";
import { SignIn } from "./access/sign-in.ts";
import { AccessLog } from "./access-log.ts";
import { type Bindings, makeApp, withSecurityHeaders } from "./app.ts";
import { Dashboard, dashboardFolder } from "./dashboard.ts";
import { DriftLooks } from "./drift-looks.ts";
import { Feed } from "./feed.ts";
import { Hooks } from "./hooks/hooks.ts";
import { Metrics } from "./metrics.ts";
import { isLoopbackAddress } from "./origin.ts";
import { Promotions } from "./promotions.ts";
import { Proxies, proxiesHere } from "./proxies.ts";
import { Pushes } from "./pushes.ts";
import { Reads } from "./reads.ts";
import { ScheduledTimes } from "./scheduled-times.ts";
import { Schedules } from "./schedules.ts";
import { Underways } from "./underways.ts";
import { Viewers } from "./viewers.ts";
import { type Confirmed, whenConfirmed } from "./when-confirmed.ts";

export interface ServeOptions {
  host: Host;
  /** What it listens on; port 0 takes a free one. */
  listen: { host: string; port: number };
  /** The name under which a proxy shows it to others. */
  publicUrl?: URL | undefined;
  /** Who may say for whom they ask. Default: with a public URL who is on this machine, otherwise nobody. */
  proxies?: Proxies | undefined;
  /** Of the host: what the server keeps lies in it as well. */
  stateFolder: string;
  /** Who asks where nobody signs in. */
  owner: string;
  /** What runs that are started here are given as secrets. */
  secretsFile?: string | undefined;
  /** Branches whose pushes are run here. */
  deliver?: readonly string[];
  /** How long after the last look for drift at an environment there is another one, in milliseconds. Absent: nobody looks. */
  driftEveryMs?: number | undefined;
  /** That webhooks are signed with; without one none is taken. */
  webhookSecret?: string | undefined;
  version: string;
  /** Hands jobs out to agents; closed with the server. */
  agents?: AgentDesk | undefined;
  /** Where people sign in besides with a token. */
  oidc?: OidcSettings | undefined;
  /** Where it is the leader of several servers. */
  leads?: Leads | undefined;
  /** Told of what goes wrong beside the answers. */
  report(error: unknown): void;
  limits?: Partial<typeof defaultLimits>;
}

export interface Leads {
  readonly epoch: number;
  readonly takeovers: number;
  /** Resolves when others go on from all that is so now, whatever becomes of this server. */
  confirmed: Confirmed;
}

export interface Serving {
  /** `http://127.0.0.1:8787`. */
  url: string;
  /** Answers nobody any more and lets go of everything. */
  close(): Promise<void>;
}

/** Limits on what a connection may cost, in milliseconds and bytes. */
const defaultLimits = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
};
const mostConnections = 1024;
const mostViewers = 500;

/** Somebody who is not on this machine reaches it, himself or through a proxy: everybody signs in. */
export const isOpenToOthers = ({ listen, publicUrl }: Pick<ServeOptions, "listen" | "publicUrl">) =>
  publicUrl !== undefined || !isLoopbackAddress(listen.host);

/** Opens the server and listens. @throws what listening throws */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host, listen, publicUrl, stateFolder, owner, secretsFile, version, report, leads } = options;
  const accessLog = new AccessLog(stateFolder);
  const metrics = new Metrics(leads);
  const startedAt = Date.now();
  const feed = await Feed.open(host, ({ at, conclusion }) => {
    if (conclusion !== undefined && at >= startedAt) metrics.runFinished(conclusion);
  });
  const stop = new AbortController();
  const access = new AccessStore(stateFolder);
  const isLoopback = isLoopbackAddress(listen.host);
  const underways = new Underways({ host, stateFolder, secretsFile, report });
  const pushes = new Pushes({ host, underways, accessLog, secretsFile, branches: options.deliver ?? [], report });
  const schedules = new Schedules({
    host,
    underways,
    accessLog,
    times: new ScheduledTimes(stateFolder),
    secretsFile,
    branches: options.deliver ?? [],
    report,
    now: Date.now,
  });
  const promotions = new Promotions({
    host,
    underways,
    accessLog,
    secretsFile,
    branches: options.deliver ?? [],
    report,
    now: Date.now,
  });
  const { driftEveryMs: everyMs } = options;
  const driftLooks = everyMs && new DriftLooks({ host, everyMs, secretsFile, report, now: Date.now });
  const isSecure = publicUrl?.protocol === "https:";
  const oidc = options.oidc && new OpenIdConnect({ settings: options.oidc, isSecure, report });
  const app = makeApp({
    host,
    feed,
    reads: new Reads(feed),
    metrics,
    viewers: new Viewers(mostViewers),
    stopping: stop.signal,
    names: { publicUrl, isLoopback },
    proxies: options.proxies ?? new Proxies(publicUrl === undefined ? [] : proxiesHere),
    signIn: new SignIn({
      access,
      owner,
      isRequired: isOpenToOthers(options),
      isSecure,
      oidc,
    }),
    accessLog,
    underways,
    pushes,
    hooks: new Hooks(options.webhookSecret),
    secretsFile,
    dashboard: new Dashboard(dashboardFolder()),
    version,
    report,
    access,
    agents: options.agents,
  });
  const server = createAdaptorServer({
    fetch: async (request: Request, env: Bindings) => {
      const answer = withSecurityHeaders(await app.fetch(request, env));
      return leads === undefined ? answer : await whenConfirmed(answer, leads.confirmed);
    },
    serverOptions: { ...defaultLimits, ...options.limits },
  }) as Server;
  server.maxConnections = mostConnections;
  try {
    server.listen(listen.port, listen.host);
    await once(server, "listening");
  } catch (error) {
    await feed.close();
    throw error;
  }
  const telling = await host.tell({ secretsFile, publicUrl });
  // A host that cannot tell has nobody to tell.
  if (!telling.ok && telling.refusal.code !== "host-cannot") report(new Refused(telling.refusal));
  await underways.takeUpLeft();
  void oidc?.look();
  pushes.begin();
  schedules.begin(pushes.settled());
  await underways.takeBackOwed();
  promotions.begin(pushes.settled());
  if (driftLooks) driftLooks.begin();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${port}`,
    async close() {
      stop.abort();
      options.agents?.exchange.answerAll();
      const closed = once(server, "close");
      server.close();
      // Streams end by themselves now, and leave their connections idle.
      const idle = setInterval(() => server.closeIdleConnections(), idleLookMs);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(cut);
      await Promise.all([
        pushes.close(),
        schedules.close(),
        promotions.close(),
        driftLooks ? driftLooks.close() : undefined,
      ]);
      await underways.close();
      if (telling.ok) await telling.value.stop({ withinMs: graceMs });
      await feed.close();
      options.agents?.close();
      access.close();
    },
  };
}

/** How long answers that are under way may take to end. */
const graceMs = 5_000;
const idleLookMs = 20;
