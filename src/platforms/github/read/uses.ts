import type { Placed } from "../../../findings/source.ts";
import type { CalledWorkflow, UsedAction } from "../workflow.ts";

/** Reads what a job `uses`: `./.github/workflows/x.yml` or `owner/repo/.github/workflows/x.yml@ref`. */
export function readCalledWorkflow({ value: text, at }: Placed<string>): CalledWorkflow {
  const local = localPath(text);
  if (local !== undefined) return { kind: "local", path: local, text, at };
  const match = /^([^/@\s]+)\/([^/@\s]+)\/([^@\s]+)@(\S+)$/.exec(text);
  if (!match) return { kind: "unknown", text, at };
  const [, owner, repo, path, ref] = match as unknown as [string, string, string, string, string];
  return { kind: "remote", owner, repo, path, ref, text, at };
}

/** Reads what a step `uses`: an action of some repository, one in this repository, or an image. */
export function readUsedAction({ value: text, at }: Placed<string>): UsedAction {
  if (text.startsWith("docker://")) return { kind: "docker", image: text.slice("docker://".length), text, at };
  const local = localPath(text);
  if (local !== undefined) return { kind: "local", path: local, text, at };
  const match = /^([^/@\s]+)\/([^/@\s]+)((?:\/[^@\s]*)?)@(\S+)$/.exec(text);
  if (!match) return { kind: "unknown", text, at };
  const [, owner, repo, slashPath, ref] = match as unknown as [string, string, string, string, string];
  const path = slashPath.replace(/^\/+|\/+$/g, "");
  const name = [owner, repo, ...(path ? [path] : [])].join("/").toLowerCase();
  return { kind: "action", owner, repo, path, ref, name, text, at };
}

/** The path of `./a/../b` from the root; undefined where the text is no local path or leaves the root. */
function localPath(text: string): string | undefined {
  const path = text.replaceAll("\\", "/");
  // `$/` is the repository of the workflow itself, `./` the checked-out one: the same files here.
  if (!path.startsWith("./") && !path.startsWith("../") && !path.startsWith("$/") && path !== ".") return undefined;
  const parts: string[] = [];
  for (const part of path.replace(/^\$\//, "./").split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}
