import type { Notice } from "../messages/notice.ts";
import { askJson, postJson } from "./http.ts";
import { type Attempt, cut, need, type Posted } from "./post.ts";

/** Statuses of commits, and deployments. For everything else GitHub has no word: it is done. */
export async function postGithub({ to, letter, secrets, signal }: Attempt<"github">): Promise<Posted> {
  const token = need(secrets, to.token);
  const { notice, link } = letter;
  const github: Github = {
    at: `${(to.api ?? "https://api.github.com").replace(/\/+$/, "")}/repos/${to.repository}`,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "x-github-api-version": "2022-11-28",
    },
    hidden: [token],
    signal,
    link,
  };
  return ofPushed(await tellGithub(github, notice), notice);
}

/** Whoever runs a commit that nobody has pushed is told what to do about it. */
function ofPushed(posted: Posted, { commit = "" }: Notice): Posted {
  if (posted.kind !== "refused" || !/No (?:commit|ref) found/.test(posted.because)) return posted;
  const because = `commit ${commit.slice(0, 7)} is not there: push it, then baton notices retry (${posted.because})`;
  return { ...posted, because };
}

async function tellGithub(github: Github, notice: Notice): Promise<Posted> {
  switch (notice.kind) {
    case "test": {
      const asked = await askJson({ ...github, url: github.at });
      return asked.kind === "answered" ? { kind: "taken" } : asked;
    }
    case "run.begun":
    case "rollback.begun":
    case "freeze.overridden":
    case "run.ended":
      return await postStatus(github, notice);
    case "deployment.begun":
      return await postDeployment(github, notice, "in_progress");
    case "deployed":
    case "rolled-back":
      return await postDeployment(github, notice, notice.outcome === "failed" ? "failure" : "success");
    case "deployment.ended":
      return await postDeployment(github, notice, notice.outcome === "failed" ? "failure" : "inactive");
    default:
      return { kind: "taken" };
  }
}

interface Github {
  /** Address of the repository. */
  at: string;
  headers: Record<string, string>;
  hidden: string[];
  signal: AbortSignal;
  link: string | undefined;
}

/** How the run of a commit went stands at the commit; one that moves a release of before says nothing new of it. */
async function postStatus(github: Github, notice: Notice): Promise<Posted> {
  const { commit, delivery, outcome, title, event } = notice;
  if (!commit || event === "promotion" || event === "rollback") return { kind: "taken" };
  const state = outcome === undefined ? "pending" : states[outcome];
  const body = { state, context: `baton/${delivery}`, description: cut(title, 140), ...linkAs(github, "target_url") };
  return await postJson({ ...github, url: `${github.at}/statuses/${commit}`, body: JSON.stringify(body) });
}

const states = { succeeded: "success", failed: "failure", cancelled: "error" } as const;

/** One deployment for each visit of a run to an environment: it is looked for first, so that what is told twice is one. */
async function postDeployment(github: Github, notice: Notice, state: string): Promise<Posted> {
  const { commit, environments, title } = notice;
  const [environment] = environments;
  if (!commit || environment === undefined) return { kind: "taken" };
  const found = await deploymentOf(github, notice, { commit, environment });
  if (found.kind !== "answered") return found;
  if (found.id === undefined) return { kind: "failed", because: "GitHub does not say which deployment it made" };
  const body = { state, environment, description: cut(title, 140), ...linkAs(github, "log_url") };
  return await postJson({
    ...github,
    url: `${github.at}/deployments/${found.id}/statuses`,
    body: JSON.stringify(body),
  });
}

async function deploymentOf(
  github: Github,
  { delivery, run, release, title, by }: Notice,
  { commit, environment }: { commit: string; environment: string },
): Promise<{ kind: "answered"; id: number | undefined } | Exclude<Posted, { kind: "taken" }>> {
  const task = `deploy:${delivery}`;
  const query = new URLSearchParams({ sha: commit, environment, task, per_page: "100" });
  const listed = await askJson({ ...github, url: `${github.at}/deployments?${query}` });
  if (listed.kind !== "answered") return listed;
  const all = Array.isArray(listed.answer) ? (listed.answer as Deployment[]) : [];
  const known = all.find(({ payload }) => runIn(payload) === run);
  if (known !== undefined) return { kind: "answered", id: known.id };
  const body = {
    ref: commit,
    environment,
    task,
    description: cut(by === undefined ? title : `${title}, by ${by}`, 140),
    payload: { delivery, run, release },
    // What must pass before, the definition says; and what is deployed is this commit, with nothing merged into it.
    auto_merge: false,
    required_contexts: [],
  };
  const made = await askJson({ ...github, url: `${github.at}/deployments`, body: JSON.stringify(body) });
  if (made.kind !== "answered") return made;
  return { kind: "answered", id: (made.answer as Deployment | undefined)?.id };
}

interface Deployment {
  id: number;
  payload: unknown;
}

/** GitHub gives back what it was given, as an object or as its text. */
function runIn(payload: unknown): unknown {
  try {
    const read: unknown = typeof payload === "string" ? JSON.parse(payload) : payload;
    return (read as { run?: unknown } | null)?.run;
  } catch {
    return undefined;
  }
}

const linkAs = ({ link }: Github, key: string) => (link === undefined ? {} : { [key]: link });
