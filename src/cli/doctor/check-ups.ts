import { loadDefinition } from "../../control/definition/load.ts";
import { findProject, type Project } from "../../control/project.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { CheckUp } from "../../platforms/live.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { refused } from "./check-up.ts";
import { pathCheckUps } from "./paths.ts";
import { gitCheckUps, programCheckUps, toolCheckUps } from "./programs.ts";
import { secretCheckUps } from "./secrets.ts";
import { stateCheckUps } from "./state.ts";

/** Everything that is looked at, in the order in which one thing rests on another. */
export async function checkUps(terminal: Terminal, options: { config?: string | undefined }): Promise<CheckUp[]> {
  const found = await programCheckUps(terminal.env);
  const project = placeCheckUp(terminal, options);
  if ("verdict" in project) return [...found, project];
  found.push(...(await gitCheckUps(project)));
  const delivery = await definitionCheckUp(project, terminal);
  found.push(delivery.checkUp);
  if (delivery.delivery) {
    found.push(
      ...(await toolCheckUps(delivery.delivery, terminal.env)),
      ...secretCheckUps(delivery.delivery, terminal.env),
      ...(await pathCheckUps(delivery.delivery, project)),
    );
  }
  return [...found, ...(await stateCheckUps(project, terminal.cwd))];
}

function placeCheckUp(terminal: Terminal, options: { config?: string | undefined }): Project | CheckUp {
  try {
    return findProject(terminal, options);
  } catch (error) {
    return refused("definition", error);
  }
}

async function definitionCheckUp(
  project: Project,
  terminal: Terminal,
): Promise<{ checkUp: CheckUp; delivery?: Delivery }> {
  try {
    const delivery = await loadDefinition(project.file, terminal);
    const { name, pipelines, environments } = delivery;
    const text = `${name}: ${pipelines.length} pipelines, ${environments.map((environment) => environment.name).join(" → ")}`;
    return { delivery, checkUp: { name: "definition", verdict: "ok", text } };
  } catch (error) {
    return { checkUp: refused("definition", error) };
  }
}
