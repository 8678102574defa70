import type { Access, Binding, Key } from "../../../../facts/access.ts";
import { showKey } from "../../../../facts/show-key.ts";
import { resourceAccess } from "../../../../shell/rows.ts";
import { keyText, textKey } from "../../../../shell/words.ts";
import type { ActionCall } from "./action-inputs.ts";

/** Artifacts, caches and page sites. */
export function readArtifacts(call: ActionCall): readonly Access[] | undefined {
  switch (call.name) {
    case "actions/upload-artifact":
    case "actions/upload-artifact/merge":
      return [upload(call, uploadName(call))];
    case "actions/upload-pages-artifact":
      return [upload(call, call.input("name=github-pages") ?? [])];
    case "actions/download-artifact":
      return [download(call)];
    case "dawidd6/action-download-artifact":
      return [downloadFromOtherRun(call)];
    case "actions/deploy-pages":
      return [
        { ...shared(call, call.input("artifact_name=github-pages") ?? [], "read"), binding: { kind: "this-run" } },
        resourceAccess({
          tool: call.name,
          resource: "site",
          mode: "write",
          effect: "deploy",
          key: textKey("github-pages"),
          token: call.token(["token"]),
          at: call.at,
        }),
      ];
    case "actions/cache":
      return [cache(call, "read"), cache(call, "write")];
    case "actions/cache/restore":
      return [cache(call, "read")];
    case "actions/cache/save":
      return [cache(call, "write")];
    default:
      return undefined;
  }
}

function shared(call: ActionCall, key: Key, mode: "read" | "write" | "replace") {
  const access = resourceAccess({
    tool: call.name,
    resource: "artifact",
    mode,
    effect: "hand-off",
    key,
    at: call.at,
    details: details(call),
  });
  return access as Extract<Access, { kind: "resource" }>;
}

/** Inputs that say which artifact, and for how long. */
const telling = [
  "path",
  "pattern",
  "repository",
  "repo",
  "retention-days",
  "if-no-files-found",
  "workflow",
  "branch",
  "event",
  "pr",
  "merge-multiple",
];

function details(call: ActionCall): ReadonlyMap<string, Key> {
  const found = new Map<string, Key>();
  for (const name of telling) {
    const value = call.input(name);
    if (value) found.set(name, value);
  }
  if (call.version) found.set("version", textKey(call.version));
  return found;
}

function upload(call: ActionCall, name: Key): Access {
  return { ...shared(call, name, call.text("overwrite") === "true" ? "replace" : "write"), token: { kind: "default" } };
}

/** A file that is not packed goes by its own name, whatever `name` says. */
function uploadName(call: ActionCall): Key {
  const path = call.input("path");
  if (call.text("archive") !== "false" || !path) return call.input("name=artifact") ?? [];
  const file = afterLastSlash(path);
  // Patterns and lists of files are known to the run only.
  return file.some((part) => part.kind === "text" && /[*?[\n]/.test(part.text))
    ? [{ kind: "unknown", text: showKey(file) }]
    : file;
}

function afterLastSlash(path: Key): Key {
  const at = path.findLastIndex((part) => part.kind === "text" && part.text.includes("/"));
  const part = path[at];
  if (part?.kind !== "text") return path;
  return [...textKey(part.text.slice(part.text.lastIndexOf("/") + 1)), ...path.slice(at + 1)];
}

/** Without a name it takes everything there is. */
function download(call: ActionCall): Access {
  const run = call.input("run-id");
  const binding: Binding = run && !isOwnRun(run) ? { kind: "given-run", run } : { kind: "this-run" };
  const name = call.input("name");
  const ids = call.input("artifact-ids");
  const access = shared(call, name ?? [], "read");
  const more = new Map(access.details);
  if (!name) more.set("all", textKey("true"));
  if (ids) more.set("artifact-ids", ids);
  const token = call.input("github-token") ? call.token(["github-token"]) : ({ kind: "none" } as const);
  return { ...access, binding, details: more, token };
}

function isOwnRun(run: Key): boolean {
  const [only] = run;
  return run.length === 1 && only?.kind === "expression" && only.text.trim().toLowerCase() === "github.run_id";
}

function downloadFromOtherRun(call: ActionCall): Access {
  const run = call.input("run_id");
  const commit = call.input("commit");
  const branch = call.input("branch");
  const conclusion = call.text("workflow_conclusion") ?? "success";
  const binding: Binding = run
    ? { kind: "given-run", run }
    : commit
      ? { kind: "given-commit", commit }
      : { kind: "latest", of: conclusion === "success" ? "successful" : "any", branch };
  const name = call.input("name");
  const access = shared(call, name ?? [], "read");
  const more = new Map(access.details);
  if (!name) more.set("all", textKey("true"));
  if (name && call.text("name_is_regexp") === "true") more.set("pattern", name);
  more.set("workflow_conclusion", textKey(conclusion));
  return { ...access, binding, details: more, token: call.token(["github_token"]) };
}

function cache(call: ActionCall, mode: "read" | "write"): Access {
  const restore = call.input("restore-keys");
  const found = new Map<string, Key>();
  const path = call.input("path");
  if (path) found.set("path", path);
  if (restore && mode === "read") found.set("restore-keys", restore);
  return resourceAccess({
    tool: call.name,
    resource: "cache",
    mode,
    effect: keyText(call.input("lookup-only")) === "true" ? "none" : "hand-off",
    key: call.input("key") ?? [],
    details: found,
    at: call.at,
    token: { kind: "default" },
  });
}
