import type { Access, Key } from "../facts/access.ts";
import { showKey } from "../facts/show-key.ts";
import type { CommandCall } from "./call.ts";
import { lower, resourceAccess } from "./rows.ts";
import type { Told } from "./tables/telling-words.ts";
import { deployHooks, messageHosts, reportHosts } from "./tables/web-hooks.ts";
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
  const does = deployHooks.some((part) => text.includes(part))
    ? deploying
    : unknownRequest(call, text, showKey(address));
  if (!does) return [];
  return [
    resourceAccess({
      tool: does.tool ?? tool,
      resource: does.resource,
      mode: "write",
      effect: does.effect,
      key: address,
      at,
      confidence: lower(confidence, does.confidence),
    }),
  ];
}

interface Does extends Told {
  /** Where `curl` alone would not tell. */
  readonly tool?: string;
}

const deploying: Does = { resource: "service", effect: "deploy", confidence: "medium" };

const uploading: Does = { resource: "package", effect: "publish", confidence: "low" };

/** Parts of an address at which something is made to happen. */
const acts = /\/(?:re)?deploy(?:ment)?s?\b|\/rollouts?\b|\/promote\b|\/publish\b|\/releases?\b|\/restart\b/i;

/** A file that is sent somewhere, or a request to act, with something to sign in with: its job's name has to say so too. */
function unknownRequest({ args, program }: CommandCall, text: string, address: string): Does | undefined {
  if (reportHosts.test(text) || /^https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|api\.github\.com)\b/.test(text))
    return undefined;
  const signsIn =
    args.has("-u", "--user", "--netrc", "-n") ||
    args
      .allOptions("-H", "--header")
      .some((key) => /^(?:authorization|x-api-key|private-token|x-[\w-]*token)\b/i.test(showKey(key)));
  const sent =
    args.option("-T", "--upload-file") ?? (program === "wget" ? args.option("--post-file", "--body-file") : undefined);
  if (sent) return { ...uploading, confidence: signsIn ? "medium" : "low", tool: `${program} --upload-file` };
  return signsIn && acts.test(address) ? { ...deploying, confidence: "low" } : undefined;
}
