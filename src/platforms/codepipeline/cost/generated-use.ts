/** What the pipelines of a document would use, whatever its layout and format. */

import { noticesId } from "../write/functions/notices.ts";
import type {
  Action,
  Dashboard,
  Infrastructure,
  PipelineResource,
  Project,
  Resource,
} from "../write/infrastructure.ts";
import { keptId } from "../write/separate/handed.ts";
import { lineName } from "../write/separate/lines.ts";
import { releasesId } from "../write/separate/stages.ts";
import { isReference } from "../write/text.ts";
import { measured, minutesOf } from "./minutes.ts";
import type { MonthlyUse, UsedAction, UsedPipeline, UsedThing } from "./monthly-use.ts";
import { machinePrice } from "./prices.ts";
import { type CostSettings, runsOf } from "./settings.ts";

/** Old versions stay for so long after an artifact has expired: the buckets of all formats say so. */
const oldVersionDays = 30;
/** What a function takes for one call, generously: it looks at runs and reads some records. */
const callSeconds = 10;
/** Of a function that looks every ten minutes. */
const looksPerMonth = 6 * 24 * 30;

export interface Known {
  readonly settings: CostSettings;
  /** Milliseconds that jobs usually take, by the name under which they ran here. */
  readonly usual: ReadonlyMap<string, number>;
}

export function useOfDocument({ delivery, resources, remoteStacks }: Infrastructure, known: Known): MonthlyUse {
  const pipelines: UsedPipeline[] = [];
  const secrets = new Set<string>();
  let secretReads = 0;
  let parameterReads = 0;
  for (const pipeline of resources) {
    if (pipeline.kind !== "pipeline") continue;
    const used = usedPipeline(pipeline, { delivery, resources }, known);
    pipelines.push(used);
    for (const action of pipeline.stages.flatMap(({ actions }) => actions)) {
      const named = secretsOf(projectOf(action, resources));
      for (const secret of named) secrets.add(secret);
      secretReads += named.length * used.runs;
      parameterReads += handedOver(action) * used.runs;
    }
  }
  const calls = resources.reduce((sum, one) => {
    if (one.kind !== "pipeline") return sum;
    const each = one.stages.flatMap(({ actions }) => actions).filter(({ category }) => category === "Invoke").length;
    return sum + each * runsOf(one.name, known.settings);
  }, 0);
  // What stands elsewhere is used by the same runs; only what is paid for being there comes on top.
  const kept = remoteStacks.flatMap(({ infrastructure }) =>
    infrastructure.resources.filter(({ kind }) => kind === "key"),
  );
  const things = [...resources, ...kept].flatMap((one) => thingsOf(one, { pipelines, calls }));
  if (secrets.size > 0) things.push(...secretThings(secrets.size, secretReads));
  if (parameterReads > 0) {
    const because = "outputs are standard parameters, which cost nothing";
    things.push({ price: "parameters.standard", item: "handed-over outputs", quantity: parameterReads, because });
  }
  const unpriced = resources.flatMap((one) =>
    one.kind === "project" && priceOf(one) === undefined
      ? [`builds on ${one.machine.compute} of ${one.machine.type}, for which no price is kept here`]
      : [],
  );
  return { pipelines, things, unpriced: [...new Set(unpriced)] };
}

function usedPipeline(
  pipeline: PipelineResource,
  { delivery, resources }: { delivery: string; resources: readonly Resource[] },
  known: Known,
): UsedPipeline {
  const runs = runsOf(pipeline.name, known.settings);
  const bucket = resources.find(({ id }) => id === pipeline.bucket);
  const actions = pipeline.stages.flatMap((stage) =>
    stage.actions.map((action): UsedAction => {
      const names = [
        ...(action.job === undefined ? [] : [`${action.job}@${stage.name}`, action.job]),
        `${pipeline.name}/${action.name}`,
      ];
      const measuredMs = action.job && measured({ job: action.job, environment: stage.name }, known.usual);
      return {
        names,
        ...(action.category === "Approval"
          ? { minutes: 0, basis: "free" }
          : shared(
              minutesOf({ names, provider: action.provider, measuredMs: measuredMs || undefined }, known.settings),
              builtBy(action, { pipeline, delivery, resources }),
            )),
        build: action.provider === "CodeBuild" ? { machine: priceOf(projectOf(action, resources)) } : undefined,
        inputs: action.inputs.length,
        outputs: action.outputs.length,
      };
    }),
  );
  /** A job goes with what its pipeline has built; in every other run its build ends within a minute. */
  function shared<T extends { readonly minutes: number }>(work: T, building: string | undefined): T {
    if (building === undefined || runs === 0) return work;
    const share = Math.min(1, runsOf(building, known.settings) / runs);
    return { ...work, minutes: Math.ceil(share * work.minutes + (1 - share)) };
  }
  return {
    name: pipeline.name,
    type: "V2",
    runs,
    actions,
    keptDays: bucket?.kind === "bucket" ? (bucket.expireDays ?? 0) + oldVersionDays : 0,
  };
}

/** The CodePipeline that builds what a job of a deploying one deploys. */
function builtBy(
  { job }: Action,
  { pipeline, delivery, resources }: { pipeline: PipelineResource; delivery: string; resources: readonly Resource[] },
): string | undefined {
  if (job === undefined) return undefined;
  const name = lineName(delivery, job.split(".")[0]!, pipeline.branch);
  const isThere = name !== pipeline.name && resources.some((one) => one.kind === "pipeline" && one.name === name);
  return isThere ? name : undefined;
}

/** Counted one by one, so that a new kind of resource has to say what it costs. */
function thingsOf(
  resource: Resource,
  { pipelines, calls }: { pipelines: readonly UsedPipeline[]; calls: number },
): UsedThing[] {
  const runs = pipelines.reduce((sum, one) => sum + one.runs, 0);
  switch (resource.kind) {
    case "alarm":
      return [{ price: "cloudwatch.alarm", item: "alarms", quantity: 1, because: "one metric each" }];
    case "dashboard":
      return [dashboard(resource)];
    case "topic": {
      // What channels are told goes over HTTPS to a service of AWS, which is free.
      if (resource.emailParameter === undefined) return [];
      const because = "one for each run and each approval, to one address";
      return [{ price: "sns.email", item: "e-mails", quantity: emails(pipelines), because }];
    }
    case "rule":
    case "schedule":
      return [
        { price: "eventbridge.event", item: "events", quantity: runs, because: "events of AWS services are free" },
      ];
    case "function": {
      const isCalled = resource.id === releasesId;
      // It is also told of every run's end.
      const quantity = isCalled ? calls + runs + looksPerMonth : runs;
      const because = `${resource.name}, ${isCalled ? "called by the pipelines and every ten minutes" : resource.id === noticesId ? "once for each run" : "as if every run failed once"}`;
      const gigabytes = resource.memoryMb / 1024;
      return [
        { price: "lambda.request", item: "calls", quantity, because },
        { price: "lambda.compute", item: "compute", quantity: quantity * callSeconds * gigabytes, because },
      ];
    }
    case "key":
      return [{ price: "kms.key", item: "keys", quantity: 1, because: "of the team's own, for all that is kept" }];
    case "bucket": {
      // Its objects are small records, and what builds have left once more.
      if (resource.id === keptId) return [];
      const requests = pipelines.reduce(
        (sum, one) => sum + one.runs * one.actions.reduce((each, { inputs, outputs }) => each + inputs + outputs, 0),
        0,
      );
      const whose = resource.key === undefined ? "the key that S3 keeps for the account" : "the team's own key";
      const because = `one for each artifact read or written, with ${whose}`;
      return [{ price: "kms.request", item: "requests", quantity: requests, because }];
    }
    // Storage, requests and logs follow from the runs; permissions are free.
    case "logs":
    case "project":
    case "pipeline":
    case "role":
    case "policy":
    case "chat":
      return [];
    default:
      return resource satisfies never;
  }
}

/** Source: the price page. What refers to more metrics is not among those that are free. */
const metricsOfFreeDashboard = 50;

function dashboard({ widgets }: Dashboard): UsedThing {
  const metrics = widgets.reduce((sum, widget) => sum + widget.metrics.length, 0);
  const isLarge = metrics > metricsOfFreeDashboard;
  const price = isLarge ? "cloudwatch.large-dashboard" : "cloudwatch.dashboard";
  const because = isLarge ? `${metrics} metrics, and only those with up to 50 can be free` : "up to 50 metrics";
  return { price, item: "dashboards", quantity: 1, because };
}

function emails(pipelines: readonly UsedPipeline[]): number {
  const approvals = (one: UsedPipeline) => one.actions.filter(({ basis }) => basis === "free").length;
  return pipelines.reduce((sum, one) => sum + one.runs * (1 + approvals(one)), 0);
}

function projectOf(action: Action, resources: readonly Resource[]): Project | undefined {
  const named = action.configuration.ProjectName;
  const [reference] = Array.isArray(named) ? named : [];
  if (!isReference(reference) || !("of" in reference)) return undefined;
  const found = resources.find(({ id }) => id === reference.of);
  return found?.kind === "project" ? found : undefined;
}

/** Undefined where none is kept for its machine. */
const priceOf = (project: Project | undefined) =>
  project && machinePrice(project.machine.type, project.machine.compute);

const secretsOf = (project: Project | undefined): string[] =>
  (project?.variables ?? []).flatMap(({ type, value }) =>
    type === "SECRETS_MANAGER" && typeof value === "string" ? [value] : [],
  );

/** Outputs that an action reads from Parameter Store. */
function handedOver({ configuration }: Action): number {
  const { EnvironmentVariables: variables } = configuration;
  return typeof variables === "string" ? variables.split('"PARAMETER_STORE"').length - 1 : 0;
}

export function secretThings(count: number, reads: number): UsedThing[] {
  return [
    { price: "secrets.secret", item: "secrets", quantity: count, because: "those that builds are given" },
    { price: "secrets.read", item: "reads", quantity: reads, because: "once for each build and secret" },
  ];
}
