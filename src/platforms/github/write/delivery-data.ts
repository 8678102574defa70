/** What the program knows of the delivery: plain data in a file, one line of JSON for each pipeline and environment. */

import type { Condition, Delivery, EventName, Job, OutputType, Pipeline } from "../../../model/delivery.ts";
import { patternSource } from "../../../model/filters.ts";
import { outputsRead, promisedOutputs } from "../../../model/job-values.ts";
import { removing } from "../../../model/previews.ts";
import { resolveDelivery } from "../../../model/resolved-delivery.ts";
import { inOrder } from "../../../order/topological.ts";
import { markOf } from "../../generated.ts";
import { ArtifactNames, artifactsOf, outputInput, outputsOf } from "./names.ts";

/** A pattern as the script reads it. Later ones win; one with `not` takes away again. */
interface PatternRow {
  is: string;
  not?: true;
}

/** A condition with its patterns as regular expressions and its variables as tables by environment. */
type ConditionRow =
  | { all: ConditionRow[] }
  | { any: ConditionRow[] }
  | { not: ConditionRow }
  | { environment: string[] }
  | { branch: PatternRow[] }
  | { event: EventName[] }
  | { parameter: string; equals: string }
  | { variable: Record<string, string>; equals: string };

interface PipelineRow {
  name: string;
  needs: string[];
  paths: PatternRow[];
  branches: PatternRow[];
  events: EventName[];
  schedules?: string[];
  outputs?: Product[];
  artifacts?: Product[];
  /** Has jobs that run once for all environments. */
  builds?: true;
  /** Whose products of the same release those jobs take: they are built whenever this one is. */
  builtFrom?: string[];
  /** When none of its jobs can run: the pipeline counts as passed. */
  empty?: ConditionRow;
  jobs: Readonly<Record<string, JobRow>>;
}

interface JobRow {
  deploys?: true;
  /** What it leaves in a preview is taken away again. */
  removes?: true;
  outputs?: Readonly<Record<string, OutputType>>;
  /** Of a chain: outputs that are kept in Parameter Store, each with the name of its parameter; `{environment}` is filled in. */
  keeps?: Readonly<Record<string, string>>;
  /** Outputs of other jobs that cannot be missing, and the input of the workflow that has each, or the job of the same file. */
  takes?: ({ output: string; input: string } | { output: string; job: string })[];
}

interface Product {
  name: string;
  per: "release" | "environment";
  /** Another pipeline takes it. */
  taken?: true;
  /** When the job that makes it cannot run. */
  unless?: ConditionRow;
  /** Of an artifact: its name on GitHub, without its environment. */
  stored?: string;
}

interface EnvironmentRow {
  name: string;
  branch?: PatternRow[];
  after: string[];
  /** Regular expressions of the branches whose runs may deploy there. Without it: the default branch. */
  from?: string[];
  /** Each pull request has one of its own, with its number behind the name. */
  preview?: true;
}

interface DataOptions {
  /** Files whose runs deploy. */
  readonly workflows: readonly string[];
  /** The output that tells where a release is seen. */
  readonly address?: string;
  readonly artifactNames: ArtifactNames;
  /** Of a chain: what the names of parameters begin with that the definition does not name. */
  readonly parameterPrefix?: string;
}

/** The data file. */
export function dataText(
  delivery: Delivery,
  { workflows, address, artifactNames, parameterPrefix }: DataOptions,
): string {
  const parameters = Object.fromEntries(
    Object.entries(delivery.parameters).map(([name, { default: given = "" }]) => [name, given]),
  );
  const lines = (rows: readonly object[]) =>
    rows.length === 0 ? "[]" : `[\n${rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n")}\n  ]`;
  return `{
  "$comment": "${markOf(delivery.name)} Do not edit; what the actions beside this file know of the delivery.",
  "delivery": ${JSON.stringify(delivery.name)},
  "workflows": ${JSON.stringify(workflows)},
  "parameters": ${JSON.stringify(parameters)},
${address === undefined ? "" : `  "url": ${JSON.stringify(address)},\n`}  "environments": ${lines(environmentRows(delivery))},
  "pipelines": ${lines(pipelineRows(delivery, artifactNames, parameterPrefix))}
}
`;
}

export function environmentRows(delivery: Delivery): EnvironmentRow[] {
  return inOrder(delivery.environments, ({ after }) => after).map(({ name, branch, after, preview }) => {
    const from = branchesInto(delivery, name)?.map((one) => patternSource(one));
    return {
      name,
      ...(branch === undefined ? {} : { branch: patterns([branch]) }),
      after,
      ...(from && { from }),
      ...(preview && { preview }),
    };
  });
}

/**
 * Branches whose runs may deploy to an environment: its own, else those of everything it comes after. Undefined: the default
 * branch alone, as for one that is reached by hand, and for what comes after such a one.
 */
export function branchesInto(delivery: Delivery, name: string): string[] | undefined {
  const { branch, after } = delivery.environments.find((one) => one.name === name)!;
  if (branch !== undefined) return [branch];
  const before = after.map((one) => branchesInto(delivery, one));
  const known = before.filter((one) => one !== undefined);
  return known.length === 0 || known.length < before.length ? undefined : [...new Set(known.flat())];
}

/** Pipelines after those they need. */
export function pipelineRows(
  delivery: Delivery,
  artifactNames = new ArtifactNames(delivery),
  parameterPrefix?: string,
): PipelineRow[] {
  const known = new Map<Pipeline, Rests>();
  const restsOf = (pipeline: Pipeline): Rests => {
    const rests = known.get(pipeline) ?? new Rests(pipeline, delivery);
    known.set(pipeline, rests);
    return rests;
  };
  const removed = new Set(removing(delivery).map(({ job }) => job));
  return resolveDelivery(delivery).pipelines.map(({ pipeline, handsOver }) => {
    const taken = new Set(handsOver.map(({ name }) => name));
    const { triggers } = pipeline;
    const rests = restsOf(pipeline);
    const product = ({ name, per, job }: { name: string; per: Product["per"]; job: string }): Product => {
      const unless = rests.of(job);
      return {
        name,
        per,
        ...(taken.has(name) && unless !== "always" && { taken: true }),
        ...(unless !== "never" && unless !== "always" && { unless }),
      };
    };
    const outputs = outputsOf(pipeline).map(product);
    const artifacts = artifactsOf(pipeline).map(
      (made): Product => ({ ...product(made), stored: artifactNames.stem(`${pipeline.name}.${made.name}`, made.per) }),
    );
    const empty = rests.ofAll();
    const sources = builtFrom(pipeline);
    const events: EventName[] = ["push", "promotion", "rollback"];
    if (triggers.pullRequests) events.push("pull-request");
    if (triggers.manual) events.push("manual");
    return {
      name: pipeline.name,
      needs: pipeline.needs,
      paths: patterns(triggers.paths),
      branches: patterns(triggers.branches),
      events,
      ...(triggers.schedules.length > 0 && { schedules: triggers.schedules }),
      ...(outputs.length > 0 && { outputs }),
      ...(artifacts.length > 0 && { artifacts }),
      ...(Object.values(pipeline.jobs).some(({ per }) => per === "release") && { builds: true }),
      ...(sources.length > 0 && { builtFrom: sources }),
      ...(empty !== "never" && { empty: empty === "always" ? { all: [] } : empty }),
      jobs: Object.fromEntries(
        Object.keys(pipeline.jobs).map((job) => [
          job,
          jobRow(pipeline, {
            job,
            delivery,
            rests: (owner) => restsOf(owner),
            parameterPrefix,
            removes: removed.has(pipeline.jobs[job]!),
          }),
        ]),
      ),
    };
  });
}

function builtFrom(pipeline: Pipeline): string[] {
  const taken = Object.values(pipeline.jobs)
    .filter(({ per }) => per === "release")
    .flatMap((job) => [...outputsRead(pipeline, job), ...job.uses.map(({ artifact }) => artifact)]);
  const owners = new Set(taken.map((reference) => reference.split(".")[0]!));
  owners.delete(pipeline.name);
  return [...owners];
}

function jobRow(
  pipeline: Pipeline,
  {
    job: name,
    delivery,
    rests,
    parameterPrefix,
    removes,
  }: {
    job: string;
    delivery: Delivery;
    rests: (pipeline: Pipeline) => Rests;
    parameterPrefix: string | undefined;
    removes: boolean;
  },
): JobRow {
  const job = pipeline.jobs[name]!;
  const outputs = promisedOutputs(pipeline, name);
  const takes = outputsRead(pipeline, job).flatMap((output) => {
    const [owner, made] = output.split(".") as [string, string];
    const maker = delivery.pipelines.find((one) => one.name === owner)!;
    const by = maker.outputs[made]!.job;
    // A chain has both kinds of jobs in one file.
    const isChain = parameterPrefix !== undefined;
    const comesFromOutside = owner !== pipeline.name || (!isChain && maker.jobs[by]!.per !== job.per);
    if (rests(maker).of(by) !== "never") return [];
    return [comesFromOutside ? { output, input: outputInput(output) } : { output, job: by }];
  });
  const keeps =
    parameterPrefix === undefined
      ? {}
      : Object.fromEntries(
          Object.keys(outputs).map((output) => [
            output,
            pipeline.outputs[output]!.parameter ?? `${parameterPrefix}/{environment}/${pipeline.name}/${output}`,
          ]),
        );
  return {
    ...(job.deploys && { deploys: true }),
    ...(removes && { removes: true }),
    ...(Object.keys(outputs).length > 0 && { outputs }),
    ...(Object.keys(keeps).length > 0 && { keeps }),
    ...(takes.length > 0 && { takes }),
  };
}

export function patterns(list: readonly string[]): PatternRow[] {
  return list.map((pattern) => ({ is: patternSource(pattern), ...(pattern.startsWith("!") && { not: true }) }));
}

/** Whether it can happen that none of these jobs runs, by their conditions. */
export function mayAllRest(pipeline: Pipeline, delivery: Delivery, names: string[]): boolean {
  return new Rests(pipeline, delivery).ofAll(names) !== "never";
}

type Rest = ConditionRow | "always" | "never";

/** When jobs cannot run whatever changed: from their own conditions, passed on by needs. */
class Rests {
  readonly #pipeline: Pipeline;
  readonly #delivery: Delivery;
  readonly #known = new Map<string, Rest>();

  constructor(pipeline: Pipeline, delivery: Delivery) {
    this.#pipeline = pipeline;
    this.#delivery = delivery;
  }

  of(name: string): Rest {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const job = this.#pipeline.jobs[name]!;
    const own: Rest = job.condition === undefined ? "never" : { not: row(job.condition, this.#delivery, job.per) };
    const needs = job.needs.map((need) => this.of(need));
    let rest: Rest = own;
    if (job.runsAfter === "success") rest = anyOf([own, ...needs]);
    if (job.runsAfter === "failure") rest = anyOf([own, allOf(this.#before(name).map((earlier) => this.of(earlier)))]);
    this.#known.set(name, rest);
    return rest;
  }

  /** Everything before a job, however far. */
  #before(name: string): string[] {
    const before = new Set(this.#pipeline.jobs[name]!.needs);
    for (const earlier of before) for (const further of this.#pipeline.jobs[earlier]!.needs) before.add(further);
    return [...before];
  }

  ofAll(names = Object.keys(this.#pipeline.jobs)): Rest {
    return allOf(names.map((name) => this.of(name)));
  }
}

function anyOf(parts: readonly Rest[]): Rest {
  if (parts.includes("always")) return "always";
  const rows = unique(parts);
  return rows.length === 0 ? "never" : rows.length === 1 ? rows[0]! : { any: rows };
}

function allOf(parts: readonly Rest[]): Rest {
  if (parts.includes("never")) return "never";
  const rows = unique(parts);
  return rows.length === 0 ? "always" : rows.length === 1 ? rows[0]! : { all: rows };
}

function unique(parts: readonly Rest[]): ConditionRow[] {
  const seen = new Map<string, ConditionRow>();
  for (const part of parts) if (typeof part !== "string") seen.set(JSON.stringify(part), part);
  return [...seen.values()];
}

/** What is per release is in no environment, wherever the release goes. */
function row(condition: Condition, delivery: Delivery, per: Job["per"]): ConditionRow {
  const inner = (one: Condition) => row(one, delivery, per);
  if ("environment" in condition && per === "release") return { any: [] };
  if ("all" in condition) return { all: condition.all.map(inner) };
  if ("any" in condition) return { any: condition.any.map(inner) };
  if ("not" in condition) return { not: inner(condition.not) };
  if ("branch" in condition) return { branch: patterns(condition.branch) };
  if ("variable" in condition) {
    const shared = delivery.variables[condition.variable] ?? "";
    const table: Record<string, string> = { "": shared };
    for (const { name, variables } of delivery.environments) {
      table[name] = per === "release" ? shared : (variables[condition.variable] ?? shared);
    }
    return { variable: table, equals: condition.equals };
  }
  return condition;
}
