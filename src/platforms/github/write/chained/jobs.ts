/** The jobs of one pipeline of a chain: what it takes from those before, its own jobs, and the record of what it deployed. */

import { localAction } from "../actions.ts";
import { programCheckout } from "../checkouts.ts";
import { mayDeploy, rightsGuards, signIn } from "../clouds.ts";
import { newestOfPull } from "../common-jobs.ts";
import { computed } from "../computed.ts";
import { admittedTo, shownAddress } from "../deployments.ts";
import type { JobDocument, StepsJobDocument } from "../document.ts";
import { planned } from "../environment-jobs.ts";
import { member } from "../expressions.ts";
import { type JobPlace, writeJob } from "../job.ts";
import { usualMachine } from "../machine.ts";
import { outputInput } from "../names.ts";
import type { Link } from "./link.ts";

export function pipelineJobs(link: Link): Record<string, JobDocument> {
  const { pipeline, plan, ids } = link;
  const reading = new Set<string>();
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
    ...Object.fromEntries(
      link.next.map((next) => [
        ids.claim(`start-${next.name}`),
        startJob(link, { next: next.name, record, all: [plan, ...Object.keys(made), record] }),
      ]),
    ),
  };
}

const usesOf = (job: StepsJobDocument, handed: string) => JSON.stringify(job).includes(`needs.${handed}.outputs`);

function withNeed(job: StepsJobDocument, need: string): StepsJobDocument {
  return { ...job, needs: [...(job.needs ?? []), need] };
}

function placeOf(
  { delivery, options, pipeline, artifactNames, plan, environment }: Link,
  { name, handed, reading }: { name: string; handed: string; reading: Set<string> },
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
    branch: `needs.${plan}.outputs.branch`,
    given: `toJSON(needs.${handed}.outputs)`,
    signer: (owner) => `.github/workflows/${owner}.yml`,
    idOf: (job) => job,
    parameter: (parameter) => planned({ kind: "parameter", name: parameter }, plan),
    output: (reference) => {
      reading.add(reference);
      return `needs.${handed}.outputs.${outputInput(reference)}`;
    },
    artifact: (reference) => {
      const [pipelineName, artifact] = owner(reference);
      const kept = `fromJSON(needs.${plan}.outputs.handed)${member(pipelineName)}.artifacts${member(artifact)}`;
      return { digest: `${kept}.digest`, run: `${kept}.run` };
    },
    // The run itself has the lock of its environment, which cancels nothing.
    ...(isRelease &&
      pipeline.triggers.pullRequests && { concurrency: newestOfPull(delivery, `${pipeline.name}.${name}`) }),
    first: [plan],
    guard: [runs, ...(isRelease ? rightsGuards(pipeline, pipeline.jobs[name]!) : [mayDeploy])].join(" && "),
  };
}

/** Each parameter is read in the version that the release before published, whatever is newest by now. */
function handedJob(
  { delivery, pipeline, plan, options, environment }: Link,
  reading: ReadonlySet<string>,
): StepsJobDocument {
  return {
    kind: "steps",
    name: "Read what was handed over",
    needs: [plan],
    if: `needs.${plan}.outputs.decision == 'run' && ${mayDeploy}`,
    permissions: { contents: "read", "id-token": "write" },
    runsOn: usualMachine(options),
    environment: admittedTo(computed(environment), options),
    timeoutMinutes: 10,
    outputs: Object.fromEntries(
      [...reading].map(outputInput).map((name) => [name, computed(`steps.read.outputs.${name}`)]),
    ),
    steps: [
      programCheckout(),
      signIn("aws", `${pipeline.name}-handed`),
      {
        id: "read",
        name: "Read the outputs from Parameter Store, in the versions of this release",
        uses: localAction(delivery, "read"),
        with: { outputs: [...reading].join(" "), handed: computed(`needs.${plan}.outputs.handed`) },
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
  const hasSignedIn = job.steps.some(({ name: step }) => step === "Sign in to AWS");
  const publish = job.steps.findIndex(({ id }) => id === "publish");
  // Of a pull request it has no environment to keep them for.
  const only = pipeline.jobs[name]!.per === "release" ? { if: mayDeploy } : {};
  return {
    ...job,
    permissions: { ...job.permissions, "id-token": "write" },
    environment: admittedTo(computed(environment), options),
    outputs: {
      ...job.outputs,
      ...Object.fromEntries(
        outputs.map(([output]) => [`${output}_parameter`, computed(`steps.keep.outputs.${output}_parameter`)]),
      ),
    },
    steps: [
      ...job.steps.slice(0, publish + 1),
      ...(hasSignedIn ? [] : [{ ...signIn("aws", `${pipeline.name}-${name}`), ...only }]),
      {
        id: "keep",
        name: "Keep the outputs in Parameter Store",
        ...only,
        uses: localAction(delivery, "keep"),
        with: {
          job: `${pipeline.name}.${name}`,
          environment: computed(environment),
          outputs: computed("toJSON(steps.publish.outputs)"),
        },
      },
      ...job.steps.slice(publish + 1),
    ],
  };
}

function recordJob(
  { delivery, pipeline, plan, options, environment }: Link,
  needs: readonly string[],
): StepsJobDocument {
  const [owner, output] = shownAddress(delivery, options)?.split(".") ?? [];
  return {
    kind: "steps",
    comment: ["Also after a failure: what is deployed is written down as it is. On GitHub this is the deployment."],
    name: "Write down what is deployed",
    needs,
    if: `always() && needs.${plan}.result == 'success' && needs.${plan}.outputs.decision == 'run' && ${mayDeploy}`,
    permissions: { contents: "read" },
    runsOn: usualMachine(options),
    environment: {
      name: computed(environment),
      ...(owner === pipeline.name && { url: computed(`needs.${pipeline.outputs[output!]!.job}.outputs.${output}`) }),
    },
    timeoutMinutes: 15,
    steps: [
      programCheckout(),
      {
        uses: localAction(delivery, "record"),
        with: { environment: computed(environment), pipeline: pipeline.name, needs: computed("toJSON(needs)") },
      },
    ],
  };
}

/** On the branch of this run, so that rules for branches, conditions and the definition are those of the branch. */
function startJob(
  { delivery, plan, options }: Link,
  { next, record, all }: { next: string; record: string; all: readonly string[] },
): StepsJobDocument {
  const parameters = Object.keys(delivery.parameters).map((name, index) => ({
    name,
    variable: `PARAMETER_${index + 1}`,
  }));
  const given = parameters.map(({ name, variable }) => ` -f ${name}="$${variable}"`).join("");
  const said = (name: string) => computed(`needs.${plan}.outputs.${name}`);
  return {
    kind: "steps",
    name: `Start ${next}`,
    needs: all,
    if:
      `!cancelled() && !contains(needs.*.result, 'failure') && !contains(needs.*.result, 'cancelled') && ${mayDeploy} && ` +
      `needs.${plan}.outputs.decision != 'superseded' && (needs.${plan}.outputs.decision != 'run' || needs.${record}.result == 'success')`,
    permissions: { actions: "write" },
    runsOn: usualMachine(options),
    timeoutMinutes: 5,
    steps: [
      {
        name: `Start ${next} for the same commit`,
        env: {
          GH_TOKEN: computed("github.token"),
          GH_REPO: computed("github.repository"),
          BRANCH: said("branch"),
          COMMIT: said("commit"),
          EVENT: said("event"),
          FORCE: said("force"),
          ...Object.fromEntries(
            parameters.map(({ name, variable }) => [variable, computed(planned({ kind: "parameter", name }, plan))]),
          ),
        },
        run: `gh workflow run ${next}.yml --ref "$BRANCH" -f chain_commit="$COMMIT" -f chain_event="$EVENT" -f force="$FORCE"${given}`,
      },
    ],
  };
}
