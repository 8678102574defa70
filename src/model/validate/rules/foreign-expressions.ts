import { scanShell, startScan } from "../../shell-quoting.ts";
import { type Rule, refusal } from "../subject.ts";

/** `${{ … }}` is GitHub's: a shell stops at it, in the middle of a deployment. Quoted so that it is only text, it may stand. */
export const foreignExpressions: Rule = function* ({ jobs }) {
  for (const { job, path } of jobs) {
    for (const [index, { run }] of job.steps.entries()) {
      const expression = firstExpression(run);
      if (expression === undefined) continue;
      yield refusal("foreign-expression", [...path, "steps", index, "run"], {
        message: `"\${{ ${expression} }}" is how GitHub's workflows are written; a shell cannot read it`,
        help: inOurWords(expression),
      });
    }
  }
};

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

function inOurWords(expression: string): string {
  for (const { context, value } of contexts) {
    const name = context.exec(expression)?.[1];
    if (name === undefined) continue;
    const variable = name.replaceAll("-", "_").toUpperCase();
    return `give it to the step through its environment, env: { ${variable}: ${value(name)} }, and write "$${variable}"`;
  }
  return 'give the value to the step through its environment, env: { NAME: … }, and write "$NAME"';
}
