import { can, jobPattern } from "../analysis/analysis.ts";
import { plain } from "../analysis/locks.ts";
import { isDocumentation, isPreview, lastingEffects } from "../analysis/purpose.ts";
import { fileName, jobName, keyText, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

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
      // Only a job's own group, or that of a workflow that does nothing but deploy, is meant for the target.
      const locks = [...job.locks, ...(pipeline.jobs.length === 1 ? pipeline.locks : [])];
      for (const lock of locks) {
        if (seen.has(lock.at)) continue;
        const ways = analysis
          .ways(pipeline)
          .filter(
            (way) =>
              (way.root.kind === "push" || way.root.kind === "dispatch") &&
              can(analysis.effectRuns(job, way.circumstances)),
          );
        const [way] = ways;
        if (!way) continue;
        const perRun = lock.reads.find((path) => unique.test(path));
        const byRef = lock.reads.find((path) => path === "github.ref" || path === "github.ref_name");
        // `head_ref || run_id` is for pull requests: on other events every run is meant to be on its own.
        if (perRun && !lock.reads.includes("github.head_ref")) {
          // Nothing else to do.
        } else if (
          !byRef ||
          !environment ||
          new Set(ways.map((each) => plain(lock.groupUnder(each.circumstances)))).size < 2
        )
          continue;
        const second = perRun
          ? way
          : ways.find(
              (each) => plain(lock.groupUnder(each.circumstances)) !== plain(lock.groupUnder(way.circumstances)),
            )!;
        if (!perRun && environmentFollowsRef(job.environment!.name)) continue;
        seen.add(lock.at);
        const target = environment ? `environment ${environment}` : effect.tool;
        yield {
          message: `The group ${keyText(lock.group)} of "${jobName(job)}" is another one for each ${perRun ? "run" : "ref"}, but the target (${target}) is one`,
          at: lock.at,
          related: effect.step ? [{ at: effect.step.at, message: `Changes it: ${effect.tool}` }] : [],
          confidence: "high",
          // Tags are rarely pushed two at a time.
          ...(!perRun && ways.every(({ root }) => root.kind === "push" && root.ref.kind === "tag")
            ? { severity: "warning" as const }
            : {}),
          schedule: [
            `${way.described} -> ${fileName(pipeline.id)} starts in one group`,
            `${second.described} -> ${fileName(pipeline.id)} starts in another group`,
            `both run "${jobName(job)}" at the same time`,
          ],
          help: "Name the group after what is deployed to, e.g. `deploy-production`.",
          claim: {
            scenario: {
              ...analysis.scenario([way]),
              events: [
                way.root,
                { ...second.root, id: "second", ...(second.root.kind === "push" ? { commit: "c2" } : {}) },
              ],
            },
            schedule: [
              { kind: "job-started", job: jobPattern(job, way) },
              {
                kind: "job-started",
                job: { ...jobPattern(job, way), run: { pipeline: pipeline.id, event: "second" } },
              },
              { kind: "job-ended", job: jobPattern(job, way) },
            ],
            bad: {
              kind: "overlap",
              first: jobPattern(job, way),
              second: { ...jobPattern(job, way), run: { pipeline: pipeline.id, event: "second" } },
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
