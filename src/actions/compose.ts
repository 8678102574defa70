import type { EnvInput, StepInput, ValueInput } from "../model/authored.ts";
import { sh } from "../model/sh.ts";

/** Script text, or a value: words of it that are literal are quoted, the rest reaches the script through variables. */
export type Piece = string | { readonly value: ValueInput };

export interface ActionOptions {
  /** What people call the step. */
  readonly name: string;
  /** `s3.sync`: by it a platform knows that it may lower the step to something native. */
  readonly kind: string;
  /** What the action was made from; entries without a value are left out. */
  readonly inputs: Readonly<Record<string, ValueInput | undefined>>;
}

/** A step from pieces of a script whose number is only known when the definition is read. */
export function compose({ name, kind, inputs }: ActionOptions, pieces: readonly Piece[]): StepInput {
  const strings = [""];
  const values: ValueInput[] = [];
  const write = (text: string) => {
    strings[strings.length - 1] += text;
  };
  const fill = (value: ValueInput) => {
    if (typeof value !== "object") write(quote(String(value)));
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
  return { ...sh({ name })(template, ...values), action: { kind, inputs: given(inputs) } };
}

function isList(value: object): value is readonly ValueInput[] {
  return Array.isArray(value);
}

/** ` --name value` for each entry that has a value. */
export function flags(options: Readonly<Record<string, ValueInput | undefined>>): Piece[] {
  return Object.entries(given(options)).flatMap(([name, value]) => [` --${name} `, { value }]);
}

function given(values: Readonly<Record<string, ValueInput | undefined>>): EnvInput {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as EnvInput;
}

/** A literal word for a shell script. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Lines that append outputs to the file in `$BATON_OUTPUT`: name of the output, command that prints its value. */
export function publishing(outputs: Readonly<Record<string, readonly Piece[]>>): Piece[] {
  return Object.entries(outputs).flatMap(([name, command]) => [
    `\nvalue=$(`,
    ...command,
    `)\nprintf '%s=%s\\n' ${quote(name)} "$value" >> "$BATON_OUTPUT"`,
  ]);
}
