import type { Access, Key, TokenUse } from "../facts/access.ts";
import type { CommandCall } from "./call.ts";
import { resourceAccess } from "./rows.ts";
import { dropLeading, keyText, leadingText, sameKey, splitKey, textKey } from "./words.ts";

/** `git push`, `git tag` and what changes the credentials they use. */
export function readGit(call: CommandCall): readonly Access[] {
  const { args, setting } = call;
  switch (args.text(0)) {
    case "push":
      return readPush(call);
    case "tag": {
      const name = args.positionals[1]?.key;
      if (name && !args.has("-d", "--delete", "-l", "--list", "-v", "--verify")) setting.state.tags.push(name);
      return [];
    }
    case "remote":
      if (args.text(1) === "set-url" || args.text(1) === "add") {
        setting.state.credentials = urlToken(args.positionals.at(-1)?.key ?? [], call) ?? setting.state.credentials;
      }
      return [];
    case "config":
      setting.state.credentials = urlToken(args.positionals[1]?.key ?? [], call) ?? setting.state.credentials;
      return [];
    default:
      return [];
  }
}

/** The token in `https://user:token@host/…`, or that of an SSH key for `git@host:…`. */
function urlToken(url: Key, call: CommandCall): TokenUse | undefined {
  const text = leadingText(url);
  const start = text.search(/https?:\/\//);
  if (start < 0) return /^(ssh:\/\/)?git@/.test(text) ? { kind: "given", key: textKey("ssh key") } : undefined;
  const secret = splitKey(dropLeading(url, start + text.slice(start).indexOf("//") + 2), "@");
  if (!secret) return undefined;
  const password = splitKey(secret.before, ":")?.after ?? secret.before;
  return call.setting.tokenOf(password);
}

interface Pushed {
  readonly resource: "source" | "git-tag";
  readonly key: Key;
}

function readPush({ args, command, confidence, setting }: CommandCall): readonly Access[] {
  if (args.has("-n")) return [];
  const remote = args.positionals[1]?.key ?? [];
  const remoteText = leadingText(remote);
  const platform = ["heroku", "dokku"].find((name) => remoteText === name);
  const tool = "git push";
  const shared = { tool, at: command.at, confidence, effect: "hand-off" as const };
  if (platform) {
    const deploy = { ...shared, resource: "service" as const, mode: "write" as const, effect: "deploy" as const };
    return [resourceAccess({ ...deploy, key: textKey(platform) })];
  }
  const call = { args, command, confidence, setting } as CommandCall;
  const token = urlToken(remote, call) ?? setting.state.credentials;
  const force = args.has("--force", "-f", "--force-with-lease", "--mirror");
  const details = new Map<string, Key>();
  if (remote.length > 0 && remoteText !== "origin") details.set("remote", remote);
  return pushed(args, setting.state.tags).map(({ resource, key }) =>
    resourceAccess({ ...shared, resource, key, mode: force ? "replace" : "write", token, details }),
  );
}

function pushed(args: CommandCall["args"], tags: readonly Key[]): Pushed[] {
  const result: Pushed[] = [];
  const refs = args.positionals.slice(2);
  for (const { key } of refs) result.push(target(key, tags));
  const allTags = args.has("--tags", "--mirror");
  if (refs.length === 0 && !args.has("--tags")) result.push({ resource: "source", key: [] });
  if (allTags || (args.has("--follow-tags") && tags.length > 0)) {
    const known = tags.length > 0 ? tags : [[{ kind: "unknown", text: "all tags" } as const]];
    for (const key of known) result.push({ resource: "git-tag", key });
  }
  return result;
}

/** What `[+]source:target` names; a bare name is a tag where the job has made a tag of it, or where it looks like one. */
function target(ref: Key, tags: readonly Key[]): Pushed {
  const plain = leadingText(ref).startsWith("+") ? dropLeading(ref, 1) : ref;
  const name = splitKey(plain, ":")?.after ?? plain;
  const text = leadingText(name);
  if (text.startsWith("refs/tags/")) return { resource: "git-tag", key: dropLeading(name, "refs/tags/".length) };
  if (text.startsWith("refs/heads/")) return { resource: "source", key: dropLeading(name, "refs/heads/".length) };
  if (keyText(name) === "HEAD") return { resource: "source", key: [] };
  const isTag = tags.some((tag) => sameKey(tag, name)) || /^v\d|^v$/.test(text);
  return { resource: isTag ? "git-tag" : "source", key: name };
}
