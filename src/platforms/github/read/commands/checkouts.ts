import type { Access, Binding, Key } from "../../../../facts/access.ts";
import { resourceAccess } from "../../../../shell/rows.ts";
import { dropLeading, keyText, leadingText, textKey } from "../../../../shell/words.ts";
import { parseExpression, pathOf } from "../expressions/parse.ts";
import type { ActionCall } from "./action-inputs.ts";

/** `actions/checkout`: which revision is read, and which credentials stay behind for `git push`. */
export function readCheckouts(call: ActionCall): readonly Access[] | undefined {
  if (call.name === "webfactory/ssh-agent") {
    call.setting.state.credentials = { kind: "given", key: textKey("ssh key") };
    return [];
  }
  if (call.name !== "actions/checkout") return undefined;
  const ref = call.input("ref");
  const repository = call.input("repository");
  const token = call.input("ssh-key") ? ({ kind: "given", key: textKey("ssh key") } as const) : call.token(["token"]);
  const details = new Map<string, Key>();
  if (repository) details.set("repository", repository);
  for (const name of ["path", "persist-credentials", "fetch-depth"]) {
    const value = call.input(name);
    if (value) details.set(name, value);
  }
  if (!repository || isThisRepository(repository)) {
    call.setting.state.credentials = call.text("persist-credentials") === "false" ? { kind: "none" } : token;
  }
  return [
    resourceAccess({
      tool: call.name,
      resource: "source",
      mode: "read",
      effect: "none",
      key: ref ?? [],
      binding: refBinding(ref),
      details,
      token,
      at: call.at,
    }),
  ];
}

function isThisRepository(repository: Key): boolean {
  const only = repository.length === 1 ? repository[0] : undefined;
  return only?.kind === "expression" && only.text === "github.repository";
}

/** Contexts that hold a commit, lower case. */
const commits = /(^|[._-])(head_sha|base_sha|sha|commit|commit_sha|head_commit\.id|after|before|merge_commit_sha|oid)$/;
const branches = /(^|[._-])(head_branch|head_ref|base_ref|ref_name|branch|head\.ref|base\.ref)$/;

/** Which revision a `ref` means, from its text. Without one it is that of the event which started the run. */
export function refBinding(ref: Key | undefined): Binding {
  if (!ref || ref.length === 0) return { kind: "this-run" };
  const text = keyText(ref);
  if (text !== undefined) {
    if (/^[0-9a-f]{40}$/i.test(text) || text.startsWith("refs/tags/")) return { kind: "given-commit", commit: ref };
    return { kind: "tip", branch: text.startsWith("refs/heads/") ? textKey(text.slice("refs/heads/".length)) : ref };
  }
  const path = onlyPath(ref);
  if (path === undefined) return refWithText(ref);
  if (path === "github.event.repository.default_branch") return { kind: "default-tip" };
  if (path === "github.ref") return { kind: "tip", branch: ref };
  if (commits.test(path)) return { kind: "given-commit", commit: ref };
  if (branches.test(path)) return { kind: "tip", branch: ref };
  if (/(^|[._])(tag_name|tag)$/.test(path)) return { kind: "given-commit", commit: ref };
  return { kind: "unknown" };
}

/** The path of a single expression. */
function onlyPath(ref: Key): string | undefined {
  const only = ref.length === 1 ? ref[0] : undefined;
  if (only?.kind !== "expression") return undefined;
  const parsed = parseExpression(only.text);
  return parsed.ok ? pathOf(parsed.syntax)?.join(".") : undefined;
}

function refWithText(ref: Key): Binding {
  const text = leadingText(ref);
  if (text.startsWith("refs/heads/")) return { kind: "tip", branch: dropLeading(ref, "refs/heads/".length) };
  if (text.startsWith("refs/tags/") || text.startsWith("refs/pull/")) return { kind: "given-commit", commit: ref };
  return { kind: "unknown" };
}
