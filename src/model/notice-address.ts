import type { NoticeAddress } from "./delivery.ts";

/** Names of the secrets that an address is made of, by what each is for. */
export function secretsOfAddress(to: NoticeAddress): Record<string, string> {
  switch (to.kind) {
    case "email":
      return { server: to.server };
    case "github":
      return { token: to.token };
    // Who may publish is known to the machine, and no name of ours.
    case "sns":
    case "eventbridge":
      return {};
    case "otlp":
      return { url: to.url, ...(to.headers !== undefined && { headers: to.headers }) };
    case "webhook":
    case "cdevents":
      return { url: to.url, ...(to.signing !== undefined && { signing: to.signing }) };
    case "slack":
    case "teams":
      return { url: to.url };
    default:
      return to satisfies never;
  }
}
