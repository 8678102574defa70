import { once } from "node:events";
import type { CommandModule } from "../command.ts";
import { connected } from "../host.ts";
import { exitCodes, Failure, UsageError } from "../problem.ts";
import { version } from "../version.ts";
import { type ConfigOptions, configOption, examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(command)
    .description("Serve what is deployed, what runs and what waits for whom: a dashboard, and an API for programs.")
    .option("--port <PORT>", "where to listen; 0 takes a free one", "8787")
    .option("--host <ADDRESS>", "the address to listen on", "127.0.0.1");
  examples(command, [
    ["baton serve", "on this machine alone"],
    ["baton serve --port 9000", "where something else listens on 8787"],
  ]);
};

interface Options extends ConfigOptions {
  port: string;
  host: string;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const { port, host: address, config } = given as unknown as Options;
  const { isLoopbackAddress } = await import("../../server/origin.ts");
  if (!isLoopbackAddress(address)) {
    throw new UsageError(`--host ${address}: nobody signs in here, so only this machine is served`, {
      next: "leave --host out, and reach it from elsewhere through ssh -L 8787:127.0.0.1:8787",
    });
  }
  const { host } = await connected(terminal, { config });
  const { serve } = await import("../../server/serve.ts");
  const report = (error: unknown) => terminal.say(error instanceof Error ? (error.stack ?? error.message) : `${error}`);
  const serving = await serve({ host, listen: { host: address, port: portOf(port) }, version, report }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.syscall !== "listen") throw error;
      throw cannotListen(error, { address, port });
    },
  );
  terminal.print(serving.url);
  const stop = new AbortController();
  const asked = Promise.race(
    (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => once(process, signal, { signal: stop.signal })),
  );
  terminal.say("Ctrl-C stops it");
  await asked;
  stop.abort();
  await serving.close();
  return exitCodes.clean;
};

function portOf(given: string): number {
  const port = Number(given);
  if (/^\d+$/.test(given) && port <= 65_535) return port;
  throw new UsageError(`--port ${given} is not a port`, { next: "give a number from 1 to 65535, or 0 for a free one" });
}

function cannotListen({ code, message }: NodeJS.ErrnoException, { address, port }: { address: string; port: string }) {
  if (code === "EADDRINUSE") {
    return new Failure(`something else listens on ${address}:${port} already`, { next: "baton serve --port 0" });
  }
  if (code === "EACCES") {
    return new Failure(`nobody but root may listen on port ${port} here`, { next: "baton serve --port 8787" });
  }
  return new Failure(`it cannot listen on ${address}:${port}: ${message}`, { next: "baton serve" });
}
