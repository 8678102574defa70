import type { ParameterHandle, ParameterInput } from "./authored.ts";
import { rememberCallSite } from "./call-site.ts";

const definitions = new WeakMap<object, ParameterInput>();

/** Declares a value that a person may give when starting a run by hand. List it in the delivery's `parameters`. */
export function parameter<const Name extends string>(
  name: Name,
  definition: ParameterInput = {},
): ParameterHandle<Name> {
  const handle = rememberCallSite({ parameter: name }, parameter);
  definitions.set(handle, definition);
  return handle as ParameterHandle<Name>;
}

/** What was given to `parameter(...)`; undefined when this is not a handle that it returned. */
export function parameterInput(handle: object): ParameterInput | undefined {
  return definitions.get(handle);
}
