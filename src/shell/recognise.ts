import type { Access, Key } from "../facts/access.ts";
import { showKey } from "../facts/show-key.ts";
import { Arguments } from "./arguments.ts";
import { readBuckets } from "./buckets.ts";
import type { CommandCall, CommandReader, ScriptSetting } from "./call.ts";
import { readCalled } from "./called/called.ts";
import { subfolder } from "./folders.ts";
import { readGit } from "./git.ts";
import { readImages } from "./images.ts";
import { readNamedScript } from "./named-scripts.ts";
import { readRemoteHosts } from "./remote-hosts.ts";
import { type CommandRow, rowAccess } from "./rows.ts";
import { type Command, readScript } from "./script.ts";
import type { ScriptPart, ScriptText } from "./script-text.ts";
import { deployRows } from "./tables/deploys.ts";
import { flagStyles, noValues } from "./tables/flag-styles.ts";
import { handOffRows } from "./tables/hand-offs.ts";
import { infrastructureRows } from "./tables/infrastructure.ts";
import { publishRows } from "./tables/publishing.ts";
import { readTerraform } from "./terraform.ts";
import { readWebRequests } from "./web-requests.ts";
import { keyText, leadingText, mergeText, splitKey, textKey } from "./words.ts";

export interface RecognisedCommand {
  readonly command: Command;
  readonly accesses: readonly Access[];
}

/** The commands of texts that one shell runs, with what they do to things outside of it, in the order in which they are written. */
export function recogniseScript(script: readonly ScriptText[], setting: ScriptSetting): RecognisedCommand[] {
  return readScript(script, setting).map((command) => {
    if (command.program === undefined) return { command, accesses: [] };
    rememberFile(command, setting);
    return { command, accesses: commandAccesses(command, setting) };
  });
}

export function scriptAccesses(script: readonly ScriptText[], setting: ScriptSetting): Access[] {
  return recogniseScript(script, setting).flatMap(({ accesses }) => accesses);
}

/** Readers that know more about a program than a row can say; the first that answers is taken. */
const readers: readonly CommandReader[] = [
  readLocalCluster,
  readInnerScript,
  readTerraform,
  readImages,
  readBuckets,
  readRemoteHosts,
  readWebRequests,
  (call) => (call.program === "git" ? readGit(call) : undefined),
  readRow,
  readCalledFile,
  readNamedScript,
];

function commandAccesses(command: Command, setting: ScriptSetting): readonly Access[] {
  const program = command.program!.toLowerCase().replace(/\.(exe|cmd)$/, "");
  const args = new Arguments(command.words.slice(1), flagStyles.get(program) ?? noValues);
  const call: CommandCall = {
    command,
    program,
    args,
    folder: subfolder(setting.folder, command.folder),
    confidence: command.conditional ? "medium" : "high",
    setting,
  };
  if (isLocal(call) || isRehearsal(call)) return [];
  for (const reader of [...setting.own, ...readers]) {
    const accesses = reader(call);
    if (accesses) return accesses;
  }
  return [];
}

const rowsByProgram = Map.groupBy(
  [...infrastructureRows, ...handOffRows, ...deployRows, ...publishRows],
  (row) => row.words.split(" ")[0]!,
);

/** The row with the most words that the command begins with. */
function readRow({ args, command, confidence, folder, program, setting }: CommandCall): readonly Access[] | undefined {
  let best: { row: CommandRow; length: number } | undefined;
  for (const row of rowsByProgram.get(program) ?? []) {
    const words = row.words.split(" ").slice(1);
    if (words.length < (best?.length ?? 0) || !words.every((word, i) => args.text(i) === word)) continue;
    if (!row.bare || args.positionals.length === words.length) best = { row, length: words.length };
  }
  return (
    best && rowAccess(best.row, { args, folder, at: command.at, confidence, details: setting.accountOf(command, args) })
  );
}

/** Where nothing is known of what is called, its name may still tell. */
function readCalledFile(call: CommandCall): readonly Access[] | undefined {
  const found = readCalled(call, ({ parts }, setting) =>
    scriptAccesses([{ raw: "", parts, at: call.command.at }], setting),
  );
  if (!found) return undefined;
  if (found.some((access) => access.kind !== "resource" || access.effect !== "none")) return found;
  return [...found, ...readNamedScript(call)];
}

/** `bash -c '…'` */
function readInnerScript({ args, command, program, setting }: CommandCall): readonly Access[] | undefined {
  const script = program === "bash" || program === "sh" ? args.option("-c", "-ec", "-lc") : undefined;
  if (!script || script.length === 0) return undefined;
  const parts = script.map((part): ScriptPart => {
    if (part.kind === "expression") return { kind: "hole", hole: part, length: 0 };
    const text = part.kind === "text" ? part.text : part.kind === "variable" ? `\${${part.name}}` : "$?";
    return { kind: "text", text };
  });
  return scriptAccesses([{ raw: "", parts, at: command.at }], setting);
}

/** Clusters that are made for a test, and what is deployed to them. */
function readLocalCluster({ args, program, setting }: CommandCall): readonly Access[] | undefined {
  const makes =
    (["kind", "k3d", "ctlptl"].includes(program) && args.text(0) === "create") ||
    (program === "minikube" && args.text(0) === "start") ||
    (program === "curl" && args.positionals.some(({ key }) => /^(https:\/\/)?get\.k3s\.io/.test(leadingText(key))));
  if (makes) setting.state.localCluster = true;
  const deploysToCluster = ["kubectl", "helm", "helmfile", "skaffold", "oc"].includes(program);
  return makes || (setting.state.localCluster && deploysToCluster) ? [] : undefined;
}

/** Shows what it would do. `none` and `false` are how some programs spell that they do it. */
function isRehearsal({ args }: CommandCall): boolean {
  if (!args.has("--dry-run", "--dryrun")) return false;
  return !/^(none|false)$/.test(keyText(args.option("--dry-run", "--dryrun")) ?? "");
}

/** An endpoint on the machine itself is a stand-in for the real one. */
function isLocal({ args }: CommandCall): boolean {
  return args
    .allOptions("--endpoint-url", "--registry", "--server", "--repository-url", "--source", "-s")
    .some((key) => /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0)/.test(leadingText(key)));
}

/** Remembers small files that a script writes: a later command may be told its settings by them. */
function rememberFile({ documents, program, redirects, words }: Command, { state }: ScriptSetting): void {
  const target = redirects.find(({ operator }) => operator === ">" || operator === ">>")?.target.key;
  if (!target) return;
  const name = showKey(target);
  const contents = documents[0] ?? (program === "printf" ? formatted(words.map(({ key }) => key)) : undefined);
  const text = contents ?? mergeText(words.slice(1).flatMap(({ key }) => [...key, ...textKey(" ")]));
  const before = redirects.some(({ operator }) => operator === ">>") ? (state.files.get(name) ?? []) : [];
  if (before.length < 50) state.files.set(name, mergeText([...before, ...textKey("\n"), ...text]));
}

/** `printf` with `%s` for words. */
function formatted([, pattern, ...values]: readonly Key[]): Key {
  const parts: Key[] = [];
  let rest: Key = pattern ?? [];
  for (let cut = splitKey(rest, "%s"); cut; cut = splitKey(rest, "%s")) {
    parts.push(cut.before, values.shift() ?? []);
    rest = cut.after;
  }
  return mergeText(
    [...parts, rest]
      .flat()
      .map((part) => (part.kind === "text" ? { ...part, text: part.text.replaceAll("\\n", "\n") } : part)),
  );
}
