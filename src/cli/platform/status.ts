import type { PlatformStatusView } from "../../control/host.ts";
import { platformsThat } from "../../control/platform/wanted.ts";
import { type ExitCode, exitCodes, Failure } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { statusLines } from "./status-text.ts";

/** How the pipelines are that were generated from the definition. */
export function showPipelines(
  status: PlatformStatusView,
  { json, terminal }: { json: boolean; terminal: Terminal },
): ExitCode {
  const { absent, next } = status;
  if (json) terminal.printJson(statusJson(status));
  else if (absent === undefined) {
    const { title, live } = platformsThat("live").find(({ name }) => name === status.on)!;
    const where = status.where === undefined ? "" : `, ${status.where}`;
    terminal.print(`${terminal.out.strong(status.delivery)} on ${title}${where}`);
    terminal.print(...statusLines({ status, place: live.place, now: Date.now() }, terminal.out));
  }
  if (absent !== undefined) throw new Failure(absent.why, { next: absent.command });
  if (next !== undefined) terminal.suggest(next.command, next.why);
  return exitCodes.clean;
}

function statusJson(status: PlatformStatusView): unknown {
  const { version, on, delivery, layout, environments, pipelines, missing, sets, connections, approvals } = status;
  const deployedTo = (environment: string) =>
    pipelines.flatMap(({ name, stages }) => {
      const deployed = stages.find((stage) => stage.environment === environment)?.deployed;
      return deployed ? [[name, deployed] as const] : [];
    });
  return {
    version,
    on,
    delivery,
    layout,
    pipelines,
    missing,
    sets,
    connections,
    approvals,
    deployed: Object.fromEntries(environments.map((name) => [name, Object.fromEntries(deployedTo(name))])),
  };
}
