import type { Access, Binding, Key } from "../../../../facts/access.ts";
import { resourceAccess } from "../../../../shell/rows.ts";
import { keyText, textKey } from "../../../../shell/words.ts";
import type { ActionCall } from "./action-inputs.ts";

/** Artifacts, caches and page sites. */
export function readArtifacts(call: ActionCall): readonly Access[] | undefined {
  switch (call.name) {
    case "actions/upload-artifact":
    case "actions/upload-artifact/merge":
      return [upload(call, call.input("name=artifact") ?? [])];
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
