import { secretPattern } from "../../names.ts";
import { secretsOfAddress } from "../../notice-address.ts";
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

const addressPattern = /^(?:[^<>@\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;
