import { callSiteOf, rememberCallSite } from "../model/call-site.ts";
import { type Form, FormReader, isForm, must } from "../model/normalise/form.ts";
import { readEnv, readValue } from "../model/normalise/values.ts";
import { DefinitionError, type DefinitionPath } from "../model/refusal.ts";

type Kind = "text" | "value" | "texts" | "values" | "numbers" | "table of texts" | "table of values";

/** What an action may be given: each key of its input with what may stand there, `?` where nothing has to; a list is one of its words. */
export interface InputForm<Input extends object> {
  /** `docker.build`, as people write it. */
  readonly action: string;
  readonly keys: {
    readonly [Key in keyof Required<Input>]: undefined extends Input[Key] ? `${Kind}?` | readonly string[] : Kind;
  };
  /** What is wrong with an input of the right form. */
  wrong?(input: Input): readonly WrongInput[];
}

export interface WrongInput {
  readonly key: string;
  readonly message: string;
  readonly help: string;
}

/**
 * Reads what an action was given as suspiciously as the definition itself: types are only stripped, so a misspelt key would pass.
 *
 * @throws {DefinitionError} with all that is wrong, at the line that called the action.
 */
export function checkInput<Input extends object>({ action, keys, wrong }: InputForm<Input>, input: Input): void {
  const form = new FormReader();
  const kinds = Object.entries<string | readonly string[]>(keys);
  if (isForm(input)) checkKeys(form, { action, input, kinds });
  else form.wrongForm([action], `an object with the keys ${Object.keys(keys).join(", ")}`, must(input));
  if (form.refusals.length === 0) {
    for (const { key, ...words } of wrong?.(input) ?? []) form.refuse("wrong-input", [action, key], words);
  }
  refuseAll(form);
}

/**
 * The same for an action whose input is one table, name by name.
 *
 * @throws {DefinitionError} with all that is wrong, at the line that called the action.
 */
export function checkTable(action: string, input: object): void {
  const form = new FormReader();
  readEnv(form, must(input), [action], "");
  refuseAll(form);
}

function refuseAll({ refusals }: FormReader): void {
  if (refusals.length === 0) return;
  const place = callSiteOf(rememberCallSite({}, refuseAll));
  throw new DefinitionError(refusals.map((refusal) => (place === undefined ? refusal : { ...refusal, place })));
}

interface Written {
  readonly action: string;
  readonly input: Form;
  readonly kinds: readonly [string, string | readonly string[]][];
}

function checkKeys(form: FormReader, { action, input, kinds }: Written): void {
  form.object(
    input,
    [action],
    kinds.map(([key]) => key),
  );
  for (const [key, kind] of kinds) {
    const value = input[key];
    const path = [action, key];
    if (typeof kind !== "string") form.word(value, path, kind);
    else if (value !== undefined || !kind.endsWith("?")) {
      readInput(form, kind.replace("?", "") as Kind, { value: must(value), path });
    }
  }
}

function readInput(form: FormReader, kind: Kind, { value, path }: { value: unknown; path: DefinitionPath }): void {
  switch (kind) {
    case "text":
      form.string(value, path);
      return;
    case "value":
      readValue(form, value, path, "");
      return;
    case "texts":
      form.strings(value, path);
      return;
    case "values":
      for (const [item, at] of form.list(value, path)) readValue(form, item, at, "");
      return;
    case "numbers":
      for (const [item, at] of form.list(value, path)) form.number(item, at);
      return;
    case "table of texts":
      for (const [name, item] of form.entries(value, path)) form.string(item, [...path, name]);
      return;
    case "table of values":
      readEnv(form, value, path, "");
      return;
    default:
      kind satisfies never;
  }
}
