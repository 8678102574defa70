import type { Access } from "../../../../facts/access.ts";
import { showKey } from "../../../../facts/show-key.ts";
import type { CommandCall } from "../../../../shell/call.ts";
import { webRequest } from "../../../../shell/web-requests.ts";
import { leadingText, splitKey } from "../../../../shell/words.ts";
import { apiAccesses } from "./github-cli.ts";

/** `curl` and `wget` to GitHub's API. */
export function readApiRequest(call: CommandCall): readonly Access[] | undefined {
  const request = webRequest(call);
  if (!request) return undefined;
  const { address: path, body, method } = request;
  if (!leadingText(path).includes("api.github.com") && !showKey(path).includes("GITHUB_API_URL")) return undefined;
  const { args, command, confidence, program: tool, setting } = call;
  const header = args.allOptions("-H", "--header").find((key) => /^authorization:/i.test(leadingText(key)));
  const secret = header && splitKey(header, " ")?.after;
  const credentials = (secret && (splitKey(secret, " ")?.after ?? secret)) ?? args.option("-u", "--user") ?? [];
  const token = setting.tokenOf(credentials);
  return apiAccesses({ tool, path, fields: new Map(), body, method, token, at: command.at, confidence });
}
