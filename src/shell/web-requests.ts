import type { Access, Key } from "../facts/access.ts";
import { showKey } from "../facts/show-key.ts";
import type { CommandCall } from "./call.ts";
import { lower, resourceAccess } from "./rows.ts";
import { deployHooks, messageHosts } from "./tables/web-hooks.ts";
import { keyText, leadingText } from "./words.ts";

/** What `curl` and `wget` ask whom. */
export interface WebRequest {
  readonly address: Key;
  readonly body: Key | undefined;
  readonly method: string | undefined;
}

export function webRequest({ args, command, program }: CommandCall): WebRequest | undefined {
  if (program !== "curl" && program !== "wget") return undefined;
  const address =
    args.option("--url") ?? args.positionals.find(({ key }) => /^https?:|^\$/.test(showKey(key)))?.key ?? [];
  const body = args.option("-d", "--data", "--data-raw", "--data-binary", "--json") ?? command.documents[0];
  return { address, body, method: keyText(args.option("-X", "--request")) };
}

/** Requests to services that deploy when called, and to those that tell people. */
export function readWebRequests(call: CommandCall): readonly Access[] | undefined {
  const request = webRequest(call);
  if (!request) return undefined;
  const { address, body, method } = request;
  const { args, command, confidence, program: tool } = call;
  const writes =
    body !== undefined || (method !== undefined && method !== "GET") || args.has("-T", "--upload-file", "-F");
  if (!writes) return [];
  const text = leadingText(address);
  const at = command.at;
  if (messageHosts.some((host) => text.includes(host))) return [{ kind: "notify", tool, at, confidence }];
  if (!deployHooks.some((part) => text.includes(part))) return [];
  return [
    resourceAccess({
      tool,
      resource: "service",
      mode: "write",
      effect: "deploy",
      key: address,
      at,
      confidence: lower(confidence, "medium"),
    }),
  ];
}
