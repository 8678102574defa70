import type { NoticeInput, ParameterHandle, Scalar } from "./authored.ts";
import { markBuilt } from "./built-delivery.ts";
import { rememberCallSite } from "./call-site.ts";
import type { Delivery } from "./delivery.ts";
import { type EnvironmentHandle, environmentInput } from "./environment.ts";
import { judge } from "./judge.ts";
import { isForm } from "./normalise/form.ts";
import { namedForms } from "./normalise/normalise.ts";
import { parameterInput } from "./parameter.ts";
import { type AnyPipeline, pipelineInput } from "./pipeline.ts";
import { PlaceBook } from "./place-book.ts";
import { DefinitionError, type DefinitionPath, locateRefusals, type Refusal } from "./refusal.ts";

export interface DeliveryInput<Environments extends string = string> {
  /** Every pipeline, the needed ones too. A condition on an environment that is not listed is a compile-time error. */
  readonly pipelines: readonly AnyPipeline<NoInfer<Environments>>[];
  /** In promotion order. */
  readonly environments: readonly EnvironmentHandle<Environments, NoInfer<Environments>>[];
  readonly variables?: Readonly<Record<string, Scalar>> | undefined;
  readonly parameters?: readonly ParameterHandle[] | undefined;
  /** Who is told what happens: targets by names of your own. */
  readonly notices?: Readonly<Record<string, NoticeInput<NoInfer<Environments>>>> | undefined;
}

/**
 * Checks everything together and builds the model.
 *
 * @throws {DefinitionError} with every refusal at once, each with the place where the thing was declared.
 */
export function delivery<const Name extends string, const Environments extends string>(
  name: Name,
  definition: DeliveryInput<Environments>,
): Delivery {
  const places = new PlaceBook();
  places.put([], rememberCallSite({}, delivery));
  const refusals: Refusal[] = [];
  const refuse = (path: DefinitionPath, message: string, help: string): void => {
    refusals.push({ code: "wrong-form", path, message, related: [], help });
  };
  const parts = (key: "pipelines" | "environments" | "parameters", made: (part: object) => NamedInput | undefined) => {
    const listed = definition?.[key] ?? [];
    if (!Array.isArray(listed)) refuse([key], `"${key}" must be a list`, `write ${key}: [...]`);
    return (Array.isArray(listed) ? (listed as unknown[]) : []).flatMap((part, index) => {
      const input = typeof part === "object" && part !== null ? made(part) : undefined;
      if (input) return { ...input, handle: part as object };
      const builder = { pipelines: "pipeline", environments: "env", parameters: "parameter" }[key];
      refuse(
        [key, index],
        `${key}[${index}] was not made by ${builder}(...)`,
        `list what ${builder}("name", …) returns`,
      );
      return [];
    });
  };

  const pipelines = parts("pipelines", pipelineForm);
  const environments = parts("environments", environmentForm);
  const parameters = parts("parameters", (part) => {
    const input = parameterInput(part);
    return input && { name: (part as ParameterHandle).parameter, form: input };
  });
  const forms = {
    pipelines: namedForms(pipelines),
    environments: namedForms(environments),
    parameters: namedForms(parameters),
  };
  const handles = { pipelines, environments, parameters };
  for (const key of ["pipelines", "environments", "parameters"] as const) {
    forms[key].forEach((form, index) => {
      places.put([key, form.segment], handles[key][index]!.handle);
      places.putAll([key, form.segment], form.form);
    });
  }
  const { delivery: built, refusals: others } = judge({
    name,
    variables: definition?.variables,
    notices: definition?.notices,
    ...forms,
  });
  const all = [...refusals, ...others];
  if (all.length > 0) throw new DefinitionError(locateRefusals(all, (path) => places.find(path)));
  return markBuilt(built, (path) => places.find(path));
}

interface NamedInput {
  name: string;
  form: unknown;
}

function pipelineForm(part: object): NamedInput | undefined {
  const input = pipelineInput(part);
  if (!isForm(input)) return undefined;
  const needs = Array.isArray(input.needs) ? { needs: input.needs.map(nameOfHandle) } : {};
  return { name: (part as AnyPipeline).name, form: { ...input, ...needs } };
}

function environmentForm(part: object): NamedInput | undefined {
  const input = environmentInput(part);
  if (!isForm(input)) return undefined;
  const { after } = input;
  const names = Array.isArray(after) ? after.map(nameOfHandle) : nameOfHandle(after);
  return { name: (part as EnvironmentHandle).name, form: after === undefined ? input : { ...input, after: names } };
}

function nameOfHandle(item: unknown): unknown {
  const isHandle = isForm(item) && (pipelineInput(item) !== undefined || environmentInput(item) !== undefined);
  return isHandle ? (item as { name: string }).name : item;
}
