/** What the commands of a build do to things outside of it. */

import type { Key, KeyPart } from "../../../facts/access.ts";
import type { Written } from "../../../facts/written.ts";
import type { Arguments } from "../../../shell/arguments.ts";
import { freshState } from "../../../shell/machine-state.ts";
import { type RecognisedCommand, recogniseScript } from "../../../shell/recognise.ts";
import type { Command } from "../../../shell/script.ts";
import type { ScriptPart, ScriptText } from "../../../shell/script-text.ts";
import { keyText } from "../../../shell/words.ts";
import type { BuildVariables } from "./build-variables.ts";
import { ownCommands } from "./own-commands.ts";

export function scriptText({ key, at }: Written): ScriptText {
  const isPlain = key.every((part) => part.kind === "text");
  const parts = key.map((part): ScriptPart => (part.kind === "text" ? part : { kind: "hole", hole: part, length: 0 }));
  return { raw: isPlain ? (keyText(key) ?? "") : "", parts, at };
}

/** Commands that change who they are: what they work on afterwards is not the account of the build. */
const changesIdentity =
  /\bassume-role|\bAWS_(PROFILE|ACCESS_KEY_ID)=|\bconfigure set\b|\bcredentials\b.*\.aws|\.aws\/credentials/;

export interface BuildSetting {
  readonly variables: BuildVariables;
  /** Whether what the build works on is the source as it is in the repository. */
  readonly isSource: boolean;
}

/** Commands of the scripts, each a list of texts that one shell runs. */
export function recognised(
  scripts: readonly (readonly ScriptText[])[],
  { variables, isSource }: BuildSetting,
): RecognisedCommand[] {
  const { names, values } = variables;
  const written = scripts.flat().flatMap(({ parts }) => parts.map((part) => (part.kind === "text" ? part.text : "")));
  const isOther = ["AWS_PROFILE", "AWS_ACCESS_KEY_ID"].some((name) => names.has(name));
  const hidden = isOther || written.some((text) => changesIdentity.test(text)) ? account : undefined;
  const state = freshState();
  return scripts.flatMap((script) =>
    recogniseScript(script, {
      folder: isSource ? [] : elsewhere,
      state,
      own: ownCommands,
      hasVariable: (name) => names.has(name),
      values,
      roots: isSource ? sourceRoots : new Set(),
      tokenOf: (key) => ({ kind: "given", key }),
      isSignedIn: () => true,
      accountOf: (command, args) => accountOf(command, { args, values, hidden }),
    }),
  );
}

const account: Key = [{ kind: "unknown", text: "account" }];
const elsewhere: Key = [{ kind: "unknown", text: "input artifact" }];
const sourceRoots: ReadonlySet<string> = new Set(["CODEBUILD_SRC_DIR"]);

interface Known {
  readonly args: Arguments;
  readonly values: ReadonlyMap<string, Key>;
  readonly hidden: Key | undefined;
}

function accountOf(command: Command, { args, values, hidden }: Known): ReadonlyMap<string, Key> {
  const variable = (name: string) => command.environment.get(name) ?? values.get(name);
  const found = new Map<string, Key>();
  const profile = args.option("--profile") ?? variable("AWS_PROFILE");
  const region = args.option("--region") ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION");
  const whose = hidden ?? (profile && ([{ kind: "unknown", text: "profile" }] satisfies KeyPart[]));
  if (whose) found.set("account", whose);
  if (region && region.length > 0) found.set("region", region);
  return found;
}
