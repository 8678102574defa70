import { askGit, type GitCall } from "./git.ts";

/** A commit as people speak of it. `at`: milliseconds since the epoch, when it was written. */
export interface CommitLine {
  commit: string;
  author: string;
  at: number;
  subject: string;
}

const format = "%x1e%H%x1f%an%x1f%at%x1f%s%x1f";

/** Of each commit that git knows. */
export async function describeCommits(
  root: string,
  commits: Iterable<string>,
  { limitMs }: Pick<GitCall, "limitMs"> = {},
): Promise<Map<string, CommitLine>> {
  const wanted = [...new Set(commits)].filter((commit) => /^[0-9a-f]{40,64}$/.test(commit));
  if (wanted.length === 0) return new Map();
  const args = ["log", "--no-walk=unsorted", "--ignore-missing", `--format=${format}`, "--end-of-options", ...wanted];
  const text = await askGit(args, { cwd: root, ...(limitMs !== undefined && { limitMs }) });
  return new Map(linesIn(text ?? "").map(({ files: _, ...line }) => [line.commit, line]));
}

/**
 * Commits that the second has and the first has not, newest first, each with the paths that it changed, relative to the root.
 * Merges are left out: what they bring stands in the commits themselves. Undefined when git does not know one of the two.
 */
export async function commitsBetween(
  root: string,
  from: string,
  to: string,
): Promise<(CommitLine & { files: string[] })[] | undefined> {
  const args = ["log", "-z", "--no-merges", "--no-renames", "--name-only", `--format=${format}`];
  const text = await askGit([...args, "--end-of-options", `${from}..${to}`], { cwd: root });
  return text === undefined ? undefined : linesIn(text);
}

function linesIn(text: string): (CommitLine & { files: string[] })[] {
  return text.split("\x1e").flatMap((entry) => {
    const [commit, author = "", at, subject = "", rest = ""] = entry.split("\x1f");
    if (!commit || at === undefined) return [];
    const files = rest.split("\0").flatMap((path) => path.replace(/^\n+/, "") || []);
    return { commit, author, at: Number(at) * 1000, subject, files };
  });
}
