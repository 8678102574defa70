/** Events that a step of the simulation makes: a dispatch, or a push with a token that starts runs. */

import type { RootEvent } from "../../../facts/scenario.ts";
import type { Step } from "../workflow.ts";
import type { SimLeg } from "./world.ts";

export type Effects = (step: Step, leg: SimLeg) => readonly RootEvent[];

export const noEffects: Effects = () => [];
