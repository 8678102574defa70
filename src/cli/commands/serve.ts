import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { connect } from "../../control/connect.ts";
import { answered } from "../../control/control.ts";
import { actorHere } from "../../control/local/actor.ts";
import type { AgentDesk } from "../../control/local/agents/agent-desk.ts";
import { findProject } from "../../control/project.ts";
import { parseDuration } from "../../model/duration.ts";
import { type OidcSettings, readOidcSettings } from "../../server/access/oidc-settings.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes, Failure, UsageError } from "../problem.ts";
import { problemIn } from "../refusals.ts";
import { version } from "../version.ts";
import { type ConfigOptions, collect, configOption, examples } from "./options.ts";
import { requireShareable, standBy, type Turn } from "./serve-shared.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(command)
    .description("Serve what is deployed, what runs and what waits for whom: a dashboard, and an API for programs.")
    .option("--port <PORT>", "where to listen; 0 takes a free one", "8787")
    .option("--host <ADDRESS>", "the address to listen on; any but this machine's own needs a token first", "127.0.0.1")
    .option("--public-url <URL>", "where people reach it through a proxy, https://baton.example.com")
    .option(
      "--trusted-proxy <ADDRESS>",
      "a proxy, or a network of them, whose word for whom it asks counts (several times; default with --public-url: this machine)",
      collect,
    )
    .option("--secrets-file <FILE>", "NAME=value lines for runs that are started here; others from the environment")
    .option(
      "--deliver <BRANCH>",
      "run what is pushed to this branch of origin, by its own definition (several times)",
      collect,
    )
    .option("--drift <TIME>", "look for drift in each environment so long after the last look: 6h, 1d")
    .option("--webhook-secret-file <FILE>", "what webhooks are signed with; without it none is taken")
    .option("--oidc <FILE>", "people sign in with an OpenID Connect provider: YAML, with what its groups may do")
    .option("--oidc-secret-file <FILE>", "what the provider knows this server by")
    .option("--agents [WHICH]", "hand jobs out to agents: those with labels (default), or all")
    .option("--agent-lease <TIME>", "without a word for so long an agent and what it runs are lost", "30s")
    .option(
      "--database <URL>",
      "share the journal with other servers in PostgreSQL: one leads, the others stand by (with --agents all)",
    )
    .option("--delivery <NAME>", "what it is called there (default: as in the definition)")
    .option("--reach-at <URL>", "where the other servers reach this one (default: where it listens)");
  examples(command, [
    ["baton serve", "on this machine alone"],
    ["baton serve --port 9000", "where something else listens on 8787"],
  ]);
};

interface Options extends ConfigOptions {
  port: string;
  host: string;
  trustedProxy?: string[];
  publicUrl?: string;
  secretsFile?: string;
  deliver?: string[];
  drift?: string;
  webhookSecretFile?: string;
  oidc?: string;
  oidcSecretFile?: string;
  agents?: true | string;
  agentLease: string;
  database?: string;
  delivery?: string;
  reachAt?: string;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as unknown as Options;
  const { port, host: address, config, secretsFile, deliver = [], webhookSecretFile, database } = options;
  const listen = { host: address, port: portOf(port) };
  const { cwd, env, entry, say } = terminal;
  const project = findProject(terminal, { config });
  const { stateFolder } = project;
  const by = actorHere(env);
  const driftEveryMs = driftEvery(options);
  const webhookSecret =
    webhookSecretFile && secretIn(webhookSecretFile, { cwd, option: "--webhook-secret-file", least: 16 });
  const oidc = oidcOf(options, cwd);
  const publicUrl = urlOf(options.publicUrl);
  const [{ serve, isOpenToOthers }, { AccessStore }, { Proxies }] = await Promise.all([
    import("../../server/serve.ts"),
    import("../../server/access/access-store.ts"),
    import("../../server/proxies.ts"),
  ]);
  const proxies = proxiesOf(options, Proxies);
  const requireSignIn = () => {
    if (!isOpenToOthers({ listen, publicUrl }) || oidc !== undefined || new AccessStore(stateFolder).hasPeople) return;
    const option = publicUrl === undefined ? `--host ${address}` : `--public-url ${publicUrl.origin}`;
    throw new UsageError(`${option}: others would reach it, and nobody can sign in yet`, {
      next: `baton token create NAME --role viewer  makes the first token; without ${option.split(" ")[0]} only this machine is served`,
    });
  };
  const report = (error: unknown) => terminal.say(...reportLines(error));
  const stop = new AbortController();
  const asked = Promise.race(
    (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => once(process, signal, { signal: stop.signal })),
  ).catch(() => {});
  const turn = database === undefined ? undefined : await turnOf(database);
  if (database !== undefined && turn === undefined) return exitCodes.clean;
  // As if it were killed, also while it begins: whatever it did from here on another one does.
  void turn?.leading.lost.then((error) => {
    report(error);
    process.exit(exitCodes.failed);
  });
  if (turn === undefined) requireSignIn();
  else listen.port = turn.port;
  const agents = await deskOf(options, stateFolder, turn?.leading);
  const caller = {
    cwd,
    env,
    entry,
    say,
    isLasting: true,
    ...(agents !== undefined && { agents: agents.exchange }),
  } as const;
  const host = answered(await connect(caller, { config }));
  const serving = await serve({
    host,
    listen,
    publicUrl,
    proxies,
    stateFolder,
    owner: by.name,
    secretsFile,
    deliver,
    driftEveryMs,
    webhookSecret,
    version,
    agents,
    oidc,
    report,
    leads: turn && leadsOf(turn.leading),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall !== "listen") throw error;
    throw cannotListen(error, { address, port });
  });
  if (turn === undefined) terminal.print(serving.url);
  terminal.say(turn === undefined ? "Ctrl-C stops it" : `leads now, epoch ${turn.leading.epoch}`);
  await asked;
  stop.abort();
  await serving.close();
  await turn?.leading.close();
  return exitCodes.clean;

  async function turnOf(url: string): Promise<Turn | undefined> {
    requireShareable(options);
    const stopped = new AbortController();
    void asked.then(() => stopped.abort());
    const standing = standBy(
      terminal,
      { ...options, database: url },
      {
        project,
        listen,
        stop: stopped.signal,
        report,
        isOpenToOthers: isOpenToOthers({ listen, publicUrl }),
        requireSignIn,
      },
    );
    return await standing.catch((error: NodeJS.ErrnoException) => {
      if (error.syscall !== "listen") throw error;
      throw cannotListen(error, { address, port });
    });
  }
};

function leadsOf(leading: Turn["leading"]) {
  const { epoch, takeovers } = leading;
  return { epoch, takeovers, confirmed: () => leading.confirmed() };
}

/** Undefined where nobody asked for it. @throws {UsageError} */
function driftEvery({ drift }: Options): number | undefined {
  if (drift === undefined) return undefined;
  const ms = parseDuration(drift);
  if (ms !== undefined && ms >= 60_000) return ms;
  throw new UsageError(`--drift ${drift} is not a time of a minute or more`, { next: "baton serve --drift 6h" });
}

/** Undefined where no agents are served. @throws {Refused} */
async function deskOf(
  { agents, agentLease }: Options,
  stateFolder: string,
  leading: Turn["leading"] | undefined,
): Promise<AgentDesk | undefined> {
  if (agents === undefined) return undefined;
  const takes = agents === true ? "labelled" : agents;
  if (takes !== "labelled" && takes !== "all") {
    throw new UsageError(`--agents ${takes}: there is labelled and all`, { next: "baton serve --agents all" });
  }
  const leaseMs = parseDuration(agentLease);
  if (leaseMs === undefined || leaseMs < 1_000 || leaseMs > 600_000) {
    throw new UsageError(`--agent-lease ${agentLease} is not a time from 1s to 10m`, {
      next: "baton serve --agents --agent-lease 30s",
    });
  }
  const { AgentDesk } = await import("../../control/local/agents/agent-desk.ts");
  return new AgentDesk({
    stateFolder,
    leaseMs,
    takes,
    ...(leading !== undefined && {
      wrote: (run) => leading.wrote(run),
      kept: (digest) => leading.keep(digest),
    }),
  });
}

function reportLines(error: unknown): string[] {
  const problem = problemIn(error);
  if (problem === undefined)
    return (error instanceof Error ? (error.stack ?? error.message) : String(error)).split("\n");
  return [problem.message, ...(problem.next === undefined ? [] : [`  next: ${problem.next}`])];
}

function urlOf(given: string | undefined): URL | undefined {
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "") return url;
  throw new UsageError(`--public-url ${given} is not the address of a server`, {
    next: "give scheme and name, as in https://baton.example.com; it is served at the root",
  });
}

/** The first line of it. */
function secretIn(file: string, { cwd, option, least }: { cwd: string; option: string; least: number }): string {
  const secret = textOf(file, { cwd, option, next: makesSecret(file) })
    .split("\n")[0]!
    .trim();
  if (secret.length >= least) return secret;
  throw new UsageError(`${option} ${file}: a secret has at least ${least} characters`, { next: makesSecret(file) });
}

const makesSecret = (file: string) => `openssl rand -hex 32 > ${file}`;

function textOf(file: string, { cwd, option, next }: { cwd: string; option: string; next: string }): string {
  try {
    return readFileSync(resolve(cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${(error as Error).message}`, { next });
  }
}

/** Undefined where people sign in with tokens alone. @throws {UsageError} */
function oidcOf({ oidc: file, oidcSecretFile }: Options, cwd: string): OidcSettings | undefined {
  const next = "docs/serve.md has such a file";
  if (file === undefined) {
    if (oidcSecretFile === undefined) return undefined;
    throw new UsageError("--oidc-secret-file: without --oidc FILE nothing takes it", { next });
  }
  const text = textOf(file, { cwd, option: "--oidc", next });
  let given: unknown;
  try {
    given = parse(text);
  } catch (error) {
    throw new UsageError(`--oidc ${file}: ${(error as Error).message.split("\n")[0]}`, { next });
  }
  const read = readOidcSettings(given);
  if ("problem" in read) throw new UsageError(`--oidc ${file}: ${read.problem}`, { next });
  const secret = oidcSecretFile && secretIn(oidcSecretFile, { cwd, option: "--oidc-secret-file", least: 1 });
  return { ...read.settings, secret };
}

/** Undefined: as it is when nobody says. */
function proxiesOf<P>({ trustedProxy }: Options, Proxies: new (addresses: readonly string[]) => P): P | undefined {
  if (trustedProxy === undefined) return undefined;
  try {
    return new Proxies(trustedProxy);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--trusted-proxy ${error.message} is no address and no network`, {
      next: "baton serve --trusted-proxy 10.0.0.4 --trusted-proxy fd00::/8",
    });
  }
}

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
