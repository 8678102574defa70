import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Host } from "../control/host.ts";
import { makeApp, withSecurityHeaders } from "./app.ts";
import { Dashboard, dashboardFolder } from "./dashboard.ts";
import { Feed } from "./feed.ts";
import { isLoopbackAddress } from "./origin.ts";
import { Reads } from "./reads.ts";

export interface ServeOptions {
  host: Host;
  /** What it listens on; port 0 takes a free one. */
  listen: { host: string; port: number };
  publicUrl?: URL | undefined;
  version: string;
  report(error: unknown): void;
}

export interface Serving {
  /** `http://127.0.0.1:8787`. */
  url: string;
  /** Answers nobody any more and lets go of everything. */
  close(): Promise<void>;
}

/** Limits on what a connection may cost, in milliseconds and bytes. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
};
const mostConnections = 1024;

/** Opens the server and listens. @throws what listening throws */
export async function serve({ host, listen, publicUrl, version, report }: ServeOptions): Promise<Serving> {
  const feed = await Feed.open(host);
  const stop = new AbortController();
  const app = makeApp({
    host,
    feed,
    reads: new Reads(feed),
    stopping: stop.signal,
    names: { publicUrl, isLoopback: isLoopbackAddress(listen.host) },
    dashboard: new Dashboard(dashboardFolder()),
    version,
    report,
  });
  const server = createAdaptorServer({
    fetch: async (request: Request) => withSecurityHeaders(await app.fetch(request)),
    serverOptions: limits,
  }) as Server;
  server.maxConnections = mostConnections;
  try {
    server.listen(listen.port, listen.host);
    await once(server, "listening");
  } catch (error) {
    await feed.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${port}`,
    async close() {
      stop.abort();
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
      await feed.close();
    },
  };
}

/** How long answers that are under way may take to end. */
const graceMs = 5_000;
