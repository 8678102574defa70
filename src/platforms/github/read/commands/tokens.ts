import type { Key, TokenUse } from "../../../../facts/access.ts";
import { leadingText } from "../../../../shell/words.ts";
import type { Template, TemplateMap } from "../../workflow.ts";
import { parseExpression, pathOf, walk } from "../expressions/parse.ts";
import { entryValue } from "../fields.ts";

export function keyOfTemplate(template: Template): Key {
  return template.parts.map((part) =>
    part.kind === "text" ? part : { kind: "expression", text: part.expression.text },
  );
}

/** Looks a variable up where a step would find it: its own `env`, the job's, the workflow's. */
export type Variables = (name: string) => Template | undefined;

export function variablesOf(...maps: readonly (TemplateMap | undefined)[]): Variables {
  return (name) => {
    for (const map of maps) {
      const found = entryValue(map, name);
      if (found) return found;
    }
    return undefined;
  };
}

const defaultTokens: ReadonlySet<string> = new Set(["secrets.github_token", "github.token"]);

/** Whose token a value is. What may be the platform's own token or another one is unknown. */
export function tokenOf(key: Key | undefined, variables: Variables, depth = 0): TokenUse {
  if (!key) return { kind: "default" };
  const hole = key.find((part) => part.kind !== "text");
  if (!hole) return leadingText(key) === "" ? { kind: "default" } : { kind: "given", key };
  if (hole.kind === "unknown") return { kind: "unknown" };
  if (hole.kind === "variable") {
    const template = depth < 5 ? variables(hole.name) : undefined;
    return template ? tokenOf(keyOfTemplate(template), variables, depth + 1) : { kind: "unknown" };
  }
  const parsed = parseExpression(hole.text);
  if (!parsed.ok) return { kind: "unknown" };
  const path = pathOf(parsed.syntax);
  if (path?.[0] === "env" && path[1] !== undefined) {
    return tokenOf([{ kind: "variable", name: path[1] }], variables, depth + 1);
  }
  if (path) return defaultTokens.has(path.join(".")) ? { kind: "default" } : { kind: "given", key: [hole] };
  for (const node of walk(parsed.syntax)) {
    if (defaultTokens.has(pathOf(node)?.join(".") ?? "")) return { kind: "unknown" };
  }
  return { kind: "given", key: [hole] };
}
