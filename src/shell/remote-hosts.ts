import type { Access, Key } from "../facts/access.ts";
import type { CommandCall } from "./call.ts";
import { lower, resourceAccess } from "./rows.ts";
import { keyText, leadingText, splitKey } from "./words.ts";

/** Commands on, and files copied to, other machines. */
export function readRemoteHosts(call: CommandCall): readonly Access[] | undefined {
  const { args, program } = call;
  switch (program) {
    case "ssh": {
      const host = args.positionals[0]?.key;
      // Without a command or a script on its input, the connection only tries or forwards something.
      const acts = args.positionals.length > 1 || call.command.documents.length > 0 || hasInput(call);
      return host && acts && !isTrial(args.positionals[1]?.key) ? [machine(call, "ssh", host)] : [];
    }
    case "scp":
    case "rsync": {
      const target = args.positionals.at(-1)?.key;
      if (!target || args.positionals.length < 2 || args.has("-n")) return [];
      const text = leadingText(target);
      const remote = /^[^/]*@|^rsync:\/\//.test(text) || (splitKey(target, ":") !== undefined && !text.startsWith("/"));
      return remote ? [machine(call, program, target)] : [];
    }
    case "sftp":
    case "lftp": {
      const host = args.positionals[0]?.key;
      return host ? [machine(call, program, host)] : [];
    }
    default:
      return undefined;
  }
}

function hasInput({ command }: CommandCall): boolean {
  return command.redirects.some(({ operator }) => operator === "<" || operator === "<<<");
}

function isTrial(command: Key | undefined): boolean {
  return /^(exit|true|echo|hostname|uptime|ls|cat|df)\b/.test(keyText(command) ?? "");
}

function machine({ command, confidence }: CommandCall, tool: string, key: Key): Access {
  return resourceAccess({
    tool,
    resource: "machine",
    mode: "write",
    effect: "deploy",
    key,
    at: command.at,
    confidence: lower(confidence, "medium"),
  });
}
