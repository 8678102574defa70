/** Names with tags that docker/metadata-action makes up for images, from rules such as `type=ref,event=branch`. */

import type { Access, Key } from "../../../../facts/access.ts";
import { joinKeys, keyText, leadingText, mergeText, splitKey, textKey } from "../../../../shell/words.ts";
import type { ActionCall } from "./action-inputs.ts";

const MAX_NAMES = 24;

/** Keeps the names for the steps that push them; it changes nothing itself. */
export function readImageNames(call: ActionCall): readonly Access[] | undefined {
  if (call.name !== "docker/metadata-action") return undefined;
  const id = call.step.id?.value.toLowerCase();
  const images = linesOf(call.input("images") ?? []).filter((name) => !/[=,]/.test(leadingText(name)));
  if (id === undefined || images.length === 0) return [];
  const rules = linesOf(call.input("tags") ?? textKey("type=ref,event=branch\ntype=ref,event=tag"));
  const latest = /latest\s*=\s*true/.test(keyText(call.input("flavor")) ?? "") ? [textKey("latest")] : [];
  const tags = [...rules.flatMap(tagsOfRule), ...latest];
  const names = images.flatMap((image) => tags.map((tag) => joinKeys([image, tag], ":")));
  if (names.length <= MAX_NAMES) call.setting.state.imageNames.set(id, names);
  return [];
}

/** For `steps.ID.outputs.tags` the names that this step has made up; undefined for any other text. */
export function madeUpNames(name: Key, { setting }: ActionCall): readonly Key[] | undefined {
  const [only] = name;
  if (name.length !== 1 || only?.kind !== "expression") return undefined;
  const id = /^steps\.([\w-]+)\.outputs\.tags$/.exec(only.text)?.[1];
  return id === undefined ? undefined : setting.state.imageNames.get(id.toLowerCase());
}

/** What one rule makes on a push; nothing for pull requests, and something unknown for versions. */
function tagsOfRule(rule: Key): Key[] {
  const text = leadingText(rule);
  const type = /^type=(\w+)/.exec(text)?.[1] ?? "raw";
  const prefix = attribute(rule, "prefix");
  const named = (tag: Key): Key[] => [prefix ? mergeText([...prefix, ...tag]) : tag];
  if (keyText(attribute(rule, "enable") ?? []) === "false") return [];
  switch (type) {
    case "ref":
      return /event=pr\b/.test(text) ? [] : named([{ kind: "expression", text: "github.ref_name" }]);
    case "raw":
      return named(attribute(rule, "value") ?? (text.startsWith("type=") ? [] : rule));
    case "sha": {
      const sha = [{ kind: "expression", text: "github.sha" }] as const;
      if (/format=long/.test(text)) return [mergeText([...(prefix ?? textKey("sha-")), ...sha])];
      return [mergeText([...(prefix ?? textKey("sha-")), { kind: "unknown", text: "the short sha" }])];
    }
    case "edge":
      return [textKey("edge")];
    case "schedule":
      return [textKey("nightly")];
    default:
      return [[{ kind: "unknown", text: type }]];
  }
}

/** The value of `name=…` in a rule, up to the next comma. */
function attribute(rule: Key, name: string): Key | undefined {
  const cut = splitKey(rule, `${name}=`);
  if (!cut) return undefined;
  return splitKey(cut.after, ",")?.before ?? cut.after;
}

/** Lines of an input, trimmed, without comments and empty ones. */
export function linesOf(key: Key): Key[] {
  const result: Key[] = [];
  let rest = mergeText(
    key.map((part) => (part.kind === "text" ? { ...part, text: part.text.replaceAll("\r", "\n") } : part)),
  );
  for (let cut = splitKey(rest, "\n"); cut; cut = splitKey(rest, "\n")) {
    result.push(cut.before);
    rest = cut.after;
  }
  return [...result, rest].map(trimmed).filter((line) => line.length > 0 && !leadingText(line).startsWith("#"));
}

function trimmed(key: Key): Key {
  return mergeText(
    key.map((part, i) => {
      if (part.kind !== "text") return part;
      const start = i === 0 ? part.text.trimStart() : part.text;
      return { ...part, text: i === key.length - 1 ? start.trimEnd() : start };
    }),
  );
}
