import type { Access, Key, TokenUse } from "../facts/access.ts";
import type { Confidence } from "../findings/finding.ts";
import type { Arguments } from "./arguments.ts";
import type { CalledFiles } from "./called/called-files.ts";
import type { MachineState } from "./machine-state.ts";
import type { Command, KnownVariables } from "./script.ts";

/** What surrounds a script: where it starts, what the platform gives it, and what the scripts before it left behind. */
export interface ScriptSetting extends KnownVariables {
  /** Where the script starts, from the root of the checkout; empty for the root. */
  readonly folder: Key;
  readonly state: MachineState;
  /** Readers of commands that belong to the platform itself; they are asked before all others. */
  readonly own: readonly CommandReader[];
  /** Whether the platform sets a variable of this name for the script. */
  hasVariable(name: string): boolean;
  /** What tells the account and the place that a command works in from others. */
  accountOf(command: Command, args: Arguments): ReadonlyMap<string, Key>;
  /** Whose authority a secret gives. */
  tokenOf(secret: Key): TokenUse;
  /** Files of the repository that commands call; without them only their names tell. */
  readonly files?: CalledFiles | undefined;
  /** Those that are being read, from the outside in. */
  readonly open?: readonly string[];
  /** Whether commands can act on something real, as far as variables and earlier scripts tell. */
  isSignedIn(): boolean;
}

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
  readonly setting: ScriptSetting;
}

/** What a command does, or undefined where the reader does not know it. */
export type CommandReader = (call: CommandCall) => readonly Access[] | undefined;
