import type { DispatchAccess, Key, ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline, Start, StepFacts } from "../../facts/facts.ts";
import { type Analysis, jobPattern, sameRoot } from "../analysis/analysis.ts";
import { lastingEffects } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText, unify } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

/** Who waits for one workflow's tags in vain: a few show what is wrong with its token. */
const MAX_WAITING = 5;

export const botTokenPushDoesNotTrigger: Rule = {
  id: "bot-token-push-does-not-trigger",
  severity: "warning",
  kind: "dead edge",
  title: "a tag or release made with the default token starts no workflow",
  why: "Events that a workflow makes with GITHUB_TOKEN start no further runs, so that workflows do not start each other without end. The tag or release is there, and the workflow that waits for it never runs.",
  url: documentation.trigger,
  *find(analysis) {
    const seen = new Set<string>();
    const shown = new Map<Pipeline, number>();
    for (const { pipeline, job } of analysis.work()) {
      for (const step of job.steps) {
        for (const access of step.accesses) {
          if (access.kind !== "resource" || access.mode === "read" || access.token.kind !== "default") continue;
          if (access.resource !== "git-tag" && access.resource !== "release") continue;
          if (access.details.has("repository") || isDraft(access, step)) continue;
          // Files for a release that is there, or a word changed in it, make no new event.
          if (/\b(upload|edit|delete|download|view)\b/.test(access.tool)) continue;
          if (access.resource === "git-tag" && startedByTag(analysis, { pipeline, job, step })) continue;
          for (const { waiting, start } of waitingFor(analysis, pipeline, access, step)) {
            const once = `${pipeline.id} ${waiting.id}`;
            const count = shown.get(pipeline) ?? 0;
            if (count === MAX_WAITING || seen.has(once) || startsOtherwise(analysis, { pipeline, job, step, waiting }))
              continue;
            const chain = analysis
              .chains(pipeline)
              .find((each) => analysis.stepRuns(job, step, each.circumstances) !== "no");
            if (!chain) continue;
            seen.add(once);
            shown.set(pipeline, count + 1);
            const what = access.resource === "release" ? "release" : "tag";
            yield {
              message: `The ${what} that "${jobName(job)}" in ${fileName(pipeline.id)} makes with the default token does not start ${fileName(waiting.id)}`,
              at: step.at,
              related: [{ at: start.at, message: `${fileName(waiting.id)} waits for it here` }],
              confidence:
                access.confidence === "low"
                  ? "low"
                  : access.resource === "git-tag" && isGuess(step.resolve(access.key))
                    ? "medium"
                    : "high",
              schedule: [
                `${fileName(pipeline.id)} runs ${access.tool} with GITHUB_TOKEN`,
                `the ${what} exists`,
                `${fileName(waiting.id)} is not started`,
              ],
              help: `Use a token of a GitHub App or a personal one for this step, or start ${fileName(waiting.id)} yourself: call it with workflow_call, or dispatch it (a dispatch works with the default token and needs \`actions: write\`).`,
              claim: analysis.claim([chain], [{ kind: "step", job: jobPattern(job, chain), step: step.index }], {
                kind: "refused",
                pipeline: waiting.id,
              }),
            };
          }
        }
      }
    }
  },
};

/** The tag was there before: pushing it started this run, and whatever else waits for it. By hand it is run for such a tag again. */
function startedByTag(analysis: Analysis, maker: Maker): boolean {
  const chains = chainsMaking(analysis, maker);
  const byTag = chains.filter(({ root }) => root.kind === "push" && root.ref.kind === "tag");
  const byHand = chains.filter(({ root }) => root.kind === "dispatch" || root.kind === "call");
  return byTag.length > 0 && byTag.length + byHand.length === chains.length;
}

function chainsMaking(analysis: Analysis, { pipeline, job, step }: Maker): TriggerChain[] {
  return analysis.chains(pipeline).filter((chain) => analysis.stepRuns(job, step, chain.circumstances) !== "no");
}

/** Nothing of the name is written, so that another tag than the one that is waited for may be meant. */
function isGuess(key: Key): boolean {
  return key.length > 0 && !key.some((part) => part.kind === "text");
}

/** A draft is published by a person later, and that does start workflows. */
function isDraft(access: ResourceAccess, step: StepFacts): boolean {
  if (access.resource !== "release") return false;
  if (/release-drafter/.test(step.action ?? "")) {
    const publish = step.parameter("publish");
    return !publish || literalText(publish.value) !== "true";
  }
  const parameter = step.parameter("draft");
  if (parameter) return literalText(parameter.value) !== "false";
  return /--draft\b(?!=false)|draft:\s*true/.test(step.text);
}

function* waitingFor(
  analysis: Analysis,
  pipeline: Pipeline,
  access: ResourceAccess,
  step: StepFacts,
): Generator<{ readonly waiting: Pipeline; readonly start: Start }> {
  const key = step.resolve(access.key);
  for (const waiting of analysis.facts.pipelines) {
    if (waiting === pipeline) continue;
    for (const start of waiting.starts) {
      const { cause } = start;
      if (
        cause.kind === "push" &&
        access.resource === "git-tag" &&
        cause.tags.kind === "patterns" &&
        !cause.tags.inverted
      ) {
        const accepted = cause.tags.patterns.some(({ value }) => {
          const fixed = value.split(/[*?[+]/)[0]!;
          // Of a name that only the run knows, a version can be expected, and nothing more.
          if (isGuess(key) && !/^v?$/i.test(fixed)) return false;
          return (
            unify(key, [
              { kind: "text", text: fixed },
              { kind: "unknown", text: "*" },
            ]) || key.length === 0
          );
        });
        if (accepted) yield { waiting, start };
      }
      if (cause.kind === "release" && access.resource === "release") {
        if (
          cause.types.length === 0 ||
          cause.types.some((type) => ["published", "created", "released", "prereleased"].includes(type))
        ) {
          yield { waiting, start };
        }
      }
    }
  }
}

interface Maker {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly step: StepFacts;
}

/** The same run calls or dispatches what waits. */
function startsOtherwise(analysis: Analysis, { waiting, ...maker }: Maker & { readonly waiting: Pipeline }): boolean {
  const { pipeline } = maker;
  // What started this run has started it as well.
  const chains = chainsMaking(analysis, maker);
  const others = analysis.chains(waiting).filter((chain) => !chain.upstream);
  if (chains.every((chain) => others.some((other) => sameRoot(chain, other)))) return true;
  if (pipeline.jobs.some((each) => each.file === waiting.id)) return true;
  if (pipeline.jobs.some((each) => each.steps.some((step) => dispatches(step, waiting)))) return true;
  if (doesItsWork(pipeline, waiting)) return true;
  // It listens to the end of this workflow as well.
  return waiting.starts.some(
    ({ cause }) => cause.kind === "completion" && cause.upstream.some((upstream) => upstream.pipeline === pipeline.id),
  );
}

/** Publishes in its own run all that the other one would: that is there for releases that people make. */
function doesItsWork(pipeline: Pipeline, waiting: Pipeline): boolean {
  const published = ({ jobs }: Pipeline) =>
    jobs.flatMap((job) =>
      lastingEffects(job).flatMap(({ access }) =>
        access && access.resource !== "release" && access.resource !== "git-tag" ? [access.resource] : [],
      ),
    );
  const wanted = published(waiting);
  const done = new Set(published(pipeline));
  return wanted.length > 0 && wanted.every((resource) => done.has(resource));
}

/** Whether the step may start it by a dispatch; that its file is mentioned to people is none. */
function dispatches(step: StepFacts, waiting: Pipeline): boolean {
  const accesses = step.accesses.filter((access) => access.kind === "dispatch");
  if (accesses.some((access) => mayMean(step, access, waiting))) return true;
  const lines = step.text.split("\n").filter((line) => !/^\s*(#|\/\/|echo\b|printf\b|console\.log)/.test(line));
  if (lines.some((line) => line.includes(fileName(waiting.id)))) return true;
  return accesses.length === 0 && lines.some((line) => /gh workflow run|createWorkflowDispatch/.test(line));
}

function mayMean(step: StepFacts, { target }: DispatchAccess, waiting: Pipeline): boolean {
  if (target.kind === "event") return waiting.starts.some(({ cause }) => cause.kind === "custom-event");
  const named = step.resolve(target.workflow);
  return [waiting.id, fileName(waiting.id), waiting.name].some((text) => unify(named, [{ kind: "text", text }]));
}
