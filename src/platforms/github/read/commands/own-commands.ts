import type { CommandReader } from "../../../../shell/call.ts";
import { readApiRequest } from "./api-requests.ts";
import { readGitHubCli } from "./github-cli.ts";
import { readSemanticRelease } from "./semantic-release.ts";

/** Commands that speak to GitHub itself, with its tokens. */
export const ownCommands: readonly CommandReader[] = [
  readApiRequest,
  (call) => (call.program === "gh" ? readGitHubCli(call) : undefined),
  (call) => (call.program === "semantic-release" ? readSemanticRelease(call) : undefined),
];
