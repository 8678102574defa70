import type { ConditionInput, EnvInput, StepInput, ValueInput } from "./authored.ts";
import { rememberCallSite } from "./call-site.ts";
import { holeAt, scanHole, scanShell, startScan } from "./shell-quoting.ts";
import type { OwnOutputsOf } from "./values.ts";

/** Everything of a step but its script. */
export type StepOptions<
  Environments extends string = never,
  Own extends string = never,
  Artifacts extends string = never,
> = Omit<StepInput<Environments, Own, Artifacts>, "run" | "condition" | "env"> & {
  readonly condition?: ConditionInput<Environments> | undefined;
  readonly env?: EnvInput<Own> | undefined;
};

type Tag<Environments extends string, Own extends string, Artifacts extends string> = <
  const Values extends readonly ValueInput<string>[],
>(
  strings: TemplateStringsArray,
  ...values: Values
) => StepInput<Environments, Own | OwnOutputsOf<Values[number]>, Artifacts>;

/**
 * A shell step. Three ways to write one:
 *
 *     sh("npm ci")
 *     sh("npm test", { timeout: "10m" })
 *     sh`aws s3 sync dist s3://${infra.outputs.siteBucket}`
 *     sh({ name: "Upload" })`aws s3 sync dist s3://${infra.outputs.siteBucket}`
 *
 * In a template a value never becomes part of the script: it is handed over in an environment variable, and what stands
 * in the script is that variable, quoted for the place where it stands. Backslashes are the shell's, as written.
 */
export function sh<const Values extends readonly ValueInput<string>[]>(
  strings: TemplateStringsArray,
  ...values: Values
): StepInput<never, OwnOutputsOf<Values[number]>>;
export function sh<
  const Environments extends string = never,
  const Own extends string = never,
  const Artifacts extends string = never,
>(options: StepOptions<Environments, Own, Artifacts>): Tag<Environments, Own, Artifacts>;
// Last, because the compiler explains what is wrong in the words of the last one.
export function sh<
  const Environments extends string = never,
  const Own extends string = never,
  const Artifacts extends string = never,
>(script: string, options?: StepOptions<Environments, Own, Artifacts>): StepInput<Environments, Own, Artifacts>;
export function sh(first: unknown, ...rest: unknown[]): unknown {
  if (typeof first === "string") return rememberCallSite({ ...(rest[0] as StepOptions), run: first }, sh);
  if (isTemplate(first)) return rememberCallSite(templateStep(first, rest as ValueInput<string>[]), sh);
  const options = first as StepOptions;
  return function tag(strings: TemplateStringsArray, ...values: ValueInput<string>[]) {
    const step = templateStep(strings, values);
    return rememberCallSite({ ...step, ...options, env: { ...options.env, ...step.env } }, tag);
  };
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && "raw" in value;
}

function templateStep(strings: TemplateStringsArray, values: readonly ValueInput<string>[]): StepInput<never, string> {
  const scripts = dedent(strings.raw.map(unescapeTemplate));
  const env: Record<string, ValueInput<string>> = {};
  const names = new Map<string, string>();
  const scan = startScan();
  let run = "";
  let name = "";
  scripts.forEach((script, index) => {
    scanShell(scan, script);
    run += script;
    name += script;
    if (index >= values.length) return;
    const value = values[index]!;
    const hole = holeAt(scan);
    if ("refused" in hole) {
      throw new TypeError(
        `sh: the value ${wordsFor(value)} cannot be put into the script here: ${hole.refused}. ` +
          `Give it to the step in env and use the variable.\n  in: ${run.split("\n").at(-1)}`,
      );
    }
    const variable = variableFor(value, env, names);
    scanHole(scan);
    run += hole.insert(variable);
    name += wordsFor(value);
  });
  const step = { name: firstLine(name), run };
  return values.length > 0 ? { ...step, env } : step;
}

/** The same value gets one variable; two values whose names fall together get two. */
function variableFor(
  value: ValueInput<string>,
  env: Record<string, ValueInput<string>>,
  names: Map<string, string>,
): string {
  const identity = JSON.stringify(value) ?? String(value);
  const known = names.get(identity);
  if (known !== undefined) return known;
  const words = typeof value === "object" && !Array.isArray(value) ? String(Object.values(value)[0]) : "";
  const wanted = `BATON_VALUE_${shouted(words) || names.size + 1}`;
  let name = wanted;
  for (let count = 2; name in env; count++) name = `${wanted}_${count}`;
  env[name] = value;
  names.set(identity, name);
  return name;
}

/** `infra.siteBucket` becomes `INFRA_SITE_BUCKET`. */
function shouted(words: string): string {
  return words
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toUpperCase();
}

/** For people: how the value is called in a step's name. */
function wordsFor(value: ValueInput<string>): string {
  if (Array.isArray(value)) return value.map(wordsFor).join("");
  return typeof value === "object" ? `{${Object.values(value)[0]}}` : String(value);
}

/** The first line with something in it, cut to a length that fits on a screen. */
export function firstLine(script: string): string {
  const line = script.split("\n").find((text) => text.trim() !== "") ?? "";
  const trimmed = line.trim();
  return trimmed.length > 72 ? `${trimmed.slice(0, 71)}…` : trimmed;
}

function unescapeTemplate(raw: string): string {
  return raw.replace(/\\(`|\$\{)/g, "$1");
}

/** Takes away the line break at the start, the indentation that all lines share and the blanks at the end. */
function dedent(strings: readonly string[]): string[] {
  if (!strings.some((string) => string.includes("\n"))) return [...strings];
  const joined = strings.join("\0");
  const lines = joined
    .replace(/^[ \t]*\n/, "")
    .replace(/\n[ \t]*$/, "")
    .split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)![0].length);
  // Text on the line of the opening backtick has no indentation to go by.
  const first = joined.startsWith("\n") || /^[ \t]*\n/.test(joined) ? 0 : 1;
  const shared = Math.min(...indents.slice(first));
  const cut = Number.isFinite(shared) ? shared : 0;
  return lines
    .map((line, index) => (index < first ? line : line.slice(Math.min(cut, /^[ \t]*/.exec(line)![0].length))))
    .join("\n")
    .split("\0");
}
