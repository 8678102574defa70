import type { Start } from "../../facts/facts.ts";
import { neverStarts } from "../analysis/never.ts";
import { fileName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const impossibleBranchFilter: Rule = {
  id: "impossible-branch-filter",
  severity: "warning",
  kind: "dead edge",
  title: "workflow_run waits for a branch its workflow never runs on",
  why: "`branches` under workflow_run is compared with the branch of the workflow before. When that one never runs on such a branch, nothing ever starts.",
  url: documentation.workflowRun,
  *find(analysis) {
    const { facts } = analysis;
    for (const pipeline of facts.pipelines) {
      for (const start of pipeline.starts) {
        const { cause } = start;
        if (cause.kind !== "completion" || cause.branches.kind !== "patterns" || cause.branches.inverted) continue;
        if (cause.upstream.length === 0 || cause.dangling.length > 0) continue;
        const starts = cause.upstream.flatMap(({ pipeline: id }) => facts.pipeline(id)?.starts ?? []);
        const wanted = cause.branches.patterns.filter(({ value }) => !value.startsWith("!"));
        const refs = starts.map(refsOf);
        if (wanted.length === 0 || refs.length === 0 || refs.some((each) => each === undefined)) continue;
        const names = refs.flatMap((each) => each ?? []);
        if (names.length === 0 || names.some((name) => cause.branches.accepts(name))) continue;
        const claim = neverStarts(analysis, cause.upstream[0]!.pipeline, pipeline.id);
        if (!claim) continue;
        const upstream = list([...new Set(cause.upstream.map(({ pipeline: id }) => fileName(id)))]);
        yield {
          message: `${fileName(pipeline.id)} waits for runs on ${list(wanted.map(({ value }) => value))}, but ${upstream} runs only on ${list([...new Set(names)])}: it never starts`,
          at: wanted[0]!.at,
          related: starts
            .filter((each) => each.cause.kind !== "call")
            .map((each) => ({ at: each.at, message: `${fileName(each.pipeline)} starts here` })),
          confidence: "high",
          schedule: [
            `push to ${names[0]} -> ${upstream} completes`,
            `branch ${names[0]} is filtered out -> ${fileName(pipeline.id)} is not started`,
          ],
          claim,
          help: "List branches that the workflow before runs on, or remove the filter.",
        };
      }
    }
  },
};

/** Every ref this start can run on; undefined where that is open. A tag stands where the branch would. */
function refsOf({ cause }: Start): readonly string[] | undefined {
  if (cause.kind === "call") return [];
  if (cause.kind !== "push") return undefined;
  const { branches, tags } = cause;
  if (!branches.literals || !tags.literals) return undefined;
  return [...branches.literals, ...tags.literals];
}
