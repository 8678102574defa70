/** A delivery as the document of what is to exist on AWS. */

import type { Delivery } from "../../../model/delivery.ts";
import { promisedOutputs } from "../../../model/job-values.ts";
import { CannotWrite } from "../../generated.ts";
import { approversOf } from "./approvers.ts";
import { artifactBucket, bucketOf, checksBucket } from "./artifact-bucket.ts";
import { type Checks, checksOf } from "./checks.ts";
import { keyGuests, remoteStacksOf, storeIn } from "./cross-account.ts";
import { encrypted, publishingEncrypted } from "./encryption.ts";
import { existingOf, notesOnExisting, refuseStrangeExisting, withoutExisting } from "./existing.ts";
import { ids } from "./fixed-names.ts";
import { changesResources } from "./functions/changes.ts";
import { refuseStrangeChat } from "./functions/chat.ts";
import { underHouseRules } from "./house-rules.ts";
import type { Infrastructure, ParameterSpec, PipelineResource, Resource, Store } from "./infrastructure.ts";
import { type JobPlace, Register } from "./job-place.ts";
import { jobResourcesOf } from "./job-resources.ts";
import { describing, refuseTooManyValues, refuseTooMuch, refuseTooMuchOfOthers } from "./limits.ts";
import { nativeStack } from "./native.ts";
import { observability } from "./observability.ts";
import type { Settings, WriteOptions } from "./options.ts";
import { pipelineRole, pipelineRoleId } from "./pipeline-role.ts";
import { keptRuns } from "./publish.ts";
import { type ReleaseLine, releaseLinesOf } from "./release-lines.ts";
import { keepBuildspec } from "./separate/keep.ts";
import { refuseSameLines, separateLines } from "./separate/lines.ts";
import { releasesPlan } from "./separate/plan.ts";
import { releaseVariable } from "./separate/program.ts";
import { refuseWhatSetsCannot } from "./separate/refusals.ts";
import { releasesResources } from "./separate/resources.ts";
import { refuseWhatSourceCannot, sourceOf } from "./sources.ts";
import { type LineStages, stagesOf } from "./stages.ts";
import { startsOf } from "./starts.ts";
import { keyParameters, otherRegions, storesOf } from "./stores.ts";
import { encryptionOf, refuseStrangeTargets, targetOf } from "./targets.ts";
import { arnOf, nameOf } from "./text.ts";
import { triggersOf } from "./triggers.ts";

/** @throws {CannotWrite} for what CodePipeline has no means for. */
export function lowerDelivery(delivery: Delivery, options: WriteOptions): Infrastructure {
  refuseStrangeSettings(delivery, options.settings);
  refuseStrangeTargets(delivery, options.settings);
  refuseStrangeExisting(options.settings);
  refuseStrangeChat(options.settings);
  const existing = existingOf(options.settings);
  const register = new Register();
  const lines = pipelinesOf(delivery, options).flatMap((line) => {
    const one = stagesOf(line, { delivery, options, register });
    return one === undefined ? [] : [one];
  });
  if (lines.length === 0) {
    throw new CannotWrite(
      `no job of ${delivery.name} runs in any environment, so there is no pipeline to write`,
      "add a job, or an environment",
    );
  }
  const branches = [...new Set(lines.map(({ line }) => line.branch))];
  refuseWhatSourceCannot(options.settings, { branches });
  const isSeparate = options.layout === "separate";
  if (isSeparate) refuseWhatSetsCannot(lines, { delivery, settings: options.settings });
  const parameters: ParameterSpec[] = [
    ...sourceOf(options.settings).parameters,
    ...(Object.hasOwn(existing, ids.approvals)
      ? []
      : [
          {
            id: "NotificationEmail",
            description: "Who is asked to approve and told how runs end; empty: subscribe to the topic yourself.",
            default: "",
          },
        ]),
  ];
  const checks = checksOf(lines, { delivery, options, register });
  const work = lines.flatMap(({ places }) => places).map((place) => jobResourcesOf(place, register));
  const checking = checks.lines.flatMap(({ places }) => places).map((place) => jobResourcesOf(place, register));
  for (const { policy } of work) if (policy) parameters.push(policy);
  const projects = work.flatMap(({ resources }) =>
    resources.flatMap((one) => (one.kind === "project" ? [one.name] : [])),
  );
  const buildspecs = new Map(
    [...work, ...checking].flatMap(({ buildspec }) => (buildspec ? [[buildspec.path, buildspec] as const] : [])),
  );
  refuseSameArtifacts(lines);
  refuseSameLines([...lines, ...checks.lines].map(({ line }) => line));
  const around = { delivery, options, register, lines, work };
  const { home } = options.settings;
  const remoteStacks = remoteStacksOf(around).map((stack) => ({
    ...stack,
    infrastructure: {
      ...stack.infrastructure,
      resources: underHouseRules(stack.infrastructure.resources, options.settings),
    },
  }));
  if (encryptionOf(options.settings) === "key") {
    parameters.push(...keyParameters([...new Set(lines.flatMap(otherRegions))].sort(), register));
  }
  const resources: Resource[] = [
    home === undefined ? artifactBucket : storeIn(home.region, around),
    ...(checks.lines.length > 0 ? [checksBucket] : []),
    ...[...lines, ...checks.lines].flatMap((line) => {
      const stores = storesOf(line, { delivery: delivery.name, settings: options.settings, register });
      return [
        pipelineRole(line, { register, stores, settings: options.settings }),
        pipelineOf(line, { delivery, options, register, stores }),
      ];
    }),
    ...lines.flatMap((line) => approversOf(line, { register, options })),
    ...startsOf(lines, { register, settings: options.settings }),
    ...changesResources(
      lines.map(({ line }) => line),
      { delivery: delivery.name, options },
    ),
    ...[...work, ...checking].flatMap(({ resources }) => resources),
    ...releasesResources(lines, { delivery: delivery.name, register, options }),
    ...observability({
      delivery: delivery.name,
      settings: options.settings,
      lines,
      checks: checks.lines.map(({ line }) => line.name),
      projects,
    }),
  ];
  refuseTooManyValues(valuesOf(lines.flatMap(({ places }) => places)), delivery.name);
  const whole =
    encryptionOf(options.settings) === "key"
      ? encrypted(resources, {
          delivery: delivery.name,
          guests: home === undefined ? [] : keyGuests(home.region, around),
          settings: options.settings,
        })
      : resources;
  const infrastructure: Infrastructure = {
    delivery: delivery.name,
    description: `Pipelines of ${delivery.name}`,
    parameters,
    resources: underHouseRules(
      publishingEncrypted(withoutExisting(whole, existing), options.settings.existing),
      options.settings,
    ),
    existing,
    home,
    remoteStacks,
    outputs: [
      ...lines.map(({ line }) => ({
        id: register.id(line.name, "pipeline"),
        description: describedLine(line, isSeparate),
        value: [nameOf(register.id(line.name, "pipeline"))],
      })),
      {
        id: "NotificationTopic",
        description: "Subscribe here to hear of approvals and of how runs end",
        value: [arnOf(ids.approvals)],
      },
    ],
    tags: { "baton:delivery": delivery.name, ...options.settings.tags },
    buildspecs: [...buildspecs.values(), ...keepBuildspec(lines, { delivery: delivery.name, options })],
    releases: releasesPlan(lines),
    notes: [
      ...notesOf({ delivery, settings: options.settings, checks }),
      ...notesOnExisting(options.settings, resources),
      ...unquotedOutputs(
        lines.flatMap(({ places }) => places),
        register,
      ),
    ],
  };
  for (const one of [infrastructure, ...remoteStacks.map((stack) => stack.infrastructure)]) refuseTooMuchOfOthers(one);
  return infrastructure;
}

function describedLine({ branch, pipelines, environments, joined }: ReleaseLine, isSeparate: boolean): string {
  if (joined?.does === "deploys") return `What deploys releases of ${joined.set} to ${environments[0]!.name}`;
  return `The pipeline of ${isSeparate ? `${pipelines[0]!.name} on ` : ""}${branch}`;
}

/** How many values of outputs are kept at most: one folder for each output, in each environment or for all releases. */
function valuesOf(places: readonly JobPlace[]): number {
  const folders = new Map<string, number>();
  for (const place of places) {
    for (const output of Object.keys(promisedOutputs(place.pipeline, place.name))) {
      folders.set([place.pipeline.name, output, place.environment?.name].join(" "), keptRuns[place.job.per]);
    }
  }
  return [...folders.values()].reduce((sum, kept) => sum + kept, 0);
}

function pipelinesOf(delivery: Delivery, options: WriteOptions): ReleaseLine[] {
  const lines = releaseLinesOf(delivery);
  return options.layout === "separate" ? separateLines(lines, { delivery, options }) : lines;
}

/** Names may only fall together when hyphens are all that tells them apart. */
function refuseSameArtifacts(lines: readonly LineStages[]): void {
  for (const { stages } of lines) {
    const seen = new Map<string, string>();
    for (const { job, outputs } of stages.flatMap(({ actions }) => actions)) {
      for (const output of outputs) {
        const other = seen.get(output);
        if (other !== undefined)
          throw new CannotWrite(
            `${other} and ${job} would leave artifacts of one name behind, ${output}`,
            "rename one of them",
          );
        seen.set(output, job ?? "the source");
      }
    }
  }
}

/** A misspelt name would silently take a permission or an alarm away. */
function refuseStrangeSettings(delivery: Delivery, { permissions, machines, alarms, startedByImages }: Settings): void {
  const pipelines = delivery.pipelines.map(({ name }) => name);
  const strangePipeline = Object.keys(startedByImages).find((name) => !pipelines.includes(name));
  if (strangePipeline !== undefined) {
    throw new CannotWrite(
      `the settings let images start ${strangePipeline}, and the delivery has no such pipeline`,
      `its pipelines are ${pipelines.join(", ")}`,
    );
  }
  const jobs = new Set(
    delivery.pipelines.flatMap(({ name, jobs }) => Object.keys(jobs).map((job) => `${name}.${job}`)),
  );
  const environments = new Set(delivery.environments.map(({ name }) => name));
  for (const [what, named] of [
    ["give permissions to", permissions],
    ["describe the machine of", machines],
  ] as const) {
    const strangeJob = Object.keys(named).find((name) => !jobs.has(name));
    if (strangeJob === undefined) continue;
    throw new CannotWrite(
      `the settings ${what} ${strangeJob}, and the delivery has no such job`,
      `its jobs are ${[...jobs].join(", ")}`,
    );
  }
  const strange = Object.keys(alarms).find((name) => !environments.has(name));
  if (strange !== undefined) {
    throw new CannotWrite(
      `the settings name alarms of ${strange}, and the delivery has no such environment`,
      `its environments are ${[...environments].join(", ")}`,
    );
  }
}

/** A value with a quote in it would end the action that is given it. */
function unquotedOutputs(places: readonly JobPlace[], register: Register): string[] {
  const names = places.flatMap((place) => {
    if (nativeStack(place, register) === undefined) return [];
    const outputs = Object.keys(promisedOutputs(place.pipeline, place.name));
    return outputs
      .filter((output) => place.pipeline.outputs[output]!.type === "string")
      .map((output) => `${place.pipeline.name}.${output}`);
  });
  if (names.length === 0) return [];
  const which = [...new Set(names)].join(", ");
  return [`CodePipeline puts outputs of stacks into JSON as they are: ${which} may hold no quotes and one line only`];
}

function notesOf({ delivery, settings, checks }: { delivery: Delivery; settings: Settings; checks: Checks }): string[] {
  const unmanual = delivery.pipelines.filter(({ triggers }) => !triggers.manual).map(({ name }) => name);
  const free = Object.entries(delivery.parameters).filter(([, { type }]) => type === "string");
  const unset = Object.entries(delivery.parameters).flatMap(([name, one]) => (one.default === undefined ? [name] : []));
  const watched = Object.keys(settings.alarms).filter((name) => targetOf({ name }, settings) !== undefined);
  const isFiltered = delivery.pipelines.some(({ triggers }) => triggers.paths.length > 0);
  const isDeaf = settings.source.type === "s3" || (settings.source.type === "connection" && settings.source.tags);
  return [
    ...(isDeaf && isFiltered
      ? ["what starts the CodePipelines does not say which files are new: each of them starts, whatever its paths"]
      : []),
    ...(watched.length > 0
      ? [
          `alarms of ${watched.join(", ")} are looked for where the pipelines are, not in the environment's account or region`,
        ]
      : []),
    ...(free.length > 0
      ? [
          `CodePipeline puts parameters into JSON as they are: ${free.map(([name]) => name).join(", ")} may hold no quotes`,
        ]
      : []),
    ...(unset.length > 0
      ? [`a run that a push starts is given no values: ${unset.join(", ")} needs a default for it`]
      : []),
    ...(checks.unchecked.length > 0
      ? [`pull requests start no CodePipeline: check ${checks.unchecked.join(", ")} where they are reviewed`]
      : []),
    ...checks.leftOut.map(({ job, why }) => `pull requests do not run ${job}: ${why}`),
    ...(checks.lines.length > 0
      ? ["a pull request does not show how its checks end: CodePipeline tells those who subscribe to the topic"]
      : []),
    ...(unmanual.length > 0
      ? [`who may start a CodePipeline by hand is up to IAM: ${unmanual.join(", ")} does not want that`]
      : []),
  ];
}

function pipelineOf(
  { line, stages }: LineStages,
  {
    delivery,
    options,
    register,
    stores,
  }: { delivery: Delivery; options: WriteOptions; register: Register; stores: readonly Store[] },
): PipelineResource {
  const isCheck = line.runsFor === "pull requests";
  const { settings } = options;
  const pipeline: PipelineResource = {
    kind: "pipeline",
    id: register.id(line.name, "pipeline"),
    comment: [`${startOf(line, options)}: ${stages.map(({ name }) => name).join(", ")}.`],
    name: line.name,
    role: pipelineRoleId(line, register),
    bucket: bucketOf(line),
    stores,
    // Checks change nothing. For releases of a set what comes next is found by comparing, so of those that wait the newest is enough;
    // elsewhere the settings say whether it is: each run deploys all that its line has.
    executionMode: isCheck ? "PARALLEL" : line.joined || settings.waiting === "newest" ? "SUPERSEDED" : "QUEUED",
    variables: [
      ...Object.entries(delivery.parameters).map(([name, one]) => ({
        name,
        ...(one.default !== undefined && { default: one.default }),
        description: describing(one.description ?? `Parameter ${name}`),
      })),
      ...(line.joined?.does === "deploys"
        ? [{ name: releaseVariable, default: "newest", description: "The number of a release, or newest" }]
        : []),
    ],
    // What deploys is started by the function, and by people.
    triggers: line.joined?.does === "deploys" ? [] : triggersOf(line, options),
    stages,
    branch: line.branch,
  };
  refuseTooMuch(pipeline);
  return pipeline;
}

/** What begins a run of it, in words. */
function startOf({ branch, joined, runsFor }: ReleaseLine, { settings: { source } }: WriteOptions): string {
  if (runsFor === "pull requests") return `Pull requests for ${branch}`;
  if (joined?.does === "deploys") return `Releases of ${branch}, begun by the function and by people`;
  return source.type === "connection" && source.tags ? `Tags ${source.tags.join(", ")}` : `Pushes to ${branch}`;
}
