import { once } from "node:events";
import { connect } from "../../control/connect.ts";
import { answered } from "../../control/control.ts";
import { actorHere } from "../../control/local/actor.ts";
import type { AgentDesk } from "../../control/local/agents/agent-desk.ts";
import { findProject } from "../../control/project.ts";
import { parseDuration } from "../../model/duration.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes, UsageError } from "../problem.ts";
import { version } from "../version.ts";
import { collect, configOption, examples } from "./options.ts";
import {
  cannotListen,
  driftEvery,
  type Options,
  oidcOf,
  portOf,
  proxiesOf,
  reportLines,
  requireSignIn,
  secretIn,
  urlOf,
} from "./serve-options.ts";
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
    .option("--deliveries <FILE>", "serve several deliveries, each below /d/NAME: YAML, with where they are")
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

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as unknown as Options;
  if (options.deliveries !== undefined) return await (await import("./serve-deliveries.ts")).run(terminal, options);
  const { port, host: address, config, secretsFile, deliver = [], webhookSecretFile, database } = options;
  const listen = { host: address, port: portOf(port) };
  const { cwd, env, entry, say } = terminal;
  const project = findProject(terminal, { config });
  const { stateFolder } = project;
  const by = actorHere(env);
  const driftEveryMs = driftEvery(options.drift);
  const webhookSecret =
    webhookSecretFile && secretIn(webhookSecretFile, { cwd, option: "--webhook-secret-file", least: 16 });
  const oidc = oidcOf(options, cwd);
  const publicUrl = urlOf(options.publicUrl);
  const [{ serve, isOpenToOthers }, { Proxies }] = await Promise.all([
    import("../../server/serve.ts"),
    import("../../server/proxies.ts"),
  ]);
  const proxies = proxiesOf(options, Proxies);
  const signInRequired = async () => await requireSignIn(options, { listen, publicUrl, oidc, stateFolder });
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
  if (turn === undefined) await signInRequired();
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
        requireSignIn: signInRequired,
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
