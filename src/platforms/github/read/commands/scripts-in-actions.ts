import type { Access, Key } from "../../../../facts/access.ts";
import { resourceAccess } from "../../../../shell/rows.ts";
import { keyText, textKey } from "../../../../shell/words.ts";
import type { Template } from "../../workflow.ts";
import { entryValue } from "../fields.ts";
import type { ActionCall } from "./action-inputs.ts";

const EXPRESSION = "\uE000";

/** `actions/github-script`: the calls of GitHub's API that start runs, move refs, release or fetch artifacts. */
export function readGitHubScript(call: ActionCall): readonly Access[] | undefined {
  if (call.name !== "actions/github-script") return undefined;
  const script = entryValue(call.step.with, "script");
  if (!script) return [];
  const marked = new MarkedScript(script);
  const token = call.token(["github-token"]);
  const base = { tool: call.name, token, at: call.at, confidence: "medium" } as const;
  const accesses: Access[] = [];
  for (const { method, body } of marked.calls()) {
    const field = (name: string) => marked.field(body, name);
    const owner = field("repo");
    const repository = owner && keyText(owner) !== undefined ? owner : undefined;
    switch (method) {
      case "createWorkflowDispatch":
        accesses.push({
          ...base,
          kind: "dispatch",
          target: { kind: "workflow", workflow: field("workflow_id") ?? unknown("workflow_id"), ref: field("ref") },
          repository,
          inputs: marked.fields(body, "inputs"),
        });
        break;
      case "createDispatchEvent":
        accesses.push({
          ...base,
          kind: "dispatch",
          target: { kind: "event", type: field("event_type") ?? unknown("event_type") },
          repository,
          inputs: new Map(),
        });
        break;
      case "createRelease":
        accesses.push(written(base, "release", field("tag_name") ?? unknown("tag_name")));
        break;
      case "createRef":
      case "updateRef":
        accesses.push(...movedRef(base, field("ref") ?? unknown("ref")));
        break;
      case "downloadArtifact":
        accesses.push(
          resourceAccess({
            ...base,
            resource: "artifact",
            mode: "read",
            effect: "hand-off",
            key: unknown("artifact_id"),
            // The artifact's id was looked up before: with a run where one is named, else among all there are.
            binding: marked.runId() ?? { kind: "latest", of: "any", branch: undefined },
          }),
        );
        break;
    }
  }
  return accesses;
}

const unknown = (text: string): Key => [{ kind: "unknown", text }];

type Base = Pick<Extract<Access, { kind: "dispatch" }>, "tool" | "token" | "at" | "confidence">;

function written(base: Base, resource: "release" | "git-tag" | "source", key: Key): Access {
  const effect = resource === "release" ? "publish" : "hand-off";
  return resourceAccess({ ...base, resource, mode: "write", effect, key });
}

function movedRef(base: Base, ref: Key): Access[] {
  const [first, ...rest] = ref;
  const match = first?.kind === "text" ? /^(?:refs\/)?(tags|heads)\//.exec(first.text) : undefined;
  if (!match || first?.kind !== "text") return [];
  const key: Key = [...textKey(first.text.slice(match[0].length)), ...rest];
  return [written(base, match[1] === "tags" ? "git-tag" : "source", key)];
}

/** A script in JavaScript, with marks for expressions; its calls are found by their names. */
class MarkedScript {
  private readonly text: string;
  private readonly expressions: readonly string[];

  constructor(template: Template) {
    const expressions: string[] = [];
    this.text = template.parts
      .map((part) => {
        if (part.kind === "text") return part.text;
        expressions.push(part.expression.text);
        return EXPRESSION;
      })
      .join("");
    this.expressions = expressions;
  }

  calls(): { method: string; body: string }[] {
    const names =
      /\.(createWorkflowDispatch|createDispatchEvent|createRelease|createRef|updateRef|downloadArtifact)\s*\(/g;
    return [...this.text.matchAll(names)].map((match) => {
      const start = match.index + match[0].length;
      return { method: match[1]!, body: this.keep(start, closing(this.text, start)) };
    });
  }

  /** The text of an argument list, with the numbers of its expressions kept. */
  private keep(start: number, end: number): string {
    let number = this.text.slice(0, start).split(EXPRESSION).length - 1;
    return this.text.slice(start, end).replaceAll(EXPRESSION, () => `${EXPRESSION}${number++};`);
  }

  /** The value of `name: '…'`; a name in code is unknown. */
  field(body: string, name: string): Key | undefined {
    const match = new RegExp(`(?:^|[\\s{,])['"]?${name}['"]?\\s*:\\s*(?:(['"\`])([\\s\\S]*?)\\1|([^,}\\n]+))`).exec(
      body,
    );
    if (!match) return undefined;
    if (match[1] !== undefined) return this.holes(match[2]!, match[1] === "`");
    return unknown(match[3]!.trim());
  }

  fields(body: string, name: string): ReadonlyMap<string, Key> {
    const start = new RegExp(`['"]?${name}['"]?\\s*:\\s*\\{`).exec(body);
    const result = new Map<string, Key>();
    if (!start) return result;
    const from = start.index + start[0].length;
    const inner = body.slice(from, closing(body, from));
    for (const [, key] of inner.matchAll(/(?:^|[{,\n])\s*['"]?([\w-]+)['"]?\s*:/g)) {
      result.set(key!, this.field(inner, key!) ?? unknown(key!));
    }
    return result;
  }

  private holes(text: string, isTemplate: boolean): Key {
    const parts = text.split(new RegExp(`(${EXPRESSION}\\d+;${isTemplate ? "|\\$\\{[^}]*\\}" : ""})`));
    return parts.flatMap((part): Key => {
      if (part.startsWith(EXPRESSION)) {
        return [{ kind: "expression", text: this.expressions[Number(part.slice(1, -1))] ?? "" }];
      }
      return isTemplate && part.startsWith("${") ? [{ kind: "unknown", text: part }] : textKey(part);
    });
  }

  runId() {
    const body = /listWorkflowRunArtifacts/.test(this.text) && /run_id\s*:\s*([^,}\n]+)/.exec(this.text);
    if (!body) return undefined;
    const code = body[1]!.trim();
    const path = /^context\.payload\.workflow_run\.id/.test(code) ? "github.event.workflow_run.id" : undefined;
    const number = this.text.slice(0, body.index).split(EXPRESSION).length - 1;
    const text = path ?? (code.includes(EXPRESSION) ? this.expressions[number] : undefined);
    const run: Key = text === undefined ? unknown(code) : [{ kind: "expression", text }];
    return { kind: "given-run", run } as const;
  }
}

/** Offset of the bracket that closes the one before `start`; strings are skipped. */
function closing(text: string, start: number): number {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    const char = text[i]!;
    if (char === "'" || char === '"' || char === "`") {
      const end = text.indexOf(char, i + 1);
      if (end < 0) return text.length;
      i = end;
    } else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char) && --depth === 0) return i;
  }
  return text.length;
}
