import { hereFor } from "../../control/platform/here.ts";
import { askingPlatform, platformFor, readForPlatform } from "../../control/platform/wanted.ts";
import type { PlatformStatus } from "../../platforms/live.ts";
import { type ExitCode, exitCodes, Failure } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { statusLines } from "./status-text.ts";

export interface PlatformStatusOptions {
  config?: string | undefined;
  layout?: string | undefined;
  json?: true | undefined;
}

/** How the pipelines are that were generated from the definition. */
export async function platformStatus(
  service: string,
  options: PlatformStatusOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const platform = platformFor(service, "live");
  const { project, wanted } = await readForPlatform(platform, options, terminal);
  const { delivery } = wanted;
  const live = await platform.live.load();
  const here = hereFor(project, terminal);
  const status = await askingPlatform(delivery, terminal, () => live.status(wanted, here));
  if (options.json) terminal.printJson(statusJson(status, { on: platform.name, delivery: delivery.name }));
  else if (status.absent === undefined) {
    const where = status.where === undefined ? "" : `, ${status.where}`;
    terminal.print(`${terminal.out.strong(delivery.name)} on ${platform.title}${where}`);
    terminal.print(...statusLines({ status, place: platform.live.place, now: Date.now() }, terminal.out));
  }
  if (status.absent !== undefined) throw new Failure(status.absent.why, { next: status.absent.command });
  if (status.next !== undefined) terminal.suggest(status.next.command, status.next.why);
  return exitCodes.clean;
}

function statusJson(status: PlatformStatus, { on, delivery }: { on: string; delivery: string }): unknown {
  const { layout, environments, pipelines, missing, connections, approvals } = status;
  const deployedTo = (environment: string) =>
    pipelines.flatMap(({ name, stages }) => {
      const deployed = stages.find((stage) => stage.environment === environment)?.deployed;
      return deployed ? [[name, deployed] as const] : [];
    });
  return {
    version: 1,
    on,
    delivery,
    layout,
    pipelines,
    missing,
    connections,
    approvals,
    deployed: Object.fromEntries(environments.map((name) => [name, Object.fromEntries(deployedTo(name))])),
  };
}
