/** What this machine and its repository have, for faces that look and change nothing: programs, tools, git. */
export { askGit, splitNul } from "../../git/git.ts";
export { type Remote, readRemote, unpushedCommits } from "../../git/remote.ts";
export { filesInGit, findRepositoryRoot, readWorktree } from "../../git/worktree.ts";
export { createToolCheck, findProgram } from "../../runner/tools.ts";
