import type { CheckUp } from "../../platforms/live.ts";
import type { Refusal } from "../control.ts";

/** Whether a host has what the delivery needs, and how it would get it. */
export interface ReadinessView {
  readonly version: 1;
  readonly on: string;
  readonly checkUps: readonly CheckUpView[];
  /** What is to be done on a platform, and by which commands. */
  readonly put?: {
    readonly does: "create" | "update";
    /** The commands mend what failed. */
    readonly mends?: true;
    readonly commands: readonly string[];
    /** What takes away that which delivers the same, once the new pipelines deliver. */
    readonly after?: readonly string[];
  };
}

/** One thing that was looked at. What every face says in its own words stands as data: a refusal, or what to do. */
export interface CheckUpView extends CheckUp {
  readonly refusal?: Refusal;
  readonly advice?: Advice;
}

/**
 * What mends it by asking Baton. `derive-again`: what is derived from the events. `take-away`: artifacts that cannot be used.
 * `make-again`: what is deployed there, of which files are gone. `tell-again`: what a target of notices was not told.
 */
export type Advice =
  | { do: "give-secrets" }
  | { do: "resume"; run: string }
  | { do: "cancel"; run: string }
  | { do: "derive-again" }
  | { do: "take-away" }
  | { do: "tell-again"; target: string }
  | { do: "make-again"; environments: readonly string[] };
