import type { NoticeAddress } from "./delivery.ts";

/** Names of the secrets that an address is made of, by what each is for. */
export function secretsOfAddress(to: NoticeAddress): Record<string, string> {
  if (to.kind === "email") return { server: to.server };
  if (to.kind === "webhook" && to.signing !== undefined) return { url: to.url, signing: to.signing };
  return { url: to.url };
}
