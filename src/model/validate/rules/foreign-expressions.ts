import type { Value } from "../../delivery.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { scanShell, startScan } from "../../shell-quoting.ts";
import { type Rule, refusal } from "../subject.ts";

/**
 * `${{ … }}` is GitHub's: a shell stops at it, in the middle of a deployment, and a variable would hold the text itself.
 * Quoted in a script so that it is only text, it may stand.
 */
export const foreignExpressions: Rule = function* ({ delivery, jobs }) {
  for (const { name, env } of delivery.pipelines) yield* inVariables(env, ["pipelines", name]);
  for (const { job, path } of jobs) {
    yield* inVariables(job.env, path);
    for (const [index, { run, env }] of job.steps.entries()) {
      const at = [...path, "steps", index];
      yield* inVariables(env, at);
      const expression = firstExpression(run);
      if (expression === undefined) continue;
      yield refusal("foreign-expression", [...at, "run"], {
        message: `"\${{ ${expression} }}" is how GitHub's workflows are written; a shell cannot read it`,
        help: inOurWords(expression),
      });
    }
  }
};

const anyExpression = /\$\{\{\s*([^}]*?)\s*\}\}/;

function* inVariables(env: Record<string, Value>, path: DefinitionPath): Iterable<Refusal> {
  for (const [variable, value] of Object.entries(env)) {
    const texts = (Array.isArray(value) ? value : [value]).filter((part) => typeof part === "string");
    const expression = texts.map((text) => anyExpression.exec(text)?.[1]).find((found) => found !== undefined);
    if (expression === undefined) continue;
    const ours = ourValue(expression);
    yield refusal("foreign-expression", [...path, "env", variable], {
      message: `"\${{ ${expression} }}" is how GitHub's workflows are written; here the variable would hold that text`,
      help:
        ours === undefined
          ? "write { secret: … }, { variable: … } or { output: … } in its place"
          : `write ${variable}: ${ours.value}`,
    });
  }
}

/** What stands in the first that a shell would try to read. */
function firstExpression(script: string): string | undefined {
  const scan = startScan();
  let from = 0;
  for (const { index, 1: expression } of script.matchAll(/\$\{\{\s*([^}]*?)\s*\}\}/g)) {
    scanShell(scan, script.slice(from, index));
    from = index;
    const isText = scan.escaped || ["single", "ansi", "comment"].includes(scan.nesting.at(-1)!);
    if (scan.heredoc ? !scan.heredoc.quoted : !isText) return expression;
  }
  return undefined;
}

/** What takes the place of GitHub's contexts, and the name of the variable. */
const contexts: readonly { readonly context: RegExp; readonly value: (name: string) => string }[] = [
  { context: /^secrets\.([\w-]+)$/, value: (name) => `{ secret: ${name} }` },
  { context: /^(?:vars|env)\.([\w-]+)$/, value: (name) => `{ variable: ${name} }` },
  { context: /^(?:github\.event\.)?inputs\.([\w-]+)$/, value: (name) => `{ parameter: ${name} }` },
  { context: /^matrix\.([\w-]+)$/, value: (name) => `{ matrix: ${name} }` },
  { context: /^(?:needs|steps)\.[\w-]+\.outputs\.([\w-]+)$/, value: (name) => `{ output: ${name} }` },
  { context: /^github\.(sha)$/, value: () => "{ context: commit }" },
  { context: /^github\.(ref_name)$/, value: () => "{ context: branch }" },
];

function ourValue(expression: string): { name: string; value: string } | undefined {
  for (const { context, value } of contexts) {
    const name = context.exec(expression)?.[1];
    if (name !== undefined) return { name, value: value(name) };
  }
  return undefined;
}

function inOurWords(expression: string): string {
  const ours = ourValue(expression);
  if (ours === undefined)
    return 'give the value to the step through its environment, env: { NAME: … }, and write "$NAME"';
  const variable = ours.name.replaceAll("-", "_").toUpperCase();
  return `give it to the step through its environment, env: { ${variable}: ${ours.value} }, and write "$${variable}"`;
}
