/** A job as a buildspec: its own commands, and around them what hands artifacts and outputs in and out. */

import { Document, type Pair, Scalar, visit, type YAMLMap } from "yaml";
import type { Job } from "../../../model/delivery.ts";
import { promisedOutputs } from "../../../model/job-values.ts";
import { CannotWrite, header } from "../../generated.ts";
import { conditionCommand } from "./conditions.ts";
import { installPhase } from "./install.ts";
import {
  directoryOf,
  type JobPlace,
  outputScope,
  prefixOf,
  type Register,
  readersOf,
  referenceOf,
} from "./job-place.ts";
import { JobValues } from "./job-values.ts";
import { artifactSource } from "./known-values.ts";
import { outputPath, path } from "./names.ts";
import { rawTemplate, templatesIn } from "./native.ts";
import { leavesFiles } from "./native-upload.ts";
import { commandOf } from "./options.ts";
import { keptRuns, publishCommand } from "./publish.ts";
import {
  deploysSet,
  goesCommand,
  leaveArtifactCommand,
  publishesForSet,
  takeArtifactCommands,
  takeOutputCommand,
  whereItGoes,
} from "./separate/handed.ts";
import { attemptsCommand, inDoubleQuotes, stepCommand } from "./shell.ts";
import { actElsewhereCommand, atHome, mayActElsewhere } from "./target-commands.ts";

/** Where a job's artifacts wait to be taken along, below the source. */
export const outbox = ".baton-artifacts";

export function buildspecText(place: JobPlace, register: Register): string {
  const { pipeline, name, job } = place;
  const promised = promisedOutputs(place.pipeline, place.name);
  const steps = stepCommands(place);
  const actsElsewhere = mayActElsewhere(place);
  const home = actsElsewhere ? atHome : "";
  const inSet = deploysSet(place);
  const after = [
    ...(Object.keys(promised).length > 0
      ? [
          publishCommand({
            promised,
            folders: outputFolders(place),
            newest: namesOutside(place),
            kept: keptRuns[place.job.per],
            readers: publishesForSet(place) ? "records" : readersOf(place),
            before: home,
          }),
        ]
      : []),
    ...Object.entries(job.artifacts).map(([artifact, { path: file }]) =>
      leavesFiles(place, register) ? filesCommand({ artifact, file, place }) : packCommand({ artifact, file, place }),
    ),
    ...Object.entries(job.artifacts).flatMap(([artifact, { path: file }]) =>
      templatesIn(artifact, place, register).map((template) => templateCommand({ artifact, file, template, place })),
    ),
    ...(inSet
      ? Object.keys(job.artifacts).map((artifact) => leaveArtifactCommand(artifact, { outbox, before: home }))
      : []),
  ];
  const isPlain = job.retry.attempts === 1 && !job.continueOnFailure;
  const commands = [
    ...(actsElsewhere ? [actElsewhereCommand] : []),
    ...(inSet ? takeOutputs(place, home) : []),
    prepareCommand(place),
    ...job.uses.map((use) => unpackCommand(use, place, register)),
    ...(isPlain
      ? [...steps, ...after]
      : [
          attemptsCommand([...steps, ...after], {
            retry: job.retry,
            ending: job.continueOnFailure ? "gates nothing" : "gates",
          }),
        ]),
  ];
  const install = installPhase(place);
  const going = (all: readonly string[]) => (inSet ? [goesCommand, ...all.map(whereItGoes)] : all);
  const spec = {
    version: 0.2,
    env: { shell: "bash", ...(exportsRun(place) && { "exported-variables": ["BATON_RUN"] }) },
    phases: {
      ...(install && { install: inSet ? { ...install, commands: install.commands.map(whereItGoes) } : install }),
      build: { commands: going(commands) },
    },
    ...(Object.keys(job.artifacts).length > 0 &&
      !inSet && {
        artifacts: { "base-directory": outbox, files: ["**/*"] },
      }),
    ...(cachePaths(job).length > 0 && { cache: { paths: cachePaths(job) } }),
  };
  const about = `Job ${name} of pipeline ${pipeline.name}: the steps are the ones that \`baton run\` runs.`;
  return printedBuildspec(spec, header([about], { delivery: place.delivery.name, command: commandOf(place.options) }));
}

/** Whether later stages find this job's outputs by the run that it was part of. */
export const exportsRun = (place: JobPlace) =>
  place.job.per === "release" && Object.keys(promisedOutputs(place.pipeline, place.name)).length > 0;

/** Folders that make the next build quicker, and nothing else. */
export function cachePaths({ steps }: Job): string[] {
  const runs = (pattern: RegExp) => steps.some(({ run }) => pattern.test(run));
  return [
    ...(runs(/\b(npm|npx) /) ? ["/root/.npm/**/*"] : []),
    ...(runs(/\bpip3? install\b/) ? ["/root/.cache/pip/**/*"] : []),
    ...(runs(/\bterraform\b.* init\b/) ? ["/root/.terraform.d/plugin-cache/**/*"] : []),
  ];
}

function stepCommands(place: JobPlace): string[] {
  const { job } = place;
  const values = new JobValues(place);
  const names = {
    parameter: (parameter: string) => values.variableOf({ parameter }),
    variable: (variable: string) => values.variableOf({ variable }),
  };
  // Only what a parameter decides is left to the build; all else was decided when the files were written.
  const ofJob = job.condition && mentionsParameter(job.condition) ? [job.condition] : [];
  return job.steps.map((step, at) => {
    if (step.action?.kind === "docker.build" && step.action.inputs.registry === "ghcr") {
      throw new CannotWrite(
        `${referenceOf(place)} signs in to ghcr.io by the token of a job on GitHub, and a build of CodeBuild has none`,
        'push to ECR (registry: "ecr"), or take registry out and sign in by a step before it, with a secret',
        ["pipelines", place.pipeline.name, "jobs", place.name, "steps", at],
      );
    }
    const conditions = [...ofJob, ...(step.condition ? [step.condition] : [])];
    return stepCommand(step, {
      directory: absolute(path(directoryOf(place), step.workingDirectory)),
      env: Object.entries(step.env).map(([name, value]) => [name, values.shellText(value)]),
      guard: conditions.length === 0 ? undefined : conditions.map((one) => conditionCommand(one, names)).join(" && "),
    });
  });
}

const mentionsParameter = (condition: object): boolean => JSON.stringify(condition).includes('"parameter"');

function prepareCommand(place: JobPlace): string {
  const { pipeline, job } = place;
  const values = new JobValues(place);
  const env = { ...pipeline.env, ...job.env };
  const usesTerraform = cachePaths(job).some((folder) => folder.includes("terraform"));
  return [
    "# What every job of a delivery finds in its environment",
    `export BATON_RELEASE="$BATON_COMMIT" BATON_ENVIRONMENT="\${BATON_ENVIRONMENT:-}"`,
    'export BATON_OUTPUT="$(mktemp)"',
    ...(usesTerraform
      ? ['export TF_PLUGIN_CACHE_DIR="$HOME/.terraform.d/plugin-cache"', 'mkdir -p "$TF_PLUGIN_CACHE_DIR"']
      : []),
    ...(Object.keys(job.artifacts).length > 0 ? [`mkdir -p "$CODEBUILD_SRC_DIR/${outbox}"`] : []),
    ...Object.entries(env).map(([name, value]) => `export ${name}="${values.shellText(value)}"`),
  ].join("\n");
}

function takeOutputs(place: JobPlace, before: string): string[] {
  const values = new JobValues(place);
  return values.outputs.map((output) =>
    takeOutputCommand(output, { place, variable: values.variableOf({ output }), before }),
  );
}

/** As files, because CodePipeline uploads them; what a link points to, because that is what an upload of the folder takes. */
function filesCommand({ artifact, file, place }: { artifact: string; file: string; place: JobPlace }): string {
  return [
    `# Leave the files of the artifact ${artifact} behind, to be uploaded`,
    `cp -RL "${absolute(path(directoryOf(place), file))}/." "$CODEBUILD_SRC_DIR/${outbox}/"`,
  ].join("\n");
}

/** As a tar file, because a zip forgets links, empty folders and what may be run. */
function packCommand({ artifact, file, place }: { artifact: string; file: string; place: JobPlace }): string {
  return [
    `# Leave the artifact ${artifact} behind`,
    `content="${absolute(path(directoryOf(place), file))}"`,
    'folder="$(mktemp -d)"',
    `cp -a "$content" "$folder/content" && \\`,
    `tar -C "$folder" -cf "$CODEBUILD_SRC_DIR/${outbox}/${artifact}.tar" content`,
  ].join("\n");
}

/** Beside the tar file, because CloudFormation's action reads templates of an artifact as they are. */
function templateCommand(taken: { artifact: string; file: string; template: string; place: JobPlace }): string {
  const { artifact, file, template, place } = taken;
  const from = absolute(path(directoryOf(place), file, template));
  const to = `\${CODEBUILD_SRC_DIR}/${outbox}/${inDoubleQuotes(rawTemplate(artifact, template, file))}`;
  return `# Leave a template where CodePipeline finds it\ninstall -D -m 644 "${from}" "${to}"`;
}

function unpackCommand(use: Job["uses"][number], place: JobPlace, register: Register): string {
  const { artifact, from } = artifactSource(use.artifact, place);
  const own = register.artifact({ ...from, environment: undefined });
  const before = mayActElsewhere(place) ? atHome : "";
  const suffix = from.environment === undefined ? "" : `__\${BATON_ENVIRONMENT//[^A-Za-z0-9]/_}`;
  const packed = `${artifact}.tar`;
  const fetch = deploysSet(place)
    ? takeArtifactCommands({ artifact, from }, { before })
    : [`inbox="CODEBUILD_SRC_DIR_${own}${suffix}"`, `packed="\${!inbox}/${packed}"`];
  return [
    `# Lay the artifact ${use.artifact} at ${use.path}`,
    'folder="$(mktemp -d)"',
    ...fetch,
    `target="${absolute(path(directoryOf(place), use.path))}"`,
    `tar -C "$folder" -xf "$packed" && mkdir -p "$(dirname "$target")" && \\`,
    'if [ -d "$folder/content" ]; then mkdir -p "$target" && cp -a "$folder/content/." "$target/"; ' +
      'else cp -a "$folder/content" "$target"; fi',
  ].join("\n");
}

/** Where each output of a job has a value for every run. */
function outputFolders(place: JobPlace): Record<string, string> {
  const environment = place.job.per === "release" ? outputScope(place) : "{environment}";
  const folder = (output: string) =>
    outputPath({ prefix: prefixOf(place), environment, pipeline: place.pipeline.name, output });
  return Object.fromEntries(
    Object.keys(promisedOutputs(place.pipeline, place.name)).map((output) => [output, folder(output)]),
  );
}

/** Names outside Baton under which outputs are wanted as well. */
function namesOutside({ pipeline, name, line }: JobPlace): Record<string, string> {
  if (line.runsFor === "pull requests") return {};
  const own = Object.entries(pipeline.outputs).filter(
    ([, output]) => output.job === name && output.parameter !== undefined,
  );
  return Object.fromEntries(own.map(([output, { parameter }]) => [output, parameter!]));
}

const absolute = (folder: string) =>
  folder === "" ? `\${CODEBUILD_SRC_DIR}` : `\${CODEBUILD_SRC_DIR}/${inDoubleQuotes(folder)}`;

/** Commands as literal blocks: they are read more often than written. */
export function printedBuildspec(spec: object, above: readonly string[]): string {
  const document = new Document(spec);
  document.commentBefore = above.map((line) => (line === "" ? "" : ` ${line}`)).join("\n");
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && node.value.includes("\n")) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  const top = document.contents as unknown as YAMLMap;
  for (const pair of top.items.slice(1) as Pair<Scalar, unknown>[]) pair.key.spaceBefore = true;
  return document.toString({ lineWidth: 0 });
}
