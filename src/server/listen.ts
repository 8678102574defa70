import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Bindings, withSecurityHeaders } from "./app.ts";

export interface ListenOptions {
  /** What it listens on; port 0 takes a free one. */
  listen: { host: string; port: number };
  limits?: Partial<typeof defaultLimits> | undefined;
  answer(request: Request, env: Bindings): Promise<Response>;
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

/** How long answers that are under way may take to end. */
const graceMs = 5_000;
const idleLookMs = 20;

/** @throws what listening throws */
export async function listening({ listen, limits, answer }: ListenOptions): Promise<{
  /** `http://127.0.0.1:8787`. */
  url: string;
  /** Answers nobody any more. */
  close(): Promise<void>;
}> {
  const server = createAdaptorServer({
    fetch: async (request: Request, env: Bindings) => withSecurityHeaders(await answer(request, env)),
    serverOptions: { ...defaultLimits, ...limits },
  }) as Server;
  server.maxConnections = mostConnections;
  server.listen(listen.port, listen.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      // Streams end by themselves now, and leave their connections idle.
      const idle = setInterval(() => server.closeIdleConnections(), idleLookMs);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(cut);
    },
  };
}
