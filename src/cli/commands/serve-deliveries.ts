import { once } from "node:events";
import { connect } from "../../control/connect.ts";
import { answered } from "../../control/control.ts";
import { actorHere } from "../../control/local/actor.ts";
import { readRemote } from "../../control/local/machine.ts";
import { findProject } from "../../control/project.ts";
import type { DeliverySettings } from "../../server/deliveries-file.ts";
import type { SeveralOptions } from "../../server/serve-several.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import { problemIn } from "../refusals.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { version } from "../version.ts";
import { deliveriesIn } from "./deliveries-option.ts";
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

/** Options that are of one delivery: each has its own in the file, or cannot be had by several. */
const ofOne = {
  config: "say it in the file, as `config` of the delivery",
  deliver: "say it in the file, as `deliver` of the delivery",
  drift: "say it in the file, as `drift` of the delivery",
  secretsFile: "say it in the file, as `secrets-file` of the delivery",
  agents: "serve a delivery whose jobs run on agents by a server of its own",
  database: "serve a delivery that several servers share by servers of its own",
} as const satisfies Partial<Record<keyof Options, string>>;

/** Serves what stands in the file of `--deliveries`. */
export async function run(terminal: Terminal, options: Options): Promise<ExitCode> {
  const { cwd, env } = terminal;
  for (const [option, next] of Object.entries(ofOne)) {
    if (options[option as keyof typeof ofOne] === undefined) continue;
    const name = `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(`${name} is for one delivery, and --deliveries serves several`, { next });
  }
  const listen = { host: options.host, port: portOf(options.port) };
  const publicUrl = urlOf(options.publicUrl);
  const oidc = oidcOf(options, cwd);
  const { webhookSecretFile } = options;
  const webhookSecret =
    webhookSecretFile && secretIn(webhookSecretFile, { cwd, option: "--webhook-secret-file", least: 16 });
  const { state: stateFolder, deliveries } = await deliveriesIn(options.deliveries!, cwd);
  const [{ serveSeveral }, { Proxies }] = await Promise.all([
    import("../../server/serve-several.ts"),
    import("../../server/proxies.ts"),
  ]);
  await requireSignIn(options, { listen, publicUrl, oidc, stateFolder });
  const folders = new Map<string, string>();
  const served: SeveralOptions["deliveries"][number][] = [];
  for (const [name, wanted] of deliveries) {
    const {
      stateFolder: own,
      file,
      ...means
    } = await openedBy(terminal, name, wanted).catch((error) => {
      const problem = problemIn(error);
      if (problem === undefined) throw error;
      throw new UsageError(`--deliveries: ${name}: ${problem.message}`, {
        next: `look at ${name} in ${options.deliveries}`,
      });
    });
    const other = folders.get(own);
    if (other !== undefined) {
      throw new UsageError(`--deliveries: ${other} and ${name} are one and the same, ${file}`, {
        next: "leave one of them out",
      });
    }
    folders.set(own, name);
    served.push({ name, stateFolder: own, ...means });
  }
  const asked = Promise.race((["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => once(process, signal)));
  const serving = await serveSeveral({
    listen,
    publicUrl,
    proxies: proxiesOf(options, Proxies),
    stateFolder,
    owner: actorHere(env).name,
    webhookSecret,
    version,
    oidc,
    report: (error, of) =>
      terminal.say(...reportLines(error).map((line) => (of === undefined ? line : `${of}: ${line}`))),
    deliveries: served,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall !== "listen") throw error;
    throw cannotListen(error, { address: options.host, port: options.port });
  });
  terminal.print(serving.url);
  terminal.say("Ctrl-C stops it");
  await asked;
  await serving.close();
  return exitCodes.clean;
}

/** @throws {Refused} and {UsageError} with the words of a delivery that is served alone */
async function openedBy(
  { env, entry, say }: Terminal,
  name: string,
  { folder, config, deliver, drift, secretsFile }: DeliverySettings,
) {
  const { stateFolder, file, repository } = findProject({ cwd: folder }, { config });
  const caller = {
    cwd: folder,
    env,
    entry,
    say: (...lines: string[]) => say(...lines.map((line) => `${name}: ${line}`)),
    isLasting: true,
  } as const;
  return {
    file,
    host: answered(await connect(caller, { config })),
    stateFolder,
    secretsFile,
    deliver,
    driftEveryMs: driftEvery(drift),
    remote: repository === undefined ? undefined : await readRemote(repository),
  };
}
