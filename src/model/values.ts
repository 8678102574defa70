import type {
  ContextReference,
  JoinedValue,
  MatrixReference,
  OwnOutput,
  SecretReference,
  ValueInput,
  VariableReference,
} from "./authored.ts";
import { rememberCallSite } from "./call-site.ts";
import type { ContextName } from "./delivery.ts";

/** Values that are filled in when a job starts. Each may stand wherever a value may: in `env`, in sh`…`, in text`…`. */

/** The secret of this name; it reaches the step through its environment and is masked in every log. */
export function secret(name: string): SecretReference {
  return rememberCallSite({ secret: name }, secret);
}

/** A variable of the delivery or, where it has one of that name, of the environment. */
export function variable(name: string): VariableReference {
  return rememberCallSite({ variable: name }, variable);
}

/** The value that this leg of the job's matrix has for `dimension`. */
export function matrix(dimension: string): MatrixReference {
  return rememberCallSite({ matrix: dimension }, matrix);
}

/** What Baton knows about the running job, for example its environment or its commit. */
export function context(name: ContextName): ContextReference {
  return rememberCallSite({ context: name }, context);
}

/** An output of the own pipeline, published by a job that comes before. Other pipelines' outputs: `infra.outputs.NAME`. */
export function output<const Name extends string>(name: Name): OwnOutput<Name> {
  return rememberCallSite({ output: name }, output) as unknown as OwnOutput<Name>;
}

/** Names of own outputs that a value reads; none when all the compiler knows is that they are strings. */
export type OwnOutputsOf<Value> = Known<
  Value extends OwnOutput<infer Own> ? Own : Value extends JoinedValue<infer Own> ? Own : never
>;

type Known<Name extends string> = string extends Name ? never : Name;

/** A string with values in it: text`https://${infra.outputs.domain}/api`. */
export function text<const Values extends readonly ValueInput<string>[]>(
  strings: TemplateStringsArray,
  ...values: Values
): JoinedValue<OwnOutputsOf<Values[number]>> {
  const parts: ValueInput<string>[] = [];
  strings.forEach((string, index) => {
    if (string !== "") parts.push(string);
    // What is undefined (a misspelt output) stays, so that the definition is refused where it stands.
    if (index < values.length) parts.push(values[index]!);
  });
  return rememberCallSite(parts, text) as unknown as JoinedValue<OwnOutputsOf<Values[number]>>;
}
