import type { JobFacts, Lock, Pipeline, Start } from "../../facts/facts.ts";
import { showKey } from "../../facts/show-key.ts";
import { type Analysis, can, jobPattern } from "../analysis/analysis.ts";
import { renamedGroup } from "../analysis/common-group.ts";
import { type Effect, isDocumentation, isPreview, lastingEffects } from "../analysis/effects.ts";
import { plain } from "../analysis/locks.ts";
import { expression, fileName, jobName, literalText } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

const unique = /^github\.(run_id|sha|run_number)$|workflow_run\.(id|head_sha)$/;

export const groupKeyedOnWrongThing: Rule = {
  id: "group-keyed-on-wrong-thing",
  severity: "error",
  kind: "wrong lock",
  title: "concurrency group does not keep two deployments of one target apart",
  why: "The group is another one for every commit, run or branch, but the target is the same. Two deployments of it run at once as if there were no group.",
  url: documentation.concurrency,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      const effect = lastingEffects(job).find(
        (each) => each.access && each.kind === "deploy" && !isDocumentation(each),
      );
      if (!effect || isPreview(job)) continue;
      const environment = job.environment && literalText(job.environment.name);
      for (const lock of [...job.locks, ...pipeline.locks]) {
        const withoutInput = seen.has(lock.at) ? undefined : byMissingInput(analysis, { pipeline, job, effect, lock });
        if (!withoutInput) continue;
        seen.add(lock.at);
        yield withoutInput;
      }
      // Only a job's own group, or that of a workflow that does nothing but deploy, is meant for the target.
      const ofRun = pipeline.jobs.length === 1 || onlyDeploys(pipeline);
      const locks = [...job.locks, ...(ofRun ? pipeline.locks : [])];
      for (const lock of locks) {
        if (seen.has(lock.at)) continue;
        const keyed = { pipeline, job, effect, lock };
        const otherBranch = fromAnotherBranch(analysis, keyed);
        if (otherBranch) {
          seen.add(lock.at);
          yield otherBranch;
          continue;
        }
        if (lock.scope === "run" && pipeline.jobs.length > 1 && !lock.reads.some((path) => unique.test(path))) continue;
        const chains = analysis.chains(pipeline).filter(
          (chain) =>
            (chain.root.kind === "push" || chain.root.kind === "dispatch") &&
            // What another step decides can be decided so for both.
            analysis.effectRuns(job, chain.circumstances) !== "no",
        );
        const [chain] = chains;
        if (!chain) continue;
        const perRun = lock.reads.find((path) => unique.test(path));
        const byRef = lock.reads.find((path) => path === "github.ref" || path === "github.ref_name");
        // `head_ref || run_id` is for pull requests: on other events every run is meant to be on its own.
        if (perRun && !lock.reads.includes("github.head_ref")) {
          // Whoever starts it by hand, and names the group after the run, wants them side by side.
          if (chain.root.kind !== "push" && pipeline.jobs.length > 1) continue;
        } else if (
          !byRef ||
          !environment ||
          new Set(chains.map((each) => plain(lock.groupUnder(each.circumstances)))).size < 2
        )
          continue;
        const second = perRun
          ? chain
          : chains.find(
              (each) => plain(lock.groupUnder(each.circumstances)) !== plain(lock.groupUnder(chain.circumstances)),
            )!;
        if (!perRun && environmentFollowsRef(job.environment!.name)) continue;
        seen.add(lock.at);
        const edits = environment && renamedGroup(analysis, { pipeline, job }, `deploy-${environment}`);
        const target = environment ? `environment ${environment}` : effect.tool;
        yield {
          message: `The group ${showKey(lock.group)} of "${jobName(job)}" is another one for each ${perRun ? "run" : "ref"}, but the target (${target}) is one`,
          at: lock.at,
          related: effect.step ? [{ at: effect.step.at, message: `Changes it: ${effect.tool}` }] : [],
          confidence: can(analysis.effectRuns(job, chain.circumstances)) ? "high" : "medium",
          // Tags are rarely pushed two at a time.
          ...(!perRun && chains.every(({ root }) => root.kind === "push" && root.ref.kind === "tag")
            ? { severity: "warning" as const }
            : {}),
          schedule: [
            `${chain.described} -> ${fileName(pipeline.id)} starts in one group`,
            `${second.described} -> ${fileName(pipeline.id)} starts in another group`,
            `both run "${jobName(job)}" at the same time`,
          ],
          help: "Name the group after what is deployed to, e.g. `deploy-production`.",
          ...(edits ? { edits } : {}),
          claim: {
            scenario: {
              ...analysis.scenario([chain]),
              events: [
                chain.root,
                { ...second.root, id: "second", ...(second.root.kind === "push" ? { commit: "c2" } : {}) },
              ],
            },
            schedule: [
              { kind: "job-started", job: jobPattern(job, chain) },
              {
                kind: "job-started",
                job: { ...jobPattern(job, chain), run: { pipeline: pipeline.id, event: "second" } },
              },
              { kind: "job-ended", job: jobPattern(job, chain) },
            ],
            bad: {
              kind: "overlap",
              first: jobPattern(job, chain),
              second: { ...jobPattern(job, chain), run: { pipeline: pipeline.id, event: "second" } },
            },
          },
        };
      }
    }
  },
};

function environmentFollowsRef(name: readonly { readonly kind: string }[]): boolean {
  return name.some((part) => part.kind !== "text");
}

/** Nobody's pull request starts it, so that its group is there for what it deploys. */
function onlyDeploys(pipeline: Pipeline): boolean {
  return pipeline.starts.every(
    ({ cause }) => cause.kind === "push" || cause.kind === "dispatch" || cause.kind === "call",
  );
}

/** Tools that refuse, or mix, a second change of the same thing. */
const oneAtATime = new Set(["terraform-state", "stack", "database"]);

interface Keyed {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly effect: Effect;
  readonly lock: Lock;
}

/**
 * The group is one for each branch, but whoever starts it by hand chooses the environment: from another branch the same
 * state is changed in another group.
 */
function fromAnotherBranch(analysis: Analysis, { pipeline, job, effect, lock }: Keyed): Candidate | undefined {
  if (!onlyDeploys(pipeline) || !effect.access || !effect.step || !oneAtATime.has(effect.access.resource))
    return undefined;
  if (!lock.reads.some((path) => path === "github.ref" || path === "github.ref_name")) return undefined;
  if (lock.reads.some((path) => /inputs|needs|matrix/.test(path))) return undefined;
  const chains = analysis.chains(pipeline).filter((chain) => analysis.effectRuns(job, chain.circumstances) !== "no");
  const byHand = chains.find(({ root, start }) => root.kind === "dispatch" && choosesEnvironment(start));
  const [chain] = chains;
  if (!chain || !byHand || byHand.root.kind !== "dispatch") return undefined;
  const target = effect.step.resolve(effect.access.key);
  if (target.some((part) => part.kind === "expression" && /github\.(ref|head_ref|base_ref)/.test(part.text)))
    return undefined;
  const first = jobPattern(job, chain);
  const second = { ...first, run: { pipeline: pipeline.id, event: "second" } };
  return {
    message: `The group ${showKey(lock.group)} of "${jobName(job)}" is another one for each branch, but the environment is chosen by hand: from two branches one target is changed at once`,
    at: lock.at,
    related: [
      { at: effect.step.at, message: `Changes it: ${effect.tool}` },
      { at: byHand.start.at, message: "Can be started from any branch, for any environment" },
    ],
    severity: "warning",
    confidence: job.environment ? "low" : "medium",
    schedule: [
      `${chain.described} -> ${fileName(pipeline.id)} starts in one group`,
      `run by hand from another branch, for the same environment -> ${fileName(pipeline.id)} starts in another group`,
      `both run "${jobName(job)}" at the same time`,
    ],
    help: "Name the group after the environment that is changed instead of the branch.",
    claim: {
      scenario: {
        ...analysis.scenario([chain]),
        events: [chain.root, { ...byHand.root, id: "second", branch: "topic" }],
      },
      schedule: [
        { kind: "job-started", job: first },
        { kind: "job-started", job: second },
        { kind: "job-ended", job: first },
      ],
      bad: { kind: "overlap", first, second },
    },
  };
}

function choosesEnvironment({ cause }: Start): boolean {
  return (
    cause.kind === "dispatch" &&
    cause.inputs.some(({ name }) => /env|stage|target|workspace|account|cluster/i.test(name))
  );
}

/**
 * The group takes an input as it is, which is empty in runs that nobody has started by hand; elsewhere the file says what is
 * meant then. So a run by hand for that same place stands in another group.
 */
function byMissingInput(analysis: Analysis, { pipeline, job, effect, lock }: Keyed): Candidate | undefined {
  const chains = analysis.chains(pipeline).filter((chain) => can(analysis.effectRuns(job, chain.circumstances)));
  const byHand = chains.find(({ root, start }) => root.kind === "dispatch" && start.pipeline === pipeline.id);
  const chain = chains.find(({ root, start }) => root.kind !== "dispatch" && start.cause.kind !== "call");
  if (!chain || byHand?.root.kind !== "dispatch" || byHand.start.cause.kind !== "dispatch") return undefined;
  for (const { name } of byHand.start.cause.inputs) {
    const value = /^[\w-]+$/.test(name) ? meantWithout(pipeline, name) : undefined;
    if (value === undefined || !standsBare(lock, name)) continue;
    const second = { ...byHand.root, id: "second", inputs: { ...byHand.root.inputs, [name]: value } };
    const first = jobPattern(job, chain);
    const other = { ...first, run: { pipeline: pipeline.id, event: "second" } };
    return {
      message: `Without the input "${name}" the group ${showKey(lock.group)} ends in nothing while ${value} is meant: a run by hand for ${value} stands in another group`,
      at: lock.at,
      related: [
        { at: chain.start.at, message: `Starts without the input, for ${value}` },
        { at: effect.step?.at ?? job.keyAt, message: `Changes it: ${effect.tool}` },
      ],
      confidence: "high",
      schedule: [
        `${chain.described} -> ${fileName(pipeline.id)} starts for ${value}, in the group of no input`,
        `run by hand with ${name} ${value} -> ${fileName(pipeline.id)} starts in the group of ${value}`,
        `both run "${jobName(job)}" at the same time`,
      ],
      help: `Write ${expression(`inputs.${name} || '${value}'`)} in the group, as the rest of the file does.`,
      claim: {
        scenario: { ...analysis.scenario([chain]), events: [chain.root, second] },
        schedule: [
          { kind: "job-started", job: first },
          { kind: "job-started", job: other },
          { kind: "job-ended", job: first },
        ],
        bad: { kind: "overlap", first, second: other },
      },
    };
  }
  return undefined;
}

/** What the file takes where nobody gives the input: of `inputs.environment || 'staging'` it is `staging`. */
function meantWithout({ source }: Pipeline, input: string): string | undefined {
  const pattern = new RegExp(`\\binputs\\.${input}\\s*\\|\\|\\s*'([^']+)'`, "gi");
  const values = new Set([...source.text.matchAll(pattern)].map(([, value]) => value!));
  return values.size === 1 ? [...values][0] : undefined;
}

/** As an expression of its own, and nothing else in the group tells the runs apart or together. */
function standsBare({ group, reads }: Lock, input: string): boolean {
  const isIt = new RegExp(`^(?:github\\.event\\.)?inputs\\.${input}$`, "i");
  return (
    group.some((part) => part.kind === "expression" && isIt.test(part.text)) &&
    group.filter((part) => part.kind !== "text").length === 1 &&
    reads.filter((path) => !path.startsWith("github.workflow")).every((path) => isIt.test(path))
  );
}
