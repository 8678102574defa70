import { nearestName } from "../../findings/nearest-name.ts";
import type { Place } from "../../findings/source.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { jobName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

const properties: ReadonlySet<string> = new Set(
  "action action_path action_ref action_repository action_status actor actor_id api_url artifact_cache_size_limit base_ref env event event_name event_path graphql_url head_ref job job_workflow_sha output path ref ref_name ref_protected ref_type repository repository_id repository_owner repository_owner_id repository_visibility repositoryurl retention_days run_attempt run_id run_number secret_source server_url sha state step_summary token triggering_actor workflow workflow_ref workflow_sha workspace".split(
    " ",
  ),
);

export const unknownContextProperty: Rule = {
  id: "unknown-context-property",
  severity: "warning",
  kind: "dead edge",
  title: "a group or condition reads a property that the github context does not have",
  why: "A property that a context does not have is empty, and nothing says so. A group made of it is one and the same for everybody, or none; a condition never holds, or always.",
  url: documentation.contexts,
  *find(analysis) {
    for (const { what, at, path, effect } of reads(analysis)) {
      const [context, property = ""] = path.split(".");
      if (context !== "github" || !/^[a-z_]+$/.test(property) || properties.has(property)) continue;
      const meant = nearestName(property, properties);
      const edits =
        meant === undefined
          ? []
          : written(at, property).map((place) => ({ file: at.source.path, ...place, text: `github.${meant}` }));
      yield {
        message: `${what} reads \`github.${property}\`, which is always empty: there is no such property${meant === undefined ? "" : `; did you mean \`github.${meant}\`?`}`,
        at,
        confidence: "high",
        schedule: [`\`github.${property}\` is empty, whatever happens`, effect],
        help: meant === undefined ? "Take a property that the context has." : `Write \`github.${meant}\`.`,
        ...(edits.length > 0 ? { edits } : {}),
      };
    }
  },
};

/** Everywhere the expressions of this place read it, and no longer name that begins with it. */
function written({ source, start, end }: Place, property: string): { start: number; end: number }[] {
  const text = source.text.slice(start, end);
  const expressions = text.includes("${{") ? [...text.matchAll(/\$\{\{.*?\}\}/gs)] : [{ index: 0, 0: text }];
  const name = new RegExp(`(?<![\\w.-])github\\.${property}(?![\\w-])`, "gi");
  return expressions.flatMap((expression) =>
    [...expression[0].matchAll(name)].map((found) => {
      const at = start + expression.index + found.index;
      return { start: at, end: at + found[0].length };
    }),
  );
}

interface Read {
  readonly what: string;
  readonly at: Place;
  /** `github.workflow`, in lower case. */
  readonly path: string;
  readonly effect: string;
}

/** One of each place. */
function* reads({ facts }: Analysis): Generator<Read> {
  const seen = new Set<Place>();
  const fresh = (at: Place) => !seen.has(at) && seen.add(at);
  for (const pipeline of facts.pipelines) {
    const locks = [...pipeline.locks, ...pipeline.jobs.flatMap((job) => job.locks)];
    for (const lock of locks) {
      if (!fresh(lock.at)) continue;
      const effect = "the group is not the one that was meant: it keeps the wrong runs apart, or none";
      for (const path of new Set(lock.reads)) yield { what: "The concurrency group", at: lock.at, path, effect };
    }
    for (const job of pipeline.jobs) {
      const conditions = [
        { condition: job.condition, what: `The condition of "${jobName(job)}"` },
        ...job.steps.map(({ condition, label }) => ({ condition, what: `The condition of step "${label}"` })),
      ];
      for (const { condition, what } of conditions) {
        if (!condition || !fresh(condition.at)) continue;
        const effect = "the condition is decided by that, and not by what was meant";
        for (const path of new Set(condition.reads)) yield { what, at: condition.at, path, effect };
      }
    }
  }
}
