import type { Draft, DraftJob, DraftPipeline } from "./draft.ts";

/** `baton.yaml`, with the schema at its head, so that editors complete keys. */
export function writeYaml({ name, branch, pipelines }: Draft): string {
  return `# yaml-language-server: $schema=node_modules/baton-cd/schema/delivery.schema.json
name: ${scalar(name)}
environments:
  dev: { branch: ${scalar(branch)} }
  # prod: { after: dev, approval: { reviewers: [release-managers] } }
pipelines:
${pipelines.map(pipelineText).join("\n")}`;
}

function pipelineText({ name, about, folder, needs, outputs, jobs, isUndeployed }: DraftPipeline): string {
  return [
    ...about.map((line) => `  # ${line}`),
    `  ${scalar(name)}:`,
    ...(needs ? [`    needs: ${list(needs)}`] : []),
    ...(folder === undefined
      ? []
      : [`    paths: [${scalar(`${folder}/**`)}]`, `    workingDirectory: ${scalar(folder)}`]),
    ...(Object.keys(outputs).length > 0 ? [`    outputs: ${record(outputs)}`] : []),
    "    jobs:",
    ...jobs.flatMap(jobLines),
    ...(isUndeployed ? undeployed(jobs.at(-1)!.name) : []),
    "",
  ].join("\n");
}

const undeployed = (last: string): string[] => [
  `      # How it is deployed was not found: let ${last} keep what it made, artifacts: { dist: dist }, and write`,
  `      # deploy: { needs: [${last}], deploys: true, uses: [dist], steps: [./deploy.sh] }`,
];

function jobLines({ name, kind, needs, tools, uses, env, steps, artifacts }: DraftJob): string[] {
  const outputs = Object.entries(env ?? {}).map(
    ([variable, of]) => `${variable}: { output: ${scalar(`${of.pipeline}.${of.output}`)} }`,
  );
  return [
    `      ${scalar(name)}:`,
    ...(needs ? [`        needs: ${list(needs)}`] : []),
    kind === "deploys" ? "        deploys: true" : "        per: release # once, the same for every environment",
    ...(tools ? [`        tools: ${list(tools)}`] : []),
    ...(uses ? [`        uses: ${list(uses)}`] : []),
    ...(outputs.length > 0 ? [`        env: { ${outputs.join(", ")} }`] : []),
    "        steps:",
    ...steps.map((step) => `          - ${scalar(step)}`),
    ...(artifacts ? [`        artifacts: ${record(artifacts)}`] : []),
  ];
}

/** Plain where YAML reads it as the same text, else in single quotes. */
function scalar(value: string): string {
  const isPlain = /^[A-Za-z./][\w ./=-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return isPlain && !value.endsWith(" ") ? value : `'${value.replaceAll("'", "''")}'`;
}

const list = (values: readonly string[]) => `[${values.map(scalar).join(", ")}]`;
const record = (values: Readonly<Record<string, string>>) =>
  `{ ${Object.entries(values)
    .map(([name, value]) => `${scalar(name)}: ${scalar(value)}`)
    .join(", ")} }`;
