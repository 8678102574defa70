/** The jobs of one pipeline of a chain: what it takes from those before, its own jobs, and the record of what it deployed. */

import { computed } from "../computed.ts";
import type { JobDocument, StepsJobDocument } from "../document.ts";
import { type JobPlace, writeJob } from "../job.ts";
import { artifactsOf, digestOutput, outputsOf } from "../names.ts";
import { signInToAws } from "../native-steps.ts";
import { parameterExpression } from "../orchestrated/entry.ts";
import { pinnedActions } from "../pinned-actions.ts";
import { chainedRecordScript, keepScript, readScript } from "../scripts/chained-plan.ts";
import type { Link } from "./link.ts";

export function pipelineJobs(link: Link): Record<string, JobDocument> {
  const { pipeline, plan, ids } = link;
  const reading = new Map<string, string>();
  const handed = ids.claim("handed");
  const written = Object.keys(pipeline.jobs).map(
    (name) => [name, writeJob(name, placeOf(link, { name, handed, reading }))] as const,
  );
  const jobs = Object.fromEntries(
    written.map(([name, job]) => [name, reading.size > 0 && usesOf(job, handed) ? withNeed(job, handed) : job]),
  );
  const made = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, keepOutputs(name, job, link)]));
  const record = ids.claim("record");
  return {
    ...(reading.size > 0 && { [handed]: handedJob(link, reading) }),
    ...made,
    [record]: recordJob(link, [plan, ...Object.keys(made)]),
  };
}

const usesOf = (job: StepsJobDocument, handed: string) => JSON.stringify(job).includes(`needs.${handed}.outputs`);

function withNeed(job: StepsJobDocument, need: string): StepsJobDocument {
  return { ...job, needs: [...(job.needs ?? []), need] };
}

function placeOf(
  { delivery, options, pipeline, artifactNames, plan, environment }: Link,
  { name, handed, reading }: { name: string; handed: string; reading: Map<string, string> },
): JobPlace {
  const isRelease = pipeline.jobs[name]!.per === "release";
  const owner = (reference: string) => reference.split(".") as [string, string];
  const runs = `needs.${plan}.outputs.decision == 'run'`;
  return {
    delivery,
    pipeline,
    options,
    artifactNames,
    environment: isRelease ? undefined : { expression: environment, known: undefined },
    commit: `needs.${plan}.outputs.commit`,
    event: `needs.${plan}.outputs.event`,
    idOf: (job) => job,
    parameter: (parameter) => parameterExpression(delivery, parameter),
    output: (reference) => {
      const id = reference.replace(".", "_");
      const [pipelineName, output] = owner(reference);
      reading.set(id, `fromJSON(needs.${plan}.outputs.handed)['${pipelineName}'].outputs['${output}']`);
      return `needs.${handed}.outputs.${id}`;
    },
    artifact: (reference) => {
      const [pipelineName, artifact] = owner(reference);
      const kept = `fromJSON(needs.${plan}.outputs.handed)['${pipelineName}'].artifacts['${artifact}']`;
      return { digest: `${kept}.digest`, run: `${kept}.run` };
    },
    markSuffix: `-${pipeline.name}`,
    first: [plan],
    guard: isRelease ? runs : `${runs} && github.event_name != 'pull_request'`,
  };
}

/** Each parameter is read in the version that the release before published, whatever is newest by now. */
function handedJob(
  { pipeline, plan, options, environment }: Link,
  reading: ReadonlyMap<string, string>,
): StepsJobDocument {
  return {
    kind: "steps",
    name: "Read what was handed over",
    needs: [plan],
    if: `needs.${plan}.outputs.decision == 'run' && github.event_name != 'pull_request'`,
    permissions: { "id-token": "write" },
    runsOn: options.runsOn ?? "ubuntu-24.04",
    environment: computed(environment),
    timeoutMinutes: 10,
    outputs: Object.fromEntries([...reading.keys()].map((id) => [id, computed(`steps.read.outputs.${id}`)])),
    steps: [
      signInToAws(`${pipeline.name}-handed`),
      {
        id: "read",
        name: "Read the outputs from Parameter Store, in the versions of this release",
        env: {
          PARAMETERS: `{${[...reading].map(([id, value]) => `"${id}": "${computed(value)}"`).join(", ")}}`,
        },
        run: readScript,
      },
    ],
  };
}

/** Puts what a job publishes into Parameter Store, under the name of the definition or the prefix of the delivery. */
function keepOutputs(
  name: string,
  job: StepsJobDocument,
  { delivery, options, pipeline, environment }: Link,
): StepsJobDocument {
  const outputs = Object.entries(pipeline.outputs).filter(([, output]) => output.job === name);
  if (outputs.length === 0) return job;
  const prefix = options.parameterPrefix ?? `/${delivery.name}`;
  const parameterOf = (output: string, given: string | undefined) =>
    (given ?? `${prefix}/{environment}/${pipeline.name}/${output}`).replaceAll("{environment}", computed(environment));
  const hasSignedIn = job.steps.some(({ name: step }) => step === "Sign in to AWS");
  const publish = job.steps.findIndex(({ id }) => id === "publish");
  const json = (entries: readonly (readonly [string, string])[]) =>
    `{${entries.map(([key, value]) => `"${key}": ${value}`).join(", ")}}`;
  return {
    ...job,
    permissions: { ...job.permissions, "id-token": "write" },
    environment: computed(environment),
    outputs: {
      ...job.outputs,
      ...Object.fromEntries(
        outputs.map(([output]) => [`${output}_parameter`, computed(`steps.keep.outputs.${output}_parameter`)]),
      ),
    },
    steps: [
      ...job.steps.slice(0, publish + 1),
      ...(hasSignedIn ? [] : [signInToAws(`${pipeline.name}-${name}`)]),
      {
        id: "keep",
        name: "Keep the outputs in Parameter Store",
        env: {
          OUTPUTS: json(outputs.map(([output]) => [output, computed(`toJSON(steps.publish.outputs.${output})`)])),
          NAMES: json(outputs.map(([output, { parameter }]) => [output, `"${parameterOf(output, parameter)}"`])),
        },
        run: keepScript,
      },
      ...job.steps.slice(publish + 1),
    ],
  };
}

function recordJob(
  { pipeline, plan, options, environment, artifactNames }: Link,
  needs: readonly string[],
): StepsJobDocument {
  const place = computed(environment);
  const outputs = outputsOf(pipeline).map(
    ({ name, job }) => `"${name}": "${computed(`needs.${job}.outputs.${name}_parameter`)}"`,
  );
  const artifacts = artifactsOf(pipeline).map(({ name, job, per }) => {
    const stored = artifactNames.of(`${pipeline.name}.${name}`, per === "release" ? undefined : place);
    return `"${name}": {"digest": "${computed(`needs.${job}.outputs.${digestOutput(name)}`)}", "name": "${stored}"}`;
  });
  return {
    kind: "steps",
    comment: ["Also after a failure: what is deployed is written down as it is."],
    name: "Write down what is deployed",
    needs,
    if: `always() && needs.${plan}.result == 'success' && needs.${plan}.outputs.decision == 'run' && github.event_name != 'pull_request'`,
    permissions: {},
    runsOn: options.runsOn ?? "ubuntu-24.04",
    timeoutMinutes: 10,
    steps: [
      {
        name: "Write the record of the release",
        env: {
          PIPELINE: pipeline.name,
          ENVIRONMENT: place,
          COMMIT: computed(`needs.${plan}.outputs.commit`),
          RESULTS: computed("toJSON(needs)"),
          OUTPUTS: `{${outputs.join(", ")}}`,
          ARTIFACTS: `{${artifacts.join(", ")}}`,
        },
        run: chainedRecordScript,
      },
      {
        name: "Keep the record",
        uses: pinnedActions.uploadArtifact,
        with: {
          name: `release-${place}-${pipeline.name}`,
          path: `${computed("runner.temp")}/record`,
          "if-no-files-found": "error",
          overwrite: true,
          "retention-days": 90,
        },
      },
    ],
  };
}
