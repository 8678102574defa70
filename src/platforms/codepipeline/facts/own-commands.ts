/** Commands whose names of stacks are the names that CloudFormation actions of a pipeline use. */

import type { Access, Key } from "../../../facts/access.ts";
import type { CommandCall, CommandReader } from "../../../shell/call.ts";
import { resourceAccess } from "../../../shell/rows.ts";
import { keyText, leadingText } from "../../../shell/words.ts";

/** Their stacks are named by a file of the folder, which is not read. */
const named = new Set(["serverless", "sls", "osls", "sst", "chalice", "zappa", "copilot", "amplify", "cdktf"]);

export const ownCommands: readonly CommandReader[] = [
  (call) => (named.has(call.program) && call.args.text(0) === "deploy" ? readNamed(call) : undefined),
  (call) => (call.program === "cdk" ? readCdk(call) : undefined),
  (call) => (call.program === "sam" && call.args.text(0) === "deploy" ? readSam(call) : undefined),
];

function readCdk(call: CommandCall): readonly Access[] | undefined {
  const { args } = call;
  if (args.text(0) !== "deploy" || args.has("--no-execute")) return undefined;
  const named = args.positionals.slice(1).map(({ key }) => key);
  const isPlain = named.every((key) => /^[A-Za-z][\w-]*$/.test(keyText(key) ?? leadingText(key)));
  // Patterns, and all stacks of the app: which they are, only the app knows.
  if (named.length === 0 || !isPlain || args.has("--all")) return [stack(call, "cdk deploy", [])];
  return named.map((key) => stack(call, "cdk deploy", key));
}

function readSam(call: CommandCall): readonly Access[] {
  if (call.args.has("--no-execute-changeset")) return [];
  return [stack(call, "sam deploy", call.args.option("--stack-name") ?? [])];
}

function readNamed(call: CommandCall): readonly Access[] {
  return [stack(call, `${call.program} deploy`, [{ kind: "unknown", text: "named by its own file" }])];
}

function stack({ args, command, confidence, setting }: CommandCall, tool: string, key: Key): Access {
  const details = setting.accountOf(command, args);
  const deploy = { resource: "stack", mode: "write", effect: "deploy" } as const;
  return resourceAccess({ ...deploy, tool, key, details, at: command.at, confidence });
}
