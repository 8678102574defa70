/** Branches of a definition as GitHub's policies name them. */

/** `pattern` is the policy's name; undefined where a policy cannot say what the definition's pattern means. */
export interface BranchPattern {
  /** As the definition says it. */
  readonly branch: string;
  readonly pattern: string | undefined;
}

/**
 * A policy is a pattern of Ruby's `File.fnmatch` whose `*` never crosses a slash, and whose `**` does so only as a whole segment
 * before a slash. What workflow filters mean by `?`, `+` and `!` it has no letters for.
 */
export function branchPolicy(branch: string): BranchPattern {
  if (/[?+!\\]/.test(branch)) return { branch, pattern: undefined };
  const segments = branch.split("/");
  // `**` within a segment would have to cross slashes in the middle of a name.
  if (segments.some((one) => one.includes("**") && one !== "**")) return { branch, pattern: undefined };
  const last = segments.at(-1) === "**" ? `${branch}/*` : branch;
  return { branch, pattern: last };
}
