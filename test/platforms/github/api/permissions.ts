/** What a job's token must be allowed, as GitHub's reference of each operation says it. */

import type { Operation } from "./operations.ts";
import type { Permissions } from "./world.ts";

/** The right that an operation takes; `never` where GitHub gives it to no token of a job. */
function rightOf(operation: Operation): readonly [name: string, level: "read" | "write"] | "none" | "never" {
  const [method, path] = operation.split(" ") as [string, string];
  const level = method === "GET" ? "read" : "write";
  if (/^\/(?:rate_limit|users)\b/.test(path)) return "none";
  if (/^\/(?:user|orgs)\b|\/(?:variables|secrets)\b|\/oidc\/|\/permissions\//.test(path)) return "never";
  if (/\/environments\b/.test(path)) return method === "GET" ? ["actions", "read"] : "never";
  if (/\/rulesets\b/.test(path)) return method === "GET" ? "none" : "never";
  if (/\/actions\//.test(path)) return ["actions", level];
  if (/\/deployments\b/.test(path)) return ["deployments", level];
  if (/\/statuses\b/.test(path)) return ["statuses", level];
  if (/\/attestations\b/.test(path)) return ["attestations", level];
  if (/\/pulls\b/.test(path)) return ["pull-requests", level];
  if (/\/issues\b/.test(path)) return ["issues", level];
  if (/\/(?:branches|commits)\b/.test(path)) return ["contents", level];
  return "none";
}

export function may(permissions: Permissions, operation: Operation): boolean {
  const right = rightOf(operation);
  if (typeof right === "string") return right === "none";
  const [name, level] = right;
  // Comments on a pull request are those of an issue.
  const given = [permissions[name], name === "issues" ? permissions["pull-requests"] : undefined];
  return given.includes("write") || (level === "read" && given.includes("read"));
}
