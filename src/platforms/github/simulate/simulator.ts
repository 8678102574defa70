/** A simulator for repositories that have workflows alone. */

import type { Simulator } from "../../../simulation/simulator.ts";
import * as simulation from "../../../simulation/simulator.ts";
import type { Repository } from "../workflow.ts";
import { githubPlatform } from "./platform.ts";

export function createSimulator(repository: Repository, options?: simulation.SimulatorOptions): Simulator {
  return simulation.createSimulator([githubPlatform(repository)], options);
}
