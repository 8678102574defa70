import type { EnvInput, StepInput, ValueInput } from "../model/authored.ts";
import { sh } from "../model/sh.ts";
import { shellWord } from "../model/shell-word.ts";

/** Script text, or a value: words of it that are literal are quoted, the rest reaches the script through variables. */
export type Piece = string | { readonly value: AnyValue };

/** A value of which nothing is asked any more: what an action may read, its own type has said. */
export type AnyValue = ValueInput<string>;

export interface ActionOptions {
  /** What people call the step. */
  readonly name: string;
  /** `s3.sync`: by it a platform knows that it may lower the step to something native. */
  readonly kind: string;
  /**
   * All that the action was made from: what is not in here is not compared when a plan asks whether a definition is another one.
   * Entries without a value are left out.
   */
  readonly inputs: Readonly<Record<string, AnyValue | undefined>>;
  /** Outputs of the pipeline that it publishes. */
  readonly publishes?: readonly string[];
  /** How it looks whether what it left is still as it was, and changes nothing: the exit code is 0 where it is, 2 where not. */
  readonly drift?: readonly Piece[];
}

/** A step from pieces of a script whose number is only known when the definition is read. `Own`: own outputs it reads. */
export function compose<Own extends string>(
  { name, kind, inputs, publishes = [], drift }: ActionOptions,
  pieces: readonly Piece[],
): StepInput<never, Own> {
  const looks = drift && scripted(name, drift);
  const action = {
    kind,
    inputs: given(inputs),
    ...(publishes.length > 0 && { publishes }),
    ...(looks && { drift: { run: looks.run, ...(looks.env && { env: looks.env }) } }),
  };
  const step = { ...scripted(name, pieces), action };
  return step as StepInput<never, string> as StepInput<never, Own>;
}

function scripted(name: string, pieces: readonly Piece[]): StepInput<never, string> {
  const strings = [""];
  const values: AnyValue[] = [];
  const write = (text: string) => {
    strings[strings.length - 1] += text;
  };
  const fill = (value: AnyValue) => {
    if (typeof value !== "object") write(shellWord(String(value)));
    else if (isList(value)) for (const part of value) fill(part);
    else {
      values.push(value);
      strings.push("");
    }
  };
  for (const piece of pieces) {
    if (typeof piece === "string") write(piece);
    else fill(piece.value);
  }
  const template = Object.assign([...strings], { raw: strings }) as unknown as TemplateStringsArray;
  return sh({ name })(template, ...values) as StepInput<never, string>;
}

function isList(value: object): value is readonly AnyValue[] {
  return Array.isArray(value);
}

/** Entries of a table, or items of a list counted from 1, as inputs of their own: `tags.owner`, `stacks.1`. */
export function named<T>(name: string, entries: Readonly<Record<string, T>> | readonly T[] = {}): Record<string, T> {
  const pairs = Array.isArray(entries)
    ? (entries as readonly T[]).map((item, index) => [index + 1, item] as const)
    : Object.entries(entries as Readonly<Record<string, T>>);
  return Object.fromEntries(pairs.map(([key, value]) => [`${name}.${key}`, value]));
}

/** ` --name value` for each entry that has a value. */
export function flags(options: Readonly<Record<string, AnyValue | undefined>>): Piece[] {
  return Object.entries(given(options)).flatMap(([name, value]) => [` --${name} `, { value }]);
}

function given(values: Readonly<Record<string, AnyValue | undefined>>): EnvInput<string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as EnvInput<string>;
}

/** Lines that append outputs to the file in `$BATON_OUTPUT`: name of the output, command that prints its value. */
export function publishing(outputs: Readonly<Record<string, readonly Piece[]>>): Piece[] {
  return Object.entries(outputs).flatMap(([name, command]) => [
    `\nvalue=$(`,
    ...command,
    `)\nprintf '%s=%s\\n' ${shellWord(name)} "$value" >> "$BATON_OUTPUT"`,
  ]);
}
