import { effectsOf } from "../analysis/purpose.ts";
import { fileName, keyText, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const callerNameInReusableGroup: Rule = {
  id: "caller-name-in-reusable-group",
  severity: "error",
  kind: "wrong lock",
  title: "group in a called workflow holds the caller's name",
  why: "In a called workflow `github.workflow` is the name of the caller. Every caller gets a group of its own, so the group keeps nobody apart.",
  url: documentation.reuse,
  *find(analysis) {
    const { facts } = analysis;
    const seen = new Set<object>();
    for (const called of facts.pipelines) {
      if (!called.callable) continue;
      const occurrences = facts.pipelines.flatMap((pipeline) =>
        pipeline.jobs
          .filter((job) => job.locks.some((lock) => lock.file === called.id))
          .map((job) => ({ pipeline, job })),
      );
      for (const { job } of occurrences) {
        for (const lock of job.locks) {
          if (lock.file !== called.id || !lock.reads.includes("github.workflow") || seen.has(lock.at)) continue;
          const callers = [
            ...new Set(
              occurrences
                .filter((each) => each.job.locks.some((other) => other.at === lock.at))
                .map(({ pipeline }) => pipeline.id),
            ),
          ];
          if (callers.length < 2 || !changesSomething(analysis, lock.at)) continue;
          seen.add(lock.at);
          yield {
            message: `The group in ${fileName(called.id)} begins with the caller's name: runs from ${list(callers.map(fileName))} do not exclude each other`,
            at: lock.at,
            related: callers
              .filter((id) => id !== called.id)
              .flatMap((id) => {
                const call = facts
                  .pipeline(id)!
                  .jobs.find(
                    (each) =>
                      each.path.length === 1 &&
                      each.kind === "call" &&
                      facts
                        .pipeline(id)!
                        .jobs.some((inner) => inner.file === called.id && inner.path[0] === each.path[0]),
                  );
                return call ? [{ at: call.keyAt, message: `Called from here as "${facts.pipeline(id)!.name}"` }] : [];
              }),
            confidence: "high",
            schedule: [
              ...callers.slice(0, 2).map((id) => {
                const own = occurrences
                  .filter((each) => each.pipeline.id === id)
                  .flatMap((each) => each.job.locks)
                  .find((other) => other.at === lock.at)!;
                return `${fileName(id)} runs ${fileName(called.id)} in the group ${keyText(own.group)}`;
              }),
              "two groups: both run at the same time",
            ],
            help: `Replace \`github.workflow\` in this group by a fixed name, e.g. ${fileName(called.id).replace(/\.ya?ml$/, "")}.`,
          };
        }
      }
    }
  },
};

/** A group around work that changes nothing outside is only there to save machines. */
function changesSomething(analysis: Parameters<Rule["find"]>[0], at: object): boolean {
  for (const pipeline of analysis.facts.pipelines) {
    for (const holder of pipeline.jobs) {
      if (!holder.locks.some((lock) => lock.at === at)) continue;
      if (
        pipeline.jobs.some((job) => (job === holder || job.id.startsWith(`${holder.id}/`)) && effectsOf(job).length > 0)
      )
        return true;
    }
  }
  return false;
}
