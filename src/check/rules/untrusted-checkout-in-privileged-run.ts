import type { JobFacts, StepFacts } from "../../facts/facts.ts";
import { type Analysis, can, jobPattern, weakest } from "../analysis/analysis.ts";
import { lastingEffects } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const untrustedCheckoutInPrivilegedRun: Rule = {
  id: "untrusted-checkout-in-privileged-run",
  severity: "error",
  kind: "exposure",
  title: "runs code of a pull request with the repository's secrets",
  why: "Runs started by workflow_run or pull_request_target have the secrets and the write token even when a fork's pull request is behind them. Checking out its commit and running anything from it hands both over.",
  url: documentation.pwnRequests,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      // One such job of a workflow shows what is wrong with its start.
      if (seen.has(pipeline)) continue;
      if (job.kind !== "work" || !isPrivileged(job)) continue;
      const chain = analysis
        .chains(pipeline)
        .find((each) => fromOutside(each) && can(job.runs(each.circumstances)) && hit(each, job) !== undefined);
      if (!chain) continue;
      const { checkout, runner } = hit(chain, job)!;
      if (seen.has(checkout.at) || checksPermission(analysis, job, chain)) continue;
      seen.add(checkout.at).add(pipeline);
      const upstream = chain.circumstances.upstream;
      const named = upstream && job.condition?.reads.some((path) => path.endsWith("workflow_run.head_branch"));
      yield {
        message: `"${jobName(job)}" checks out code of a fork's pull request and runs it ("${runner.label}") with this repository's ${job.rights.secrets.length > 0 ? "secrets" : "write token"}`,
        at: checkout.at,
        related: [
          {
            at: chain.start.at,
            message: upstream
              ? `Started after ${fileName(upstream.pipeline)}, also for pull requests from forks`
              : "Runs with secrets, also for pull requests from forks",
          },
          { at: runner.at, message: "Runs what was checked out" },
        ],
        // Reviewers of its environment may stand before it.
        confidence:
          !job.environment && (job.rights.writes === "yes" || job.rights.secrets.length > 0) ? "high" : "medium",
        schedule: [
          chain.described,
          ...(upstream
            ? [`${fileName(upstream.pipeline)} completes -> ${fileName(pipeline.id)} starts, with secrets`]
            : [`${fileName(pipeline.id)} starts, with secrets`]),
          `"${checkout.label}" takes the fork's code`,
          `"${runner.label}" runs it`,
        ],
        help: `${named ? "A fork may use any branch name, so the test of head_branch does not keep it out. " : ""}Run it only for \`${upstream ? "github.event.workflow_run.event == 'push'" : "github.event.pull_request.head.repo.full_name == github.repository"}\`, or do not run anything from the checkout.`,
        claim: analysis.claim(
          [chain],
          [checkout, runner].map(({ index }) => ({ kind: "step", job: jobPattern(job, chain), step: index }) as const),
          checkout.kind === "command"
            ? { kind: "runs", job: jobPattern(job, chain), step: runner.index }
            : { kind: "reads-outsider", job: jobPattern(job, chain), step: checkout.index },
        ),
      };
    }
  },
};

function fromOutside(chain: TriggerChain): boolean {
  const { start, upstream, outsider } = chain.circumstances;
  if (upstream) return upstream.outsider === true && chain.depth === 1;
  return outsider === true && start.cause.kind === "pull-request" && start.cause.trusted === "base";
}

/** Secrets, or a token that may write; a job that only reads has little to lose. */
function isPrivileged(job: JobFacts): boolean {
  return job.rights.secrets.length > 0 || job.rights.writes !== "no";
}

/** A commit of a fork can be had from this repository as well; a branch of a fork only from the fork. */
const outsideCommits =
  /workflow_run\.head_(sha|commit)|workflow_run\.pull_requests|pull_request\.head\.sha|refs\/pull\/|pull_request\.merge_commit_sha/;
const outsideBranches = /workflow_run\.head_branch|pull_request\.head\.ref|github\.head_ref/;

const runsTree =
  /\b(npm (ci|install|i|run|test|start|exec)|npx|yarn|pnpm|bun (install|run|test)|pip3? install (-e )?(\.|-r)|poetry (install|run|build)|uv (sync|run|pip)|pytest|tox|make|cargo|go (build|test|run|generate)|mvnw?|gradlew?|bundle (install|exec)|rake|composer (install|run)|dotnet (build|test|run)|docker(-| )compose|docker build|python3? [\w./]+\.py|node [\w./]+\.[mc]?js|bash [\w./]+\.sh|sh [\w./]+\.sh|\.\/[\w./-]+|(terraform|tofu) (plan|apply|init)|mkdocs|hugo|jekyll)\b/;

function hit(chain: TriggerChain, job: JobFacts): { checkout: StepFacts; runner: StepFacts } | undefined {
  const { circumstances } = chain;
  for (const [i, step] of job.steps.entries()) {
    const ref = step.action === "actions/checkout" ? step.parameter("ref") : undefined;
    const given =
      ref &&
      step
        .resolve(ref.value)
        .map((part) => ("text" in part ? part.text : part.name))
        .join("");
    const takes =
      (given !== undefined && (outsideCommits.test(given) || (outsideBranches.test(given) && fromFork(step)))) ||
      (step.kind === "command" && /gh pr checkout|git fetch[^\n]*(refs\/pull|pull\/)/.test(step.text));
    if (!takes || !can(weakest(job.runs(circumstances), step.runs(circumstances)))) continue;
    const folder = step.parameter("path");
    const runner = job.steps
      .slice(i + 1)
      .find(
        (each) =>
          can(each.runs(circumstances)) &&
          (each.kind === "command"
            ? runsTree.test(each.text) && staysIn(each, folder) && !worksElsewhere(each, job, step)
            : isLocalAction(each) || /docker\/build-push-action/.test(each.action ?? "")),
      );
    if (runner) return { checkout: step, runner };
  }
  return undefined;
}

function fromFork(step: StepFacts): boolean {
  const repository = step.parameter("repository");
  const text = repository?.value.map((part) => ("text" in part ? part.text : part.name)).join("") ?? "";
  return /head_repository|head\.repo/.test(text);
}

/** Checked out beside the trusted tree: only commands that go there run it. */
function staysIn(step: StepFacts, folder: ReturnType<StepFacts["parameter"]>): boolean {
  if (!folder) return true;
  const name = folder.value
    .map((part) => ("text" in part ? part.text : ""))
    .join("")
    .replace(/^\.\//, "");
  return (
    name === "" ||
    name === "." ||
    new RegExp(`\\b(cd|--prefix|-C|working)\\b[^\\n]*${name.replace(/[^\w]/g, ".")}`).test(step.text)
  );
}

/** In the folder of another checkout. */
function worksElsewhere({ folder }: StepFacts, job: JobFacts, checkout: StepFacts): boolean {
  const at = (folder && literalText(folder)) ?? "";
  return job.steps.some((step) => {
    const path = step !== checkout && step.action === "actions/checkout" ? step.parameter("path") : undefined;
    const name = path && literalText(path.value)?.replace(/^\.\/|\/$/g, "");
    return name ? `${at.replace(/^\.\//, "")}/`.startsWith(`${name}/`) : false;
  });
}

function isLocalAction(step: StepFacts): boolean {
  return step.kind === "action" && step.action === undefined && step.label.startsWith("./");
}

/** Somebody's permission is asked for first, or an environment with reviewers may stand before it. */
function checksPermission(analysis: Analysis, job: JobFacts, chain: TriggerChain): boolean {
  // Of a deployment after other runs the environment is the target; elsewhere it is there to ask somebody.
  const deploys = chain.upstream !== undefined && lastingEffects(job).length > 0;
  if (job.environment && !deploys) return true;
  // What a workflow of another repository decides cannot be seen from here.
  if (analysis.jobsBefore(job).some((each) => each.kind === "remote-call")) return true;
  return [job, ...analysis.jobsBefore(job)].some(
    (each) =>
      (each.environment !== undefined && !(each === job && deploys)) ||
      each.steps.some((step) =>
        /permission|collaborator|author_association|is-?member|check-?user|safe.?to.?test/i.test(
          `${step.text} ${step.action} ${step.label}`,
        ),
      ) ||
      /author_association|labels|event\.label\b/.test(each.condition?.text ?? ""),
  );
}
