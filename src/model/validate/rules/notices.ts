import type { NoticeAddress } from "../../delivery.ts";
import { secretPattern } from "../../names.ts";
import { secretsOfAddress } from "../../notice-address.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal } from "../subject.ts";

/** Who is told can be reached: addresses have the form of one, and secrets a name that stores take. */
export const notices: Rule = function* ({ delivery }) {
  for (const [name, { to, on }] of Object.entries(delivery.notices ?? {})) {
    const path = ["notices", name];
    if (on.length === 0) {
      yield refusal("notice-of-nothing", [...path, "on"], {
        message: `"${name}" is told of nothing`,
        help: "name topics, or leave `on` out: then it is told of everything",
      });
    }
    const at = [...path, to.kind];
    const isBare = to.kind === "slack" || to.kind === "teams";
    for (const [key, secret] of Object.entries(secretsOfAddress(to))) {
      if (secretPattern.test(secret)) continue;
      yield refusal("wrong-name", [...at, ...(isBare ? [] : [key]), "secret"], {
        message: `"${secret}" cannot be the name of a secret`,
        help: "use letters, digits and the characters _ . / -",
      });
    }
    yield* placesOf(to, at);
    if (to.kind !== "email") continue;
    if (to.to.length === 0) {
      yield refusal("wrong-address", [...at, "to"], { message: `"${name}" goes to nobody`, help: "name an address" });
    }
    for (const [address, where] of [
      [to.from, [...at, "from"]] as const,
      ...to.to.map((one, index) => [one, [...at, "to", index]] as const),
    ]) {
      if (addressPattern.test(address)) continue;
      yield refusal("wrong-address", where, {
        message: `"${address}" is no e-mail address`,
        help: "write one: ops@example.com, or Ops <ops@example.com>",
      });
    }
  }
};

/** What is no secret is looked at: a misspelt place would be found out when something is to be told. */
function* placesOf(to: NoticeAddress, at: DefinitionPath): Iterable<Refusal> {
  const wrong = (path: DefinitionPath, text: string, what: string, example: string) =>
    refusal("wrong-address", path, { message: `"${text}" is no ${what}`, help: `write one: ${example}` });
  if (to.kind === "sns" && !topicPattern.test(to.topic)) {
    yield wrong(at, to.topic, "ARN of an SNS topic", "arn:aws:sns:eu-central-1:123456789012:deployments");
  }
  if (to.kind === "eventbridge" && !busPattern.test(to.bus)) {
    yield wrong(at, to.bus, "ARN of an event bus", "arn:aws:events:eu-central-1:123456789012:event-bus/default");
  }
  if (to.kind !== "github") return;
  if (!repositoryPattern.test(to.repository)) {
    yield wrong([...at, "repository"], to.repository, "repository on GitHub", "owner/name");
  }
  if (to.api !== undefined && !/^https?:$/.test(URL.parse(to.api)?.protocol ?? "")) {
    yield wrong([...at, "api"], to.api, "address of an API", "https://github.example.com/api/v3");
  }
}

const topicPattern = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+(?:\.fifo)?$/;
const busPattern = /^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]+$/;
const repositoryPattern = /^[A-Za-z0-9][A-Za-z0-9-]*\/[\w.-]+$/;
const addressPattern = /^(?:[^<>@\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;
