import type { Access } from "../../../../facts/access.ts";
import type { CommandCall } from "../../../../shell/call.ts";
import { resourceAccess } from "../../../../shell/rows.ts";
import { platformToken } from "./github-cli.ts";

/** `semantic-release` by itself publishes, tags and releases, with the token of its environment. */
export function readSemanticRelease(call: CommandCall): readonly Access[] | undefined {
  const { args, command, confidence, folder } = call;
  if (args.has("--dry-run", "-d") || args.positionals.length > 0) return undefined;
  const parts = { tool: "semantic-release", mode: "write", at: command.at, confidence } as const;
  const token = platformToken(call);
  return [
    resourceAccess({ ...parts, resource: "package", effect: "publish", key: folder }),
    resourceAccess({ ...parts, resource: "git-tag", effect: "hand-off", key: [], token }),
    resourceAccess({ ...parts, resource: "release", effect: "publish", key: [], token }),
  ];
}
