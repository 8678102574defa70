/**
 * What happens in one environment, under its lock: decide (and refuse an older commit), run the pipelines in their order,
 * write down what is deployed. Used by the shared workflow of the orchestrated layout and by each orchestrator.
 */

import type { Delivery } from "../../../model/delivery.ts";
import { previewOf } from "../../../model/previews.ts";
import { inOrder } from "../../../order/topological.ts";
import { localAction } from "./actions.ts";
import { historyCheckout, programCheckout } from "./checkouts.ts";
import { computed } from "./computed.ts";
import { pipelineRows } from "./delivery-data.ts";
import { shownAddress } from "./deployments.ts";
import type { CallJobDocument, JobDocument, StepsJobDocument } from "./document.ts";
import { member } from "./expressions.ts";
import { usualMachine } from "./machine.ts";
import { artifactsOf, digestInput, digestOutput, Ids, outputInput, outputsOf, resultInput } from "./names.ts";
import type { WriteOptions } from "./options.ts";
import type { PipelinePart, Want } from "./pipeline-part.ts";
import { upstreamToWatch } from "./upstream.ts";

interface EnvironmentJobsOptions {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  /** By the name of the pipeline. */
  readonly parts: ReadonlyMap<string, PipelinePart>;
  /** Text for the environment's name, `${{ }}` included where it is computed. */
  readonly environment: string;
}

export function environmentJobs(options: EnvironmentJobsOptions): Record<string, JobDocument> {
  const { delivery, environment, parts } = options;
  const ids = new Ids(delivery.pipelines.map(({ name }) => name));
  const plan = ids.claim("plan");
  const record = ids.claim("record");
  const pipelines = inOrder(delivery.pipelines, ({ needs }) => needs);
  const placed = pipelines.filter(({ name }) => parts.get(name)?.environment !== undefined);
  // What the release hands in: how its jobs ended, and what they made.
  const isHandedIn = pipelines.some(({ name }) => parts.get(name)?.release !== undefined);
  const release = isHandedIn ? { release: computed("toJSON(inputs)") } : {};
  const conditional = pipelineRows(delivery).some(({ outputs = [] }) =>
    outputs.some(({ taken, unless }) => taken && unless),
  );
  const preview = previewOf(delivery);
  const address = shownAddress(delivery, options.options);
  const runsOn = usualMachine(options.options);
  const jobs: Record<string, JobDocument> = {
    [plan]: {
      kind: "steps",
      comment: ["Under the lock: nobody else deploys here until this workflow has ended."],
      name: "Decide what is to be deployed",
      permissions: { actions: "read", contents: "read", ...(preview && { "pull-requests": "read" }) },
      runsOn,
      timeoutMinutes: 30,
      outputs: Object.fromEntries(
        [
          ...pipelines.map(({ name }) => `decision_${name}`),
          ...planFacts,
          "handed",
          ...(preview ? ["begins"] : []),
          ...(conditional ? ["before"] : []),
        ].map((name) => [name, computed(`steps.plan.outputs.${name}`)]),
      ),
      steps: [
        historyCheckout(),
        {
          id: "plan",
          uses: localAction(delivery, "plan"),
          with: { environment, ...release },
        },
      ],
    },
    ...Object.fromEntries(placed.map(({ name }) => [name, callOf(name, { ...options, plan })])),
    [record]: {
      kind: "steps",
      comment: ["Also after a failure: what is deployed is written down as it is. On GitHub this is the deployment."],
      name: "Write down what is deployed",
      needs: [plan, ...placed.map(({ name }) => name)],
      // What is not wanted any more, of a pull request that is closed or has a newer commit, has not begun.
      if: `always() && needs.${plan}.${preview ? "outputs.begins != ''" : "result == 'success'"}`,
      permissions: { contents: "read" },
      runsOn,
      environment: { name: environment, ...(address && { url: computed("steps.record.outputs.url") }) },
      timeoutMinutes: 15,
      steps: [
        programCheckout(),
        {
          ...(address && { id: "record" }),
          uses: localAction(delivery, "record"),
          with: {
            environment,
            needs: computed("toJSON(needs)"),
            ...release,
          },
        },
      ],
    },
  };
  return withReadOutputs(jobs, plan);
}

/** Outputs of every planning job: what a run is about, whatever event started it. */
export const planFacts = ["commit", "event", "branch", "parameters"] as const;

/** The planning job hands on what somebody in its workflow reads, and nothing else. */
export function withReadOutputs(
  jobs: Readonly<Record<string, JobDocument>>,
  plan: string,
): Record<string, JobDocument> {
  const planning = jobs[plan] as StepsJobDocument;
  const { [plan]: _plan, ...others } = jobs;
  const text = JSON.stringify(others);
  const isRead = (name: string) => new RegExp(`needs\\.${plan}\\.outputs\\.${name}(?![\\w-])`).test(text);
  const outputs = Object.fromEntries(Object.entries(planning.outputs ?? {}).filter(([name]) => isRead(name)));
  return { ...jobs, [plan]: { ...planning, outputs } };
}

interface CallOptions extends EnvironmentJobsOptions {
  /** Id of the planning job. */
  readonly plan: string;
}

function callOf(name: string, options: CallOptions): CallJobDocument {
  const { delivery, parts, plan } = options;
  const part = parts.get(name)!;
  const { wants, secrets } = part.environment!;
  const upstream = upstreamToWatch(delivery, name);
  const watched = upstream.filter((need) => parts.get(need)?.environment !== undefined);
  const passed = (pipeline: string) => `inputs.${resultInput(pipeline)} == 'success'`;
  const conditions = [
    "!cancelled()",
    `needs.${plan}.outputs.decision_${name} == 'run'`,
    ...(part.release === undefined ? [] : [`(${passed(name)} || needs.${plan}.outputs.event == 'rollback')`]),
    // Those that only run once for a release.
    ...upstream
      .filter((need) => !watched.includes(need) && parts.get(need)?.release !== undefined)
      .map((need) => `(${passed(need)} || needs.${plan}.outputs.decision_${need} != 'run')`),
    ...watched.map((need) => `(needs.${need}.result == 'success' || needs.${plan}.outputs.decision_${need} != 'run')`),
  ];
  return {
    kind: "call",
    needs: [plan, ...watched, ...makers(wants, options).filter((maker) => !watched.includes(maker))],
    if: conditions.join(" && "),
    permissions: part.permissions,
    uses: part.document.file,
    with: Object.fromEntries([...wants].map(([input, what]) => [input, wanted(what, options)])),
    secrets,
  };
}

/** Pipelines whose outputs in the environment the call reads. */
function makers(wants: ReadonlyMap<string, Want>, { delivery, parts }: EnvironmentJobsOptions): string[] {
  const own = [...wants.values()].flatMap((what) => {
    if (!("reference" in what)) return [];
    const [owner, name] = what.reference.split(".") as [string, string];
    const pipeline = delivery.pipelines.find((one) => one.name === owner)!;
    const isPlaced = [...outputsOf(pipeline), ...artifactsOf(pipeline)].some(
      (made) => made.name === name && made.per === "environment",
    );
    return isPlaced && parts.get(owner)?.environment !== undefined ? [owner] : [];
  });
  return [...new Set(own)];
}

function wanted(what: Want, options: CallOptions): string {
  if (what.kind === "environment") return options.environment;
  if (what.kind === "pipeline") return what.name;
  return computed("reference" in what ? handedOver(what, options) : planned(what, options.plan));
}

/** What a planning job has said. */
export function planned(
  what: Exclude<Want, { reference: string } | { kind: "environment" | "pipeline" }>,
  plan: string,
): string {
  if (what.kind !== "parameter") return `needs.${plan}.outputs.${what.kind}`;
  return `fromJSON(needs.${plan}.outputs.parameters)${member(what.name)}`;
}

/** From what stands in for a run, where something does; else from this run. A value is never looked for elsewhere. */
function handedOver(what: Extract<Want, { reference: string }>, { delivery, plan }: CallOptions): string {
  const [owner, name] = what.reference.split(".") as [string, string];
  const pipeline = delivery.pipelines.find((one) => one.name === owner)!;
  const handed = `fromJSON(needs.${plan}.outputs.handed)${member(owner)}`;
  if (what.kind === "output") {
    const { job, per } = outputsOf(pipeline).find((output) => output.name === name)!;
    const made = per === "release" ? `inputs.${outputInput(what.reference)}` : `needs.${owner}.outputs.${name}`;
    const isConditional = pipeline.jobs[job]!.condition !== undefined;
    const before = isConditional
      ? ` || fromJSON(needs.${plan}.outputs.before || '{}')${member(owner)}.outputs${member(name)}`
      : "";
    return `${handed}.outputs${member(name)} || ${made}${before}`;
  }
  const { per } = artifactsOf(pipeline).find((artifact) => artifact.name === name)!;
  if (what.kind === "run") return `${handed}.artifacts${member(name)}.run || github.run_id`;
  const made =
    per === "release" ? `inputs.${digestInput(what.reference)}` : `needs.${owner}.outputs.${digestOutput(name)}`;
  return `${handed}.artifacts${member(name)}.digest || ${made}`;
}

/** What the release hands in to whoever deploys it: input to output of the pipeline's per-release call. */
export function handedIn(delivery: Delivery): Map<string, { pipeline: string; output: string }> {
  const inputs = new Map<string, { pipeline: string; output: string }>();
  for (const pipeline of delivery.pipelines) {
    for (const { name, per } of outputsOf(pipeline)) {
      if (per === "release")
        inputs.set(outputInput(`${pipeline.name}.${name}`), { pipeline: pipeline.name, output: name });
    }
    for (const { name, per } of artifactsOf(pipeline)) {
      if (per !== "release") continue;
      inputs.set(digestInput(`${pipeline.name}.${name}`), { pipeline: pipeline.name, output: digestOutput(name) });
    }
  }
  return inputs;
}
