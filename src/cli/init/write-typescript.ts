import type { Draft, DraftJob, DraftPipeline } from "./draft.ts";

/** `baton.config.ts`, formatted as people format it. */
export function writeTypescript({ name, branch, pipelines }: Draft): string {
  const identifiers = new Map(pipelines.map((pipeline) => [pipeline.name, identifier(pipeline.name)]));
  const parts = pipelines.map((pipeline) => pipelineText(pipeline, identifiers));
  return `import { delivery, env, pipeline, sh } from "baton-cd";

${parts.join("\n")}
export default delivery(${text(name)}, {
  pipelines: [${[...identifiers.values()].join(", ")}],
  environments: [
    env("dev", { branch: ${text(branch)} }),
    // env("prod", { after: "dev", approval: { reviewers: ["release-managers"] } }),
  ],
});
`;
}

function pipelineText(pipeline: DraftPipeline, identifiers: ReadonlyMap<string, string>): string {
  const { name, about, folder, needs = [], outputs, jobs } = pipeline;
  return [
    ...about.map((line) => `// ${line}`),
    `const ${identifiers.get(name)} = pipeline(${text(name)}, {`,
    ...(needs.length > 0 ? [`  needs: [${needs.map((need) => identifiers.get(need)).join(", ")}],`] : []),
    ...(folder === undefined ? [] : [`  paths: [${text(`${folder}/**`)}],`, `  workingDirectory: ${text(folder)},`]),
    ...(Object.keys(outputs).length > 0 ? [`  outputs: ${record(outputs)},`] : []),
    "  jobs: {",
    ...jobs.flatMap((job) => jobLines(job, identifiers)),
    ...(pipeline.isUndeployed ? undeployed(jobs.at(-1)!.name) : []),
    "  },",
    "});",
    "",
  ].join("\n");
}

const undeployed = (last: string): string[] => [
  `    // How it is deployed was not found: let ${last} keep what it made, artifacts: { dist: "dist" }, and write`,
  `    // deploy: { needs: [${text(last)}], deploys: true, uses: ["dist"], steps: [sh("./deploy.sh")] },`,
];

function jobLines(job: DraftJob, identifiers: ReadonlyMap<string, string>): string[] {
  const { name, kind, needs, tools, uses, env, steps, artifacts } = job;
  const output = (of: { pipeline: string; output: string }) =>
    `${identifiers.get(of.pipeline)}.outputs${member(of.output)}`;
  return [
    `    ${key(name)}: {`,
    ...(needs ? [`      needs: ${list(needs)},`] : []),
    kind === "deploys" ? "      deploys: true," : '      per: "release", // once, the same for every environment',
    ...(tools ? [`      tools: ${list(tools)},`] : []),
    ...(uses ? [`      uses: ${list(uses)},`] : []),
    ...(env
      ? [
          `      env: { ${Object.entries(env)
            .map(([variable, of]) => `${variable}: ${output(of)}`)
            .join(", ")} },`,
        ]
      : []),
    "      steps: [",
    ...steps.map((step) => `        sh(${text(step)}),`),
    "      ],",
    ...(artifacts ? [`      artifacts: ${record(artifacts)},`] : []),
    "    },",
  ];
}

/** In the quotes that need no backslash, where there are any. */
function text(value: string): string {
  const isPlain = !/['\\\n]/.test(value);
  return value.includes('"') && isPlain ? `'${value}'` : JSON.stringify(value);
}

const list = (values: readonly string[]) => `[${values.map(text).join(", ")}]`;
const isIdentifier = (name: string) => /^[A-Za-z_$][\w$]*$/.test(name);
const key = (name: string) => (isIdentifier(name) ? name : text(name));
const member = (name: string) => (isIdentifier(name) ? `.${name}` : `[${text(name)}]`);
const record = (values: Readonly<Record<string, string>>) =>
  `{ ${Object.entries(values)
    .map(([name, value]) => `${key(name)}: ${text(value)}`)
    .join(", ")} }`;

/** Names that are imported, or that the language keeps for itself, get an underscore. */
function identifier(name: string): string {
  const camel = name.replaceAll(/-+(.)/g, (_, letter: string) => letter.toUpperCase());
  const isTaken =
    /^(delivery|env|pipeline|sh|await|class|const|default|delete|do|else|enum|export|for|function|if|import|in|new|package|private|public|return|static|switch|this|try|var|void|while|with|yield|let|case|catch|break|continue|debugger|extends|finally|implements|instanceof|interface|null|protected|super|throw|true|false|typeof)$/.test(
      camel,
    );
  return isTaken ? `${camel}_` : camel;
}
