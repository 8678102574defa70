import type { Delivery } from "../../model/delivery.ts";
import { loadDefinition } from "../definition/load.ts";
import { findPlace, type Place } from "../place.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type CheckUp, refused } from "./check-up.ts";
import { gitCheckUps, programCheckUps, toolCheckUps } from "./programs.ts";
import { secretCheckUps } from "./secrets.ts";
import { stateCheckUps } from "./state.ts";

/** Everything that is looked at, in the order in which one thing rests on another. */
export async function checkUps(terminal: Terminal, options: { config?: string | undefined }): Promise<CheckUp[]> {
  const found = await programCheckUps(terminal.env);
  const place = placeCheckUp(terminal, options);
  if ("verdict" in place) return [...found, place];
  found.push(...(await gitCheckUps(place)));
  const delivery = await definitionCheckUp(place, terminal);
  found.push(delivery.checkUp);
  if (delivery.delivery) {
    found.push(
      ...(await toolCheckUps(delivery.delivery, terminal.env)),
      ...secretCheckUps(delivery.delivery, terminal.env),
    );
  }
  return [...found, ...(await stateCheckUps(place, terminal.cwd))];
}

function placeCheckUp(terminal: Terminal, options: { config?: string | undefined }): Place | CheckUp {
  try {
    return findPlace(terminal, options);
  } catch (error) {
    return refused("definition", error);
  }
}

async function definitionCheckUp(place: Place, terminal: Terminal): Promise<{ checkUp: CheckUp; delivery?: Delivery }> {
  try {
    const delivery = await loadDefinition(place.file, terminal);
    const { name, pipelines, environments } = delivery;
    const text = `${name}: ${pipelines.length} pipelines, ${environments.map((environment) => environment.name).join(" → ")}`;
    return { delivery, checkUp: { name: "definition", verdict: "ok", text } };
  } catch (error) {
    return { checkUp: refused("definition", error) };
  }
}
