import type { Container, Value } from "../../delivery.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal } from "../subject.ts";

/** A machine is chosen, and an image fetched, before anything of the job exists; what opens a registry is never in the text. */
export const machines: Rule = function* ({ jobs }) {
  for (const { job, name, path } of jobs) {
    const { runsOn, container, services = {} } = job;
    if (runsOn !== undefined) {
      const at = [...path, "runsOn"];
      if (runsOn.labels.length === 0 && runsOn.group === undefined) {
        yield refusal("no-machine", at, {
          message: `the job "${name}" may run on no machine`,
          help: "name a label or a group, or leave runsOn out",
        });
      }
      for (const [index, label] of runsOn.labels.entries()) yield* chosenBefore(label, [...at, index], "a label");
      if (runsOn.group !== undefined) yield* chosenBefore(runsOn.group, [...at, "group"], "a group");
    }
    if (container !== undefined) yield* wrongContainer(container, [...path, "container"]);
    for (const [service, one] of Object.entries(services)) {
      const at = [...path, "services", service];
      yield* wrongContainer(one, at);
      for (const [index, port] of one.ports.entries()) {
        if (isPort(port)) continue;
        yield refusal("wrong-port", [...at, "ports", index], {
          message: `"${port}" is no port`,
          help: 'write 5432, "5432:5432" (of the machine, of the container) or "53:53/udp"',
        });
      }
    }
  }
};

function* chosenBefore(value: Value, path: DefinitionPath, what: string): Generator<Refusal> {
  if (value === "") yield empty(path, what);
  for (const part of partsOf(value)) {
    const kind = "output" in part ? "an output" : "secret" in part ? "a secret" : undefined;
    const isLater = "context" in part && !["delivery", "environment", "pipeline", "job"].includes(part.context);
    if (kind === undefined && !isLater) continue;
    yield refusal("machine-chosen-before", path, {
      message: `${what} is made of ${kind ?? "what is known of a running job"}, and a machine is chosen before that`,
      help: "use text, a variable, a parameter or a dimension of the matrix",
    });
  }
}

function* wrongContainer({ image, credentials }: Container, path: DefinitionPath): Generator<Refusal> {
  if (image === "") yield empty([...path, "image"], "an image");
  if (partsOf(image).some((part) => "secret" in part)) {
    yield refusal("secret-in-image", [...path, "image"], {
      message: "the name of an image is made of a secret, and every log shows it",
      help: "use text, a variable or an output; secrets belong into credentials",
    });
  }
  const password = credentials?.password;
  if (password !== undefined && !(typeof password === "object" && "secret" in password)) {
    yield refusal("open-password", [...path, "credentials", "password"], {
      message: "the password for a registry stands in the definition",
      help: "name a secret: { secret: REGISTRY_TOKEN }",
    });
  }
}

const empty = (path: DefinitionPath, what: string) =>
  refusal("no-machine", path, { message: `${what} is empty`, help: "give it a name, or leave it out" });

type Reference = Exclude<Value, string | Value[]>;

function partsOf(value: Value): Reference[] {
  if (typeof value === "string") return [];
  return Array.isArray(value) ? value.flatMap(partsOf) : [value];
}

function isPort(text: string): boolean {
  const numbers = /^(?:(\d{1,5}):)?(\d{1,5})(?:\/(?:tcp|udp))?$/.exec(text)?.slice(1);
  return numbers?.every((one) => one === undefined || (Number(one) >= 1 && Number(one) <= 65_535)) === true;
}
