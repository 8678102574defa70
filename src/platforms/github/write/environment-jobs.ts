/**
 * What happens in one environment, under its lock: decide (and refuse an older commit), run the pipelines in their order,
 * write down what is deployed. Used by the shared workflow of the orchestrated layout and by each orchestrator.
 */

import type { Delivery } from "../../../model/delivery.ts";
import { inOrder } from "../../../order/topological.ts";
import { computed } from "./computed.ts";
import type { CallJobDocument, JobDocument, Permissions } from "./document.ts";
import {
  type ArtifactNames,
  artifactsOf,
  digestInput,
  digestOutput,
  Ids,
  outputInput,
  outputsOf,
  recordName,
  startedName,
} from "./names.ts";
import type { WriteOptions } from "./options.ts";
import { pinnedActions } from "./pinned-actions.ts";
import type { PipelinePart, Want } from "./pipeline-part.ts";
import { environmentPlanScript } from "./scripts/environment-plan.ts";
import { recordScript, settleScript } from "./scripts/record.ts";
import { type PipelineRow, pipelineRows, rowsText } from "./scripts/rows.ts";
import { upstreamToWatch } from "./upstream.ts";

export interface EnvironmentJobsOptions {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  /** Pipelines with jobs in an environment, by name. */
  readonly parts: ReadonlyMap<string, PipelinePart>;
  readonly artifactNames: ArtifactNames;
  /** Text for the environment's name, `${{ }}` included where it is computed. */
  readonly environment: string;
  /** Expressions. */
  readonly given: {
    readonly commit: string;
    readonly event: string;
    readonly branch: string;
    readonly rollbackTo: string;
    readonly force: string;
    readonly schedule: string;
    parameter(name: string): string;
    /** Result of a pipeline's per-release jobs; undefined in layouts that have none. */
    readonly built: ((pipeline: string) => string) | undefined;
    /** An output or digest of the release. */
    readonly release: (input: string) => string;
  };
  /** JSON of what the release hands in, for the record: the `inputs` context or nothing. */
  readonly inputs: string;
  /** Jobs of the file that come first, and the condition under which the plan starts. */
  readonly before?: { readonly needs: readonly string[]; readonly if: string };
  /** The environment that this one comes after, where the file is for it alone: it is asked whether the commit has passed there. */
  readonly after?: string;
  /** Ids of the file that are taken already. */
  readonly taken?: Iterable<string>;
}

export interface EnvironmentJobs {
  readonly jobs: Readonly<Record<string, JobDocument>>;
  readonly plan: string;
  readonly record: string;
  readonly permissions: Permissions;
}

export function environmentJobs(options: EnvironmentJobsOptions): EnvironmentJobs {
  const { delivery, parts, before } = options;
  const ids = new Ids([...delivery.pipelines.map(({ name }) => name), ...(options.taken ?? [])]);
  const plan = ids.claim("plan");
  const record = ids.claim("record");
  const pipelines = inOrder(delivery.pipelines, ({ needs }) => needs);
  const rows = pipelineRows(delivery);
  const calls = pipelines.flatMap(({ name }) => {
    const part = parts.get(name);
    return part === undefined ? [] : [[name, callOf(name, part, { ...options, plan })] as const];
  });
  const writes = { actions: "read", contents: "read" } as const;
  const jobs: Record<string, JobDocument> = {
    [plan]: {
      kind: "steps",
      comment: ["Under the lock: nobody else deploys here until this workflow has ended."],
      name: "Decide what is to be deployed",
      ...(before && { needs: before.needs, if: before.if }),
      permissions: writes,
      runsOn: options.options.runsOn ?? "ubuntu-24.04",
      timeoutMinutes: 15,
      outputs: Object.fromEntries(
        [...pipelines.map(({ name }) => name), "handed", "before", "commit"].map((name) => [
          name,
          computed(`steps.decide.outputs.${name}`),
        ]),
      ),
      steps: [
        {
          name: "Check out all history",
          uses: pinnedActions.checkout,
          with: { ref: computed(options.given.commit), "fetch-depth": 0, "persist-credentials": false },
        },
        {
          id: "decide",
          name: "Compare with what is deployed",
          env: {
            ...planEnv(options, rows),
            ...(options.after !== undefined && { UPSTREAM_RUN: computed("github.event.workflow_run.id") }),
          },
          run: environmentPlanScript({
            handsOverArtifacts: rows.some(takesArtifacts),
            ...(options.after !== undefined && { after: options.after }),
          }),
        },
        {
          name: "Leave a mark that this run has begun to deploy",
          uses: pinnedActions.uploadArtifact,
          with: {
            name: startedName(options.environment),
            path: `${computed("runner.temp")}/started`,
            overwrite: true,
            "retention-days": 90,
          },
        },
      ],
    },
    ...Object.fromEntries(calls),
    [record]: recordJob({ ...options, plan, rows, calls: calls.map(([name]) => name) }),
  };
  return { jobs, plan, record, permissions: writes };
}

const takesArtifacts = ({ artifacts = [] }: PipelineRow) => artifacts.some(({ taken }) => taken);

function planEnv(
  { delivery, environment, given }: EnvironmentJobsOptions,
  rows: readonly PipelineRow[],
): Record<string, string> {
  const builders = rows.filter(({ builds }) => builds).map(({ name }) => name);
  const built =
    given.built === undefined || builders.length === 0
      ? "{}"
      : `{${builders.map((name) => `"${name}": "\${{ ${given.built!(name)} }}"`).join(", ")}}`;
  const parameters = Object.keys(delivery.parameters);
  return {
    GH_TOKEN: computed("github.token"),
    ENVIRONMENT: environment,
    COMMIT: computed(given.commit),
    EVENT: computed(given.event),
    BRANCH: computed(given.branch),
    COMPARED_WITH: "",
    SCHEDULE: computed(given.schedule),
    FORCE: computed(given.force),
    ROLLBACK_TO: computed(given.rollbackTo),
    BUILT: built,
    PARAMETERS:
      parameters.length === 0
        ? "{}"
        : `{${parameters.map((name) => `"${name}": \${{ toJSON(${given.parameter(name)}) }}`).join(", ")}}`,
    PIPELINES: rowsText(rows),
  };
}

function callOf(name: string, part: PipelinePart, options: EnvironmentJobsOptions & { plan: string }): CallJobDocument {
  const { delivery, given, plan } = options;
  const pipeline = delivery.pipelines.find((one) => one.name === name)!;
  const upstream = upstreamToWatch(delivery, name);
  const watched = upstream.filter((need) => options.parts.has(need));
  const builds = Object.values(pipeline.jobs).some(({ per }) => per === "release");
  const conditions = [
    "!cancelled()",
    `needs.${plan}.outputs.${name} == 'run'`,
    ...(builds && given.built !== undefined
      ? [`(${given.built(name)} == 'success' || ${given.rollbackTo} != '')`]
      : []),
    // Those that only run once for a release.
    ...upstream
      .filter((need) => !options.parts.has(need) && given.built !== undefined)
      .map((need) => `(${given.built!(need)} == 'success' || needs.${plan}.outputs.${need} != 'run')`),
    ...watched.map((need) => `(needs.${need}.result == 'success' || needs.${plan}.outputs.${need} != 'run')`),
  ];
  const withs = [...part.wants].map(([input, what]): [string, string] => [input, wanted(what, options)]);
  return {
    kind: "call",
    name,
    needs: [plan, ...watched, ...makers(part, options).filter((maker) => !watched.includes(maker))],
    if: conditions.join(" && "),
    permissions: part.permissions,
    uses: part.document.file,
    with: Object.fromEntries(withs),
    secrets: part.secrets,
  };
}

/** Pipelines whose outputs in the environment the call reads. */
function makers(part: PipelinePart, { delivery, parts }: EnvironmentJobsOptions): string[] {
  const own = [...part.wants.values()].flatMap((what) => {
    if (!("reference" in what)) return [];
    const [owner, name] = what.reference.split(".") as [string, string];
    const pipeline = delivery.pipelines.find((one) => one.name === owner)!;
    const isPlaced = [...outputsOf(pipeline), ...artifactsOf(pipeline)].some(
      (made) => made.name === name && made.per === "environment",
    );
    return isPlaced && parts.has(owner) ? [owner] : [];
  });
  return [...new Set(own)];
}

function wanted(what: Want, options: EnvironmentJobsOptions & { plan: string }): string {
  const { given, plan } = options;
  switch (what.kind) {
    case "environment":
      return options.environment;
    case "commit":
      return computed(`needs.${plan}.outputs.commit`);
    case "event":
      return computed(given.event);
    case "parameter":
      return computed(given.parameter(what.name));
    default:
      return computed(handedOver(what, options));
  }
}

/** From what stands in for a run, where something does; else from this run. A value is never looked for elsewhere. */
function handedOver(
  what: Extract<Want, { reference: string }>,
  { delivery, given, plan }: EnvironmentJobsOptions & { plan: string },
): string {
  const [owner, name] = what.reference.split(".") as [string, string];
  const pipeline = delivery.pipelines.find((one) => one.name === owner)!;
  const handed = `fromJSON(needs.${plan}.outputs.handed)['${owner}']`;
  if (what.kind === "output") {
    const { job, per } = outputsOf(pipeline).find((output) => output.name === name)!;
    const made = per === "release" ? given.release(outputInput(what.reference)) : `needs.${owner}.outputs.${name}`;
    const isConditional = pipeline.jobs[job]!.condition !== undefined;
    const before = isConditional ? ` || fromJSON(needs.${plan}.outputs.before)['${owner}'].outputs['${name}']` : "";
    return `${handed}.outputs['${name}'] || ${made}${before}`;
  }
  const { per } = artifactsOf(pipeline).find((artifact) => artifact.name === name)!;
  if (what.kind === "run") return `${handed}.artifacts['${name}'].run || github.run_id`;
  const made =
    per === "release" ? given.release(digestInput(what.reference)) : `needs.${owner}.outputs.${digestOutput(name)}`;
  return `${handed}.artifacts['${name}'].digest || ${made}`;
}

function recordJob(
  options: EnvironmentJobsOptions & { plan: string; rows: readonly PipelineRow[]; calls: readonly string[] },
): JobDocument {
  const { plan, rows, calls, environment, artifactNames } = options;
  const products = rows.flatMap(({ name, outputs, artifacts }) =>
    calls.includes(name)
      ? [
          {
            name,
            job: name,
            ...(outputs && { outputs: outputs.map((one) => ({ name: one.name, per: one.per })) }),
            ...(artifacts && {
              artifacts: artifacts.map((one) => ({
                name: one.name,
                per: one.per,
                stored: artifactNames.of(`${name}.${one.name}`, one.per === "release" ? undefined : "ENVIRONMENT_NAME"),
              })),
            }),
          },
        ]
      : [],
  );
  const env = {
    ENVIRONMENT: environment,
    PLAN: computed(`toJSON(needs.${plan}.outputs)`),
    RESULTS: computed("toJSON(needs)"),
    PIPELINES: rowsText(products).replaceAll("ENVIRONMENT_NAME", environment),
  };
  return {
    kind: "steps",
    comment: ["Also after a failure: what is deployed is written down as it is."],
    name: "Write down what is deployed",
    needs: [plan, ...calls],
    if: `always() && needs.${plan}.result == 'success'`,
    permissions: {},
    runsOn: options.options.runsOn ?? "ubuntu-24.04",
    timeoutMinutes: 10,
    steps: [
      {
        name: "Write the record of the release",
        env: { ...env, INPUTS: options.inputs },
        run: recordScript,
      },
      {
        name: "Keep the record",
        uses: pinnedActions.uploadArtifact,
        with: {
          name: recordName(environment),
          path: `${computed("runner.temp")}/record`,
          "if-no-files-found": "error",
          overwrite: true,
          "retention-days": 90,
        },
      },
      { name: "Fail unless everything that was to run ended well", env, run: settleScript },
    ],
  };
}
