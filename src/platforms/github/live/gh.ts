/** GitHub by its own command line: it finds tokens and hosts as the user has them. */

import { execFile } from "node:child_process";
import { CannotAsk } from "../../live.ts";

/** GitHub answered with an error, or did not. Never holds a token. */
export class GithubProblem extends CannotAsk {
  override readonly name = "GithubProblem";
  readonly kind: "no-gh" | "no-token" | "not-found" | "refused" | "other";

  constructor(kind: GithubProblem["kind"], message: string, next?: string) {
    super(message, next);
    this.kind = kind;
  }
}

export interface Ask {
  /** `repos/team/shop` to what is there. @throws {GithubProblem} */
  one<T>(path: string): Promise<T>;
  /** All pages; each is put through a filter of jq that yields one line for each item. @throws {GithubProblem} */
  lines(path: string, filter: string): Promise<string[]>;
}

const limitMs = 60_000;
const limitBytes = 32 * 1024 * 1024;

export function githubCli(env: NodeJS.ProcessEnv, host: string): Ask {
  const gh = (args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = {
        env: { ...env, GH_PROMPT_DISABLED: "1", GH_NO_UPDATE_NOTIFIER: "1" },
        timeout: limitMs,
        maxBuffer: limitBytes,
      };
      execFile("gh", ["api", "--hostname", host, ...args], options, (error, stdout, stderr) => {
        if (error) reject(problemOf(error, stderr, args.at(-1)!));
        else resolve(stdout);
      });
    });
  return {
    async one<T>(path: string) {
      const text = await gh([path]);
      try {
        return JSON.parse(text) as T;
      } catch {
        throw new GithubProblem("other", `gh api ${path} answered with something that is no JSON`);
      }
    },
    async lines(path, filter) {
      const paged = `${path}${path.includes("?") ? "&" : "?"}per_page=100`;
      const text = await gh(["--paginate", "--jq", filter, paged]);
      return text.split("\n").filter((line) => line !== "");
    },
  };
}

function problemOf(error: Error & { code?: unknown; killed?: boolean }, stderr: string, path: string): GithubProblem {
  if (error.code === "ENOENT") {
    return new GithubProblem("no-gh", "the GitHub CLI (gh) is not on the path", "install it: https://cli.github.com");
  }
  if (error.killed) {
    return new GithubProblem("other", `gh api ${path} did not answer within ${limitMs / 1000} seconds`);
  }
  if (error.code === 4 || /gh auth login|HTTP 401/.test(stderr)) {
    return new GithubProblem("no-token", "gh is not signed in", "gh auth login, or set GH_TOKEN");
  }
  const said = stderr.trim().split("\n").at(-1)?.replace(/^gh: /, "").trim() || "failed";
  const message = `gh api ${path}: ${said}`;
  if (/HTTP 404/.test(stderr)) return new GithubProblem("not-found", message);
  if (/HTTP 403/.test(stderr)) return new GithubProblem("refused", message, "ask for this right, or use another token");
  return new GithubProblem("other", message);
}
