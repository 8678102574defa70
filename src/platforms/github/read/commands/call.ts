import type { Access, Key } from "../../../../facts/access.ts";
import type { Confidence } from "../../../../findings/finding.ts";
import type { Arguments } from "./arguments.ts";
import type { StepSetting } from "./job-state.ts";
import type { Command } from "./script.ts";

/** One command of a script, ready to be recognised. */
export interface CommandCall {
  readonly command: Command;
  /** Lower case. */
  readonly program: string;
  readonly args: Arguments;
  /** Where it runs, from the root of the checkout. */
  readonly folder: Key;
  /** Lower where the command stands in a branch or loop of its script. */
  readonly confidence: Confidence;
  readonly setting: StepSetting;
}

/** What a command does, or undefined where the reader does not know it. */
export type CommandReader = (call: CommandCall) => readonly Access[] | undefined;
