import type { ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline, Start, StepFacts } from "../../facts/facts.ts";
import { type Analysis, sameRoot } from "../analysis/analysis.ts";
import { fileName, jobName, literalText, unify } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const botTokenPushDoesNotTrigger: Rule = {
  id: "bot-token-push-does-not-trigger",
  severity: "warning",
  kind: "dead edge",
  title: "a tag or release made with the default token starts no workflow",
  why: "Events that a workflow makes with GITHUB_TOKEN start no further runs, so that workflows do not start each other without end. The tag or release is there, and the workflow that waits for it never runs.",
  url: documentation.trigger,
  *find(analysis) {
    const seen = new Set<string>();
    for (const { pipeline, job } of analysis.work()) {
      for (const step of job.steps) {
        for (const access of [...step.accesses, ...releasesOf(step)]) {
          if (access.kind !== "resource" || access.mode === "read" || access.token.kind !== "default") continue;
          if (access.resource !== "git-tag" && access.resource !== "release") continue;
          if (access.details.has("repository") || isDraft(access, step)) continue;
          // Files for a release that is there, or a word changed in it, make no new event.
          if (/\b(upload|edit|delete|download|view)\b/.test(access.tool)) continue;
          if (access.resource === "git-tag" && startedByTag(analysis, pipeline, job)) continue;
          for (const { waiting, start } of waitingFor(analysis, pipeline, access, step)) {
            const once = `${pipeline.id} ${waiting.id}`;
            if (seen.has(once) || startsOtherwise(analysis, { pipeline, job, waiting })) continue;
            seen.add(once);
            const what = access.resource === "release" ? "release" : "tag";
            yield {
              message: `The ${what} that "${jobName(job)}" in ${fileName(pipeline.id)} makes with the default token does not start ${fileName(waiting.id)}`,
              at: step.at,
              related: [{ at: start.at, message: `${fileName(waiting.id)} waits for it here` }],
              confidence: access.confidence === "low" ? "low" : "high",
              schedule: [
                `${fileName(pipeline.id)} runs ${access.tool} with GITHUB_TOKEN`,
                `the ${what} exists`,
                `${fileName(waiting.id)} is not started`,
              ],
              help: `Use a token of a GitHub App or a personal one for this step, or start ${fileName(waiting.id)} yourself: call it with workflow_call, or dispatch it (a dispatch works with the default token and needs \`actions: write\`).`,
            };
          }
        }
      }
    }
  },
};

/** semantic-release tags and releases what it publishes, with the token in its environment. */
function releasesOf(step: StepFacts): ResourceAccess[] {
  const published = step.accesses.find(
    (access) => access.kind === "resource" && access.mode !== "read" && /semantic-release/.test(access.tool),
  );
  if (published?.kind !== "resource" || /--dry-run/.test(step.text)) return [];
  const names = ["GITHUB_TOKEN", "GH_TOKEN"].flatMap((name) => step.resolve([{ kind: "variable", name }]));
  const given = names.filter((part) => part.kind === "expression").map((part) => part.text.toLowerCase());
  if (given.length === 0 || given.some((text) => text !== "secrets.github_token" && text !== "github.token")) return [];
  return (["git-tag", "release"] as const).map((resource) => ({
    ...published,
    resource,
    key: [],
    token: { kind: "default" },
  }));
}

/** The tag was there before: pushing it started this run, and whatever else waits for it. */
function startedByTag(analysis: Analysis, pipeline: Pipeline, job: JobFacts): boolean {
  const ways = analysis.waysRunning(pipeline, job);
  return ways.length > 0 && ways.every(({ root }) => root.kind === "push" && root.ref.kind === "tag");
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

interface Pair {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly waiting: Pipeline;
}

/** The same run calls or dispatches what waits. */
function startsOtherwise(analysis: Analysis, { pipeline, job, waiting }: Pair): boolean {
  const { jobs } = pipeline;
  // What started this run has started it as well.
  const ways = analysis.waysRunning(pipeline, job);
  const others = analysis.ways(waiting).filter((way) => !way.upstream);
  if (ways.length > 0 && ways.every((way) => others.some((other) => sameRoot(way, other)))) return true;
  if (jobs.some((each) => each.file === waiting.id)) return true;
  const dispatches = jobs.some((each) =>
    each.steps.some(
      (step) =>
        step.accesses.some((access) => access.kind === "dispatch") ||
        step.text.includes(fileName(waiting.id)) ||
        /gh workflow run|createWorkflowDispatch/.test(step.text),
    ),
  );
  if (dispatches) return true;
  // It listens to the end of this workflow as well.
  return (
    waiting.starts.some(
      ({ cause }) =>
        cause.kind === "completion" && cause.upstream.some((upstream) => upstream.pipeline === pipeline.id),
    ) || !analysis.ways(pipeline).some((way) => job.runs(way.circumstances) !== "no")
  );
}
