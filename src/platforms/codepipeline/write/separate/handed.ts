/**
 * What jobs of a set hand each other. A run of a deploying CodePipeline may leave pipelines as they are, so nothing is handed
 * from action to action: values are in Parameter Store and files in the bucket of the set, and `begin` says under which names.
 * They are read by commands, after a build knows that its pipeline goes.
 */

import { CannotWrite } from "../../../generated.ts";
import type { ProjectVariable, Statement } from "../infrastructure.ts";
import { type JobPlace, outputScope, prefixOf } from "../job-place.ts";
import { artifactSource, producerOf } from "../known-values.ts";
import { outputPath, snake } from "../names.ts";
import type { ReleaseLine } from "../release-lines.ts";
import { arnOf, nameOf, type Text, text } from "../text.ts";
import retention from "./program/retention.cjs";

/** Logical id of the bucket with all that sets keep. */
export const keptId = "Kept";

/** Whether a job is deployed with the releases of a set. */
export const deploysSet = ({ line }: Pick<JobPlace, "line">): boolean => line.joined?.does === "deploys";
const buildsForSet = ({ line }: JobPlace) => line.joined?.does === "builds" && line.runsFor === "pushes";

export const namespaceOf = (what: string, line: ReleaseLine) => `${what}@${line.environments[0]!.name}`;

/** Which of the variables of `begin`: whether a pipeline goes, its part, and under which run its outputs are found. */
export const begun = (
  { line, pipeline }: Pick<JobPlace, "line" | "pipeline">,
  what: "GO" | "PART" | "RUN" | "RELEASE",
): string => `#{${namespaceOf("begin", line)}.${what}_${snake(pipeline.name)}}`;

const runVariable = ({ pipeline }: JobPlace) => `BATON_RUN_${snake(pipeline.name)}`;
const partVariable = ({ pipeline }: JobPlace) => `BATON_PART_${snake(pipeline.name)}`;

/** Variables of an action: whether its pipeline goes, and where what it takes is found. Name and value. */
export function takingVariables(place: JobPlace, outputs: readonly string[]): [name: string, value: string][] {
  const variables = new Map([
    ["BATON_GO", begun(place, "GO")],
    // Under which others find what it leaves; in a rollback, too.
    ["BATON_RUN", begun(place, "RUN")],
  ]);
  const producers = [
    ...outputs.map((output) => producerOf(place, output)),
    ...takenFrom(place).map(({ from }) => from),
  ];
  for (const producer of producers) {
    if (producer.environment === undefined) variables.set(partVariable(producer), begun(producer, "PART"));
    else variables.set(runVariable(producer), begun(producer, "RUN"));
  }
  return [...variables];
}

const takenFrom = (place: JobPlace) => place.job.uses.map(({ artifact }) => artifactSource(artifact, place));

/** One command as it is where its pipeline goes, and nothing elsewhere. */
export const whereItGoes = (command: string) => `if [ "$BATON_GO" = yes ]; then\n${command}\nfi`;

export const goesCommand = [
  "# Whether this release changes anything here for this pipeline, or for what it needs",
  '[ "$BATON_GO" = yes ] || { [ "$BATON_GO" = no ] &&',
  '  echo "$BATON_PIPELINE stays as it is in $BATON_ENVIRONMENT: nothing here is new to it"; }',
].join("\n");

/** Reads an output into a variable, with every line break in it. */
export function takeOutputCommand(
  output: string,
  { place, variable, before }: { place: JobPlace; variable: string; before: string },
): string {
  const producer = producerOf(place, output);
  const isOfRelease = producer.environment === undefined;
  const folder = outputPath({
    prefix: prefixOf(place),
    environment: isOfRelease ? outputScope(producer) : "$BATON_ENVIRONMENT",
    pipeline: producer.pipeline.name,
    output: producer.output,
  });
  const run = isOfRelease ? `\${${partVariable(producer)}#*-}` : `$${runVariable(producer)}`;
  return [
    `# Read ${output}`,
    `${variable}="$(${before}aws ssm get-parameter --name "${folder}/${run}" --query Parameter.Value --output json)" && \\`,
    `${variable}="$(jq -j . <<< "$${variable}" && echo .)" && \\`,
    `export ${variable}="\${${variable}%.}"`,
  ].join("\n");
}

/** Lines that lay an artifact at `$folder/kept.tar` or name its file in `$packed`. Bytes of a release are those that were built. */
export function takeArtifactCommands(
  { artifact, from }: { artifact: string; from: JobPlace },
  { before }: { before: string },
): string[] {
  const copy = (key: string, to: string) => `${before}aws s3 cp --only-show-errors "s3://$BATON_RECORDS/${key}" ${to}`;
  if (from.environment !== undefined) {
    const key = `environments/$BATON_ENVIRONMENT/artifacts/${from.pipeline.name}/$${runVariable(from)}/${artifact}.tar`;
    return [`packed="$folder/${artifact}.tar"`, copy(key, '"$packed"')];
  }
  const record = `candidates/$BATON_BRANCH/${from.pipeline.name}/$${partVariable(from)}.json`;
  return [
    "packed=",
    `digest="$(${copy(record, "-")} | jq -er '.artifacts["${from.name}"]')" && \\`,
    `${copy("artifacts/$digest", '"$folder/kept.tar"')} && \\`,
    `{ [ "$(sha256sum < "$folder/kept.tar" | cut -d ' ' -f 1)" = "$digest" ] ||`,
    `  { echo "The artifact ${artifact} is not the one that was built" >&2; false; }; } && \\`,
    `tar -C "$folder" -xf "$folder/kept.tar" "./${artifact}.tar" && \\`,
    `packed="$folder/${artifact}.tar"`,
  ];
}

export const leaveArtifactCommand = (artifact: string, { outbox, before }: { outbox: string; before: string }) =>
  [
    `# Keep it for those that need ${artifact}`,
    `${before}aws s3 cp --only-show-errors "$CODEBUILD_SRC_DIR/${outbox}/${artifact}.tar" \\`,
    `  "s3://$BATON_RECORDS/environments/$BATON_ENVIRONMENT/artifacts/$BATON_PIPELINE/$BATON_RUN/${artifact}.tar"`,
  ].join("\n");

/** Whether a job publishes for the release of a set: whose values are kept is then read in its records. */
export const publishesForSet = (place: JobPlace): boolean =>
  buildsForSet(place) && Object.values(place.pipeline.outputs).some(({ job }) => job === place.name);

/** For a shell: the records of what is there and of what went well there lately, with the runs that built it. */
export const reachableInRecords = `reachable() {
  local environment keys key
  for environment in $BATON_ENVIRONMENTS; do
    keys="$(aws s3api list-objects-v2 --bucket "$BATON_RECORDS" --query 'Contents[].Key' --output json \\
      --prefix "environments/$environment/there/$BATON_PIPELINE.json")" || return
    for key in $(jq -r '.[]?' <<< "$keys"); do aws s3 cp "s3://$BATON_RECORDS/$key" - || return; done
    keys="$(aws s3api list-objects-v2 --bucket "$BATON_RECORDS" --query 'Contents[].Key' --output json \\
      --prefix "environments/$environment/$BATON_SET/proven/")" || return
    for key in $(jq -r '.[-${retention.goodReleases}:][]?' <<< "$keys"); do
      aws s3 cp "s3://$BATON_RECORDS/releases/$BATON_SET/\${key##*/}" - || return
    done
  done
}`;

/** Of every build of a job that takes from the bucket, leaves there, or reads in its records. */
export function recordsVariables(place: JobPlace): ProjectVariable[] {
  const plain = (name: string, value: Text): ProjectVariable => ({ name, type: "PLAINTEXT", value });
  const bucket = plain("BATON_RECORDS", [nameOf(keptId)]);
  if (publishesForSet(place)) {
    const { set, environments } = place.line.joined!;
    return [bucket, plain("BATON_SET", set), plain("BATON_ENVIRONMENTS", environments.join(" "))];
  }
  const isNeeded = place.job.uses.length > 0 || Object.keys(place.job.artifacts).length > 0;
  return deploysSet(place) && isNeeded ? [bucket] : [];
}

export function recordsStatements(place: JobPlace): Statement[] {
  const keys = (...names: readonly string[]) => names.map((name) => text`${arnOf(keptId)}/${name}`);
  if (publishesForSet(place)) {
    const { set, environments } = place.line.joined!;
    return [
      { sid: "FindWhatIsThere", actions: ["s3:ListBucket"], resources: [[arnOf(keptId)]] },
      {
        sid: "SeeWhatIsThere",
        actions: ["s3:GetObject"],
        resources: keys(
          ...environments.map((name) => `environments/${name}/there/${place.pipeline.name}.json`),
          `releases/${set}/*`,
        ),
      },
    ];
  }
  if (!deploysSet(place)) return [];
  const { line, pipeline, job, environment } = place;
  const taken = takenFrom(place).flatMap(({ from }) =>
    from.environment === undefined
      ? [`candidates/${line.branch}/${from.pipeline.name}/*`, "artifacts/*"]
      : [`environments/${from.environment.name}/artifacts/${from.pipeline.name}/*`],
  );
  return [
    ...(taken.length > 0
      ? [{ sid: "TakeWhatIsKept", actions: ["s3:GetObject"], resources: keys(...new Set(taken)) }]
      : []),
    ...(Object.keys(job.artifacts).length > 0
      ? [
          {
            sid: "KeepForOthers",
            actions: ["s3:PutObject"],
            resources: keys(`environments/${environment!.name}/artifacts/${pipeline.name}/*`),
          },
        ]
      : []),
  ];
}

/** @throws {CannotWrite} for a build that would need what another pipeline builds: they are built apart. */
export function refuseWhatIsBuiltApart(place: JobPlace, outputs: readonly string[]): void {
  if (place.line.joined?.does !== "builds") return;
  const taken = [
    ...takenFrom(place).map(({ from }, index) => ({ what: place.job.uses[index]!.artifact, from })),
    ...outputs.map((what) => ({ what, from: producerOf(place, what) })),
  ];
  const other = taken.find(({ from }) => from.pipeline.name !== place.pipeline.name);
  if (other === undefined) return;
  throw new CannotWrite(
    `${place.pipeline.name}.${place.name} takes ${other.what} once for each release, and separate CodePipelines build apart`,
    "take it in a job that runs in environments, use the layout single, or put the two into one pipeline",
    ["pipelines", place.pipeline.name, "jobs", place.name],
  );
}
