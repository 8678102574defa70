import type { Delivery } from "../model/delivery.ts";
import { own } from "../model/own.ts";
import { resolveDelivery } from "../model/resolved-delivery.ts";
import { definitionChange } from "../plan/definition-change.ts";
import type { Deployed } from "../plan/plan.ts";

/** One of two sets that are compared. */
export interface ComparedSet {
  delivery: Delivery;
  parameters: Record<string, string>;
  /** By pipeline. */
  set: Record<string, Deployed>;
}

/** One value of several, as it was and as it is; absent: there is none. */
export interface ValueChange {
  name: string;
  from?: string;
  to?: string;
}

export interface PipelineChange {
  pipeline: string;
  change: "same" | "changed" | "new" | "gone";
  from?: Deployed;
  to?: Deployed;
  /** The first part of its definition that is another one: `job deploy, step 2`. */
  definition?: string;
  /** Files, by digest. */
  artifacts: ValueChange[];
  outputs: ValueChange[];
  /** What jobs of the second do, where they run, that no rollback undoes: migrations, say. Absent: nothing, or it is the same. */
  irreversible?: { job: string; does: string }[];
}

export interface SetDifference {
  /** In the order in which the second is defined; what it has lost comes last. */
  pipelines: PipelineChange[];
  /** Variables (`variable size`) and parameters (`parameter region`) that have another value. */
  settings: ValueChange[];
}

export interface ComparedWhere {
  /** The one in which both were, or are. */
  environment: string | undefined;
  /** Files and outputs that are made anew in each environment say nothing where both were not in the same. */
  values?: "all" | "made once";
}

/** What is another one in the second set. */
export function compareSets(
  from: ComparedSet,
  to: ComparedSet,
  { environment, values = environment === undefined ? "made once" : "all" }: ComparedWhere,
): SetDifference {
  const names = [...to.delivery.pipelines, ...from.delivery.pipelines].map(({ name }) => name);
  return {
    pipelines: [...new Set(names)].flatMap((name) => pipelineChange(name, { from, to, environment, values }) ?? []),
    settings: [
      ...valueChanges(variablesIn(from, environment), variablesIn(to, environment), "variable "),
      ...valueChanges(from.parameters, to.parameters, "parameter "),
    ],
  };
}

function pipelineChange(
  pipeline: string,
  { from, to, environment, values: which }: { from: ComparedSet; to: ComparedSet } & Required<ComparedWhere>,
): PipelineChange | undefined {
  const [was, is] = [own(from.set, pipeline), own(to.set, pipeline)];
  if (was === undefined && is === undefined) return undefined;
  const common = { pipeline, ...(was && { from: was }), ...(is && { to: is }) };
  const files = (set: Deployed | undefined, { delivery }: ComparedSet) =>
    Object.fromEntries(
      Object.entries(set?.artifacts ?? {})
        .filter(([name]) => which === "all" || isMadeOnce(delivery, pipeline, { artifact: name }))
        .map(([name, { digest }]) => [name, digest]),
    );
  const values = (set: Deployed | undefined, { delivery }: ComparedSet) =>
    Object.fromEntries(
      Object.entries(set?.outputs ?? {}).filter(
        ([name]) => which === "all" || isMadeOnce(delivery, pipeline, { output: name }),
      ),
    );
  const artifacts = valueChanges(files(was, from), files(is, to));
  const outputs = valueChanges(values(was, from), values(is, to));
  const jobs = Object.entries(to.delivery.pipelines.find(({ name }) => name === pipeline)?.jobs ?? {});
  const lasting = jobs.flatMap(([job, { irreversible: does }]) => (does === undefined ? [] : [{ job, does }]));
  const irreversible = lasting.length > 0 && { irreversible: lasting };
  if (was === undefined) return { ...common, change: "new", artifacts, outputs, ...irreversible };
  if (is === undefined) return { ...common, change: "gone", artifacts, outputs };
  const definition = otherDefinition(pipeline, { from, to, environment });
  const isSame = definition === undefined && artifacts.length === 0 && outputs.length === 0 && was.commit === is.commit;
  return {
    ...common,
    change: isSame ? "same" : "changed",
    ...(definition !== undefined && { definition }),
    artifacts,
    outputs,
    ...(!isSame && irreversible),
  };
}

function otherDefinition(
  name: string,
  { from, to, environment }: { from: ComparedSet; to: ComparedSet; environment: string | undefined },
): string | undefined {
  const resolved = resolveDelivery(to.delivery, environment === undefined ? [] : [environment]);
  const found = resolved.pipelines.find((pipeline) => pipeline.name === name);
  if (found === undefined) return undefined;
  const jobs = [...found.releaseJobs, ...found.environmentJobs];
  return definitionChange({ before: from.delivery, now: to.delivery, pipeline: found.pipeline, environment, jobs });
}

/** Whether a per-release job makes it. */
function isMadeOnce(
  { pipelines }: Delivery,
  name: string,
  { artifact, output }: { artifact?: string; output?: string },
): boolean {
  const pipeline = pipelines.find((one) => one.name === name);
  if (pipeline === undefined) return false;
  const maker = output === undefined ? undefined : pipeline.outputs[output]?.job;
  return Object.entries(pipeline.jobs).some(
    ([job, { per, artifacts }]) =>
      per === "release" && (artifact === undefined ? job === maker : Object.hasOwn(artifacts, artifact)),
  );
}

function variablesIn({ delivery }: ComparedSet, environment: string | undefined): Record<string, string> {
  const there = delivery.environments.find(({ name }) => name === environment)?.variables ?? {};
  return { ...delivery.variables, ...there };
}

function valueChanges(from: Record<string, string>, to: Record<string, string>, kind = ""): ValueChange[] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].flatMap((name) => {
    const [was, is] = [own(from, name), own(to, name)];
    if (was === is) return [];
    return [{ name: `${kind}${name}`, ...(was !== undefined && { from: was }), ...(is !== undefined && { to: is }) }];
  });
}
