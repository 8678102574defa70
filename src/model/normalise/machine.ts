import type { Container, RunsOn, ServiceContainer, Value } from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";
import { type Form, type FormReader, isForm, must, setOwn } from "./form.ts";
import { isReference, readEnv, readValue } from "./values.ts";

export const containerKeys = ["image", "env", "options", "credentials"] as const;
export const serviceKeys = [...containerKeys, "ports"] as const;

/** One label, or a list of them: a text with values in it stands in the list, or below `labels` or `group`. */
export function readRunsOn(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string): RunsOn {
  const isLong = isForm(value) && !isReference(value);
  const runsOn: Form = isLong ? form.object(value, path, ["labels", "group"]) : { labels: must(value) };
  const at = isLong ? [...path, "labels"] : path;
  return {
    labels: form
      .list(runsOn.labels, at, "or one")
      .map(([label, where]): Value => readValue(form, label, where, pipeline)),
    ...(runsOn.group === undefined ? {} : { group: readValue(form, runsOn.group, [...path, "group"], pipeline) }),
  };
}

/** An image, or an object in which it stands. */
export function readContainer(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string): Container {
  return container(form, longForm(form, value, path, containerKeys), path, pipeline);
}

export function readServices(
  form: FormReader,
  value: unknown,
  path: DefinitionPath,
  pipeline: string,
): Record<string, ServiceContainer> {
  const services: Record<string, ServiceContainer> = {};
  for (const [name, item] of form.entries(value, path)) {
    const at = [...path, name];
    const service = longForm(form, item, at, serviceKeys);
    setOwn(services, name, {
      ...container(form, service, at, pipeline),
      ports: form.scalars(service.written.ports, [...at, "ports"]),
    });
  }
  return services;
}

interface LongForm {
  readonly written: Form;
  readonly imageAt: DefinitionPath;
}

/** Its keys, and where the image stands: the short form is nothing else. */
function longForm(form: FormReader, value: unknown, path: DefinitionPath, known: readonly string[]): LongForm {
  const isLong = isForm(value) && !isReference(value);
  return isLong
    ? { written: form.object(value, path, known), imageAt: [...path, "image"] }
    : { written: { image: value }, imageAt: path };
}

function container(
  form: FormReader,
  { written, imageAt }: LongForm,
  path: DefinitionPath,
  pipeline: string,
): Container {
  const options = form.string(written.options, [...path, "options"]);
  const at = [...path, "credentials"];
  const credentials =
    written.credentials === undefined ? undefined : form.object(written.credentials, at, ["username", "password"]);
  return {
    image: readValue(form, must(written.image), imageAt, pipeline),
    env: readEnv(form, written.env, [...path, "env"], pipeline),
    ...(options === undefined ? {} : { options }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            username: readValue(form, must(credentials.username), [...at, "username"], pipeline),
            password: readValue(form, must(credentials.password), [...at, "password"], pipeline),
          },
        }),
  };
}
