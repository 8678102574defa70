/**
 * The part of a large repository that a claim can depend on. Whatever has no order, no lock and no event in common with
 * the workflows in question can be held back until the end, so that leaving it out changes nothing about them, and a
 * thousand workflows that one push starts need not be carried out for every finding.
 */

import type { Repository, Workflow } from "../workflow.ts";
import { completionTrigger } from "./arrivals.ts";

/** Smaller repositories are carried out as a whole. */
export const smallRepository = 60;

interface Traits {
  readonly workflow: Workflow;
  /** What its concurrency groups begin with, those of workflows that it calls included; in lower case. */
  readonly groups: readonly string[];
  /** Some step may push, release or dispatch, which starts others. */
  readonly makesEvents: boolean;
}

export type Slice = (pipelines: ReadonlySet<string>) => readonly Workflow[];

export function slicesOf({ workflows }: Repository): Slice {
  const byFile = new Map(workflows.map((workflow) => [workflow.file, workflow]));
  const byName = new Map<string, Workflow[]>();
  for (const workflow of workflows) {
    byName.set(workflow.displayName, [...(byName.get(workflow.displayName) ?? []), workflow]);
  }
  let traits: readonly Traits[] | undefined;
  return (pipelines) => {
    traits ??= workflows.map((workflow) => traitsOf(workflow, byFile));
    const meant = withUpstream(pipelines, byFile, byName);
    const groups = traits.filter(({ workflow }) => meant.has(workflow)).flatMap((each) => each.groups);
    return traits
      .filter(
        (each) =>
          meant.has(each.workflow) || each.makesEvents || each.groups.some((group) => groups.some(mayEqual(group))),
      )
      .map(({ workflow }) => workflow);
  };
}

/** The workflows, and those whose end starts them. */
function withUpstream(
  pipelines: ReadonlySet<string>,
  byFile: ReadonlyMap<string, Workflow>,
  byName: ReadonlyMap<string, readonly Workflow[]>,
): Set<Workflow> {
  const meant = new Set<Workflow>();
  const open = [...pipelines].flatMap((file) => byFile.get(file) ?? []);
  for (let next = open.pop(); next; next = open.pop()) {
    if (meant.has(next)) continue;
    meant.add(next);
    for (const { value } of completionTrigger(next)?.workflows?.patterns ?? []) open.push(...(byName.get(value) ?? []));
  }
  return meant;
}

function traitsOf(workflow: Workflow, byFile: ReadonlyMap<string, Workflow>): Traits {
  const files = new Set([workflow]);
  for (const file of files) {
    for (const job of file.jobs) {
      const called = job.kind === "call" && job.uses.kind === "local" ? byFile.get(job.uses.path) : undefined;
      if (called) files.add(called);
    }
  }
  const groups = [...files].flatMap((file) =>
    [file, ...file.jobs].flatMap(({ concurrency }) => {
      if (!concurrency) return [];
      const [first, second] = concurrency.group.parts;
      // Most groups begin with the workflow's own name; in a called workflow it is the caller's.
      const own = first?.kind === "expression" && /^\s*github\.workflow\s*$/i.test(first.expression.text);
      const rest = own && second?.kind === "text" ? second.text : "";
      const begin = own ? `${workflow.displayName}${rest}` : first?.kind === "text" ? first.text : "";
      return [begin.toLowerCase()];
    }),
  );
  return { workflow, groups, makesEvents: [...files].some(mayMakeEvents) };
}

function mayEqual(a: string): (b: string) => boolean {
  return (b) => a.startsWith(b) || b.startsWith(a);
}

const eventWords = /push|release|dispatch|commit|tag|pull-request|changeset|semantic|\bgh\b|\bgit\b|^\.\//i;

function mayMakeEvents({ jobs }: Workflow): boolean {
  return jobs.some(
    (job) =>
      job.kind === "steps" &&
      job.steps.some((step) =>
        step.kind === "run"
          ? /\bgit\b[^\n]*\bpush\b|\bgh\s|dispatch|\brelease\b/.test(step.run.raw)
          : step.kind === "uses" && eventWords.test(step.uses.text),
      ),
  );
}
