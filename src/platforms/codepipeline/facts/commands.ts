/** What the commands of a buildspec do to things outside the build. Recognises the tools' own command lines; the rest is silent. */

import type { Access, AccessMode, Effect, Key, KeyPart, ResourceKind } from "../../../facts/access.ts";
import type { Written } from "../../../facts/staged.ts";
import type { Place } from "../../../findings/source.ts";
import { joined } from "../read/values.ts";

interface Word {
  readonly text: string;
  readonly key: Key;
}

interface Doing {
  readonly tool: string;
  readonly resource: ResourceKind;
  readonly key: Key;
  readonly mode: AccessMode;
  readonly effect: Effect;
}

export interface CommandFacts {
  readonly accesses: readonly Access[];
  /** Folders that the commands go into. */
  readonly folders: readonly Written[];
  /** Pipelines that are started. */
  readonly started: readonly Written[];
}

export function commandFacts(commands: readonly Written[], variables: ReadonlyMap<string, Key>): CommandFacts {
  const accesses: Access[] = [];
  const folders: Written[] = [];
  const started: Written[] = [];
  let hasMoved = false;
  for (const { key, at } of commands) {
    for (const { words, isNested } of commandsIn(key, variables)) {
      const line = words.map(({ text }) => text).join(" ");
      const folder = words[0]?.text === "cd" && !isNested ? folderOf(words[1]?.text ?? "", hasMoved) : undefined;
      if (words[0]?.text === "cd") hasMoved = true;
      if (folder !== undefined) folders.push({ key: [{ kind: "text", text: folder }], at });
      if (/^aws codepipeline start-pipeline-execution\b/.test(line)) {
        const name = option(words, "--name");
        if (name) started.push({ key: name, at });
      }
      accesses.push(...doings(words, line).map((doing) => access(doing, at)));
    }
  }
  return { accesses, folders, started };
}

export function access({ tool, resource, key, mode, effect }: Doing, at: Place): Access {
  return {
    kind: "resource",
    tool,
    at,
    confidence: "high",
    resource,
    key,
    details: new Map(),
    mode,
    binding: { kind: "unknown" },
    token: { kind: "none" },
    effect,
  };
}

function doings(words: readonly Word[], line: string): Doing[] {
  const named = (name: string): Key => option(words, name) ?? [];
  const one = (doing: Doing): Doing[] => [doing];
  const match = /^(?:npx )?(aws [a-z0-9]+ [a-z-]+|terraform [a-z]+|tofu [a-z]+|cdk [a-z]+|sam [a-z]+)/.exec(line)?.[1];
  switch (match) {
    case "aws cloudformation deploy":
    case "aws cloudformation create-stack":
    case "aws cloudformation update-stack":
    case "aws cloudformation execute-change-set":
    case "sam deploy":
      return one({ tool: match, resource: "stack", key: named("--stack-name"), mode: "write", effect: "deploy" });
    case "aws cloudformation describe-stacks":
    case "aws cloudformation describe-stack-resource":
    case "aws cloudformation describe-stack-resources":
    case "aws cloudformation list-stack-resources":
      return one({ tool: match, resource: "stack", key: named("--stack-name"), mode: "read", effect: "none" });
    case "aws ssm get-parameter":
      return one({ tool: match, resource: "parameter", key: named("--name"), mode: "read", effect: "none" });
    case "aws ssm get-parameters-by-path":
      return one({ tool: match, resource: "parameter", key: named("--path"), mode: "read", effect: "none" });
    case "aws ssm put-parameter":
      return one({ tool: match, resource: "parameter", key: named("--name"), mode: "write", effect: "hand-off" });
    case "aws s3 sync":
    case "aws s3 cp":
      return copies(words, match);
    case "aws cloudfront create-invalidation":
      return one({
        tool: match,
        resource: "distribution",
        key: named("--distribution-id"),
        mode: "write",
        effect: "deploy",
      });
    case "aws lambda update-function-code":
      return one({ tool: match, resource: "function", key: named("--function-name"), mode: "write", effect: "deploy" });
    case "terraform apply":
    case "tofu apply":
      return one({ tool: match, resource: "terraform-state", key: [], mode: "write", effect: "deploy" });
    case "terraform output":
    case "tofu output":
      return one({ tool: match, resource: "terraform-state", key: [], mode: "read", effect: "none" });
    case "cdk deploy": {
      // The stacks come before the options, whose values would look like stacks.
      const after = words.slice(words.findIndex(({ text }) => text === "deploy") + 1);
      const options = after.findIndex(({ text }) => text.startsWith("-"));
      return after
        .slice(0, options < 0 ? undefined : options)
        .filter(({ text }) => /^[A-Za-z][\w-]*$/.test(text))
        .map(({ key }) => ({ tool: match, resource: "stack", key, mode: "write", effect: "deploy" }));
    }
    default:
      return [];
  }
}

function copies(words: readonly Word[], tool: string): Doing[] {
  const [from, to] = words.slice(3).filter(({ text }) => !text.startsWith("--"));
  const bucket = (word: Word | undefined): Key | undefined => {
    const [first, ...rest] = word?.key ?? [];
    if (first?.kind !== "text" || !first.text.startsWith("s3://")) return undefined;
    const key = joined([{ kind: "text", text: first.text.slice("s3://".length) }, ...rest]);
    const [head] = key;
    // Only the bucket: its paths are told apart nowhere yet.
    return head?.kind === "text" && head.text.includes("/") ? [{ kind: "text", text: head.text.split("/")[0]! }] : key;
  };
  const [source, target] = [bucket(from), bucket(to)];
  const mode = words.some(({ text }) => text === "--delete") ? "replace" : "write";
  return [
    ...(source ? [{ tool, resource: "bucket", key: source, mode: "read", effect: "none" } as const] : []),
    ...(target ? [{ tool, resource: "bucket", key: target, mode, effect: "deploy" } as const] : []),
  ];
}

function option(words: readonly Word[], name: string): Key | undefined {
  for (const [i, { text, key }] of words.entries()) {
    if (text === name) return words[i + 1]?.key;
    if (!text.startsWith(`${name}=`)) continue;
    const [first, ...rest] = key;
    if (first?.kind === "text") return joined([{ ...first, text: first.text.slice(name.length + 1) }, ...rest]);
  }
  return undefined;
}

/** A folder of the source: told from its root, or the first that is gone into. Later ones are relative to where one is. */
function folderOf(target: string, hasMoved: boolean): string | undefined {
  const fromRoot = /^\$\{?CODEBUILD_SRC_DIR\}?\/([^$]+)$/.exec(target)?.[1];
  if (fromRoot !== undefined) return fromRoot;
  return !hasMoved && /^[\w.][^$]*$/.test(target) ? target : undefined;
}

/** Simple commands of a script, in words; those inside of `$(…)` as well. */
function* commandsIn(
  key: Key,
  variables: ReadonlyMap<string, Key>,
): Generator<{ readonly words: readonly Word[]; readonly isNested: boolean }> {
  // Holes of the template become variables of their own, which the words give back.
  const holes = new Map<string, Key>(variables);
  const script = key
    .map((part, i) => {
      if (part.kind === "text") return part.text.replace(/\\\r?\n/g, " ");
      holes.set(`BATON_HOLE_${i}`, [part]);
      return `\${BATON_HOLE_${i}}`;
    })
    .join("");
  const inner = [...script.matchAll(/\$\(([^()]*)\)/g)].map((match) => match[1]!);
  const outer = script.replace(/\$\([^()]*\)/g, "$(…)");
  for (const text of [...inner, outer]) {
    for (const command of text.split(/\r?\n|&&|\|\||[;|]/)) {
      const words = [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([written]) => word(written, holes));
      while (words[0] && /^(\w+=|if$|then$|do$|!$|sudo$|\()/.test(words[0].text)) words.shift();
      if (words.length > 0) yield { words, isNested: text !== outer };
    }
  }
}

function word(written: string, variables: ReadonlyMap<string, Key>): Word {
  const isQuoted = written.startsWith("'");
  const text = written.replace(/["']/g, "");
  if (isQuoted) return { text, key: [{ kind: "text", text }] };
  const parts: KeyPart[] = [];
  let from = 0;
  for (const match of text.matchAll(/\$\(…\)|\$\{(\w+)[^}]*\}|\$(\w+)/g)) {
    parts.push({ kind: "text", text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    const name = match[1] ?? match[2];
    if (name === undefined) parts.push({ kind: "unknown", text: "…" });
    else parts.push(...(variables.get(name) ?? ([{ kind: "variable", name }] as const)));
  }
  return { text, key: joined([...parts, { kind: "text", text: text.slice(from) }]) };
}
