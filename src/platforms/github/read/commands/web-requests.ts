import type { Access } from "../../../../facts/access.ts";
import type { CommandCall } from "./call.ts";
import { apiAccesses } from "./github-cli.ts";
import { lower, resourceAccess } from "./rows.ts";
import { deployHooks, messageHosts } from "./tables/web-hooks.ts";
import { tokenOf } from "./tokens.ts";
import { keyText, leadingText, showKey, splitKey } from "./words.ts";

/** `curl` and `wget` to GitHub's API, to services that deploy when called, and to those that tell people. */
export function readWebRequests(call: CommandCall): readonly Access[] | undefined {
  const { args, command, program, setting } = call;
  if (program !== "curl" && program !== "wget") return undefined;
  const address =
    args.option("--url") ?? args.positionals.find(({ key }) => /^https?:|^\$/.test(showKey(key)))?.key ?? [];
  const text = leadingText(address);
  const body = args.option("-d", "--data", "--data-raw", "--data-binary", "--json") ?? command.documents[0];
  const method = keyText(args.option("-X", "--request"));
  if (text.includes("api.github.com") || showKey(address).includes("GITHUB_API_URL")) {
    const header = args.allOptions("-H", "--header").find((key) => /^authorization:/i.test(leadingText(key)));
    const secret = header && splitKey(header, " ")?.after;
    const credentials = (secret && (splitKey(secret, " ")?.after ?? secret)) ?? args.option("-u", "--user") ?? [];
    const token = tokenOf(credentials, setting.variables);
    return apiAccesses({ tool: program, path: address, fields: new Map(), body, method, token, ...at(call) });
  }
  const writes =
    body !== undefined || (method !== undefined && method !== "GET") || args.has("-T", "--upload-file", "-F");
  if (!writes) return [];
  if (messageHosts.some((host) => text.includes(host))) return [{ kind: "notify", tool: program, ...at(call) }];
  if (!deployHooks.some((part) => text.includes(part))) return [];
  return [
    resourceAccess({
      tool: program,
      resource: "service",
      mode: "write",
      effect: "deploy",
      key: address,
      ...at(call),
      confidence: lower(call.confidence, "medium"),
    }),
  ];
}

function at({ command, confidence }: CommandCall) {
  return { at: command.at, confidence };
}
