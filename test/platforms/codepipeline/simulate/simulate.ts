/**
 * Carries out what happens in a world with some pipelines, as CodePipeline would. Everything that the service leaves open
 * (which action of a run order is quicker, when the next run begins, when an event arrives) is decided by `choose`, so
 * that a test can try it all.
 */

import { createMachine } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import { perform, possibleMoves } from "../../../../src/platforms/codepipeline/simulate/moves.ts";
import type { SimulatedPipeline } from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { Run, TraceEvent, World } from "../../../../src/platforms/codepipeline/simulate/world.ts";

export interface Trace {
  readonly events: readonly TraceEvent[];
  readonly runs: readonly Run[];
}

/** Until nothing can happen any more. */
export function simulate(pipelines: readonly SimulatedPipeline[], world: World): Trace {
  const machine = createMachine(pipelines, world);
  for (;;) {
    const moves = [...possibleMoves(machine)];
    if (moves.length === 0) return { events: machine.events, runs: machine.runs };
    const choice = world.choose(moves.length);
    const move = moves[choice];
    if (!move) throw new Error(`the world chose ${choice} of ${moves.length} moves`);
    perform(machine, move);
  }
}
