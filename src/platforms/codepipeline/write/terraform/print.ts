import type { WrittenFile } from "../../../generated.ts";
import type { Infrastructure, ParameterSpec, Resource } from "../infrastructure.ts";
import type { Patches } from "../overlay/overlay.ts";
import { type Block, Call, Expression, printBlocks } from "./hcl.ts";
import { leavesAlone, leftAlone } from "./left-alone.ts";
import { withOverlay } from "./overlay.ts";
import { blocksOf } from "./resources.ts";
import { snakeCase, TerraformValues } from "./values.ts";

/** Which file a resource stands in. */
const fileOf: Readonly<Record<Resource["kind"], string>> = {
  key: "artifacts.tf",
  bucket: "artifacts.tf",
  pipeline: "pipeline.tf",
  role: "roles.tf",
  policy: "roles.tf",
  logs: "builds.tf",
  project: "builds.tf",
  schedule: "pipeline.tf",
  topic: "operations.tf",
  chat: "operations.tf",
  rule: "operations.tf",
  function: "operations.tf",
  alarm: "operations.tf",
  dashboard: "operations.tf",
};

/** A module that is one of its own as well as part of another: it names its provider and configures none. */
export function printTerraform(
  infrastructure: Infrastructure,
  { header, patches }: { header: readonly string[]; patches: Patches },
): WrittenFile[] {
  const values = new TerraformValues(infrastructure);
  const alone = leftAlone(infrastructure, values);
  const files = new Map<string, Block[]>([
    ["versions.tf", versions(infrastructure, alone.length > 0 ? leavesAlone : ">= 1.5")],
    ["left-alone.tf", alone],
    ["variables.tf", infrastructure.parameters.map(variable)],
  ]);
  for (const resource of infrastructure.resources) {
    const file = fileOf[resource.kind];
    files.set(file, [...(files.get(file) ?? []), ...blocksOf(resource, values)]);
  }
  files.set(
    "outputs.tf",
    infrastructure.outputs.map(({ id, description, value }) => ({
      type: "output",
      labels: [snakeCase(id)],
      attributes: { description, value: values.text(value) },
    })),
  );
  const sources = infrastructure.resources.flatMap((one) => (one.kind === "function" ? [one] : []));
  return [
    ...[...withOverlay(files, patches)]
      .filter(([, blocks]) => blocks.length > 0)
      .map(([path, blocks]) => ({ path, text: printBlocks(header, blocks) })),
    ...sources.map(({ file, source }) => ({
      path: file,
      text: `${header.map((line) => `// ${line}\n`).join("")}${source}`,
    })),
  ];
}

/** Created somewhere else, nothing would find anything: Terraform stops before. */
function rightPlace({ home }: Infrastructure): Record<"account" | "region", Block[] | undefined> {
  const only = (attribute: string, wanted: string | undefined, what: string): Block[] | undefined =>
    wanted === undefined
      ? undefined
      : [
          {
            type: "lifecycle",
            blocks: [
              {
                type: "postcondition",
                attributes: {
                  condition: new Expression(`self.${attribute} == ${JSON.stringify(wanted)}`),
                  error_message: `This belongs in the ${what} ${wanted}.`,
                },
              },
            ],
          },
        ];
  return { account: only("account_id", home?.account, "account"), region: only("id", home?.region, "region") };
}

function versions(infrastructure: Infrastructure, requiredVersion: string): Block[] {
  const place = rightPlace(infrastructure);
  return [
    {
      type: "terraform",
      attributes: { required_version: requiredVersion },
      blocks: [
        { type: "required_providers", attributes: { aws: { source: "hashicorp/aws", version: ">= 5.90, < 7.0" } } },
      ],
    },
    { type: "data", labels: ["aws_partition", "current"] },
    { type: "data", labels: ["aws_region", "current"], ...(place.region && { blocks: place.region }) },
    { type: "data", labels: ["aws_caller_identity", "current"], ...(place.account && { blocks: place.account }) },
    { type: "locals", attributes: { tags: { ...infrastructure.tags } } },
  ];
}

function variable({ id, description, pattern, patternMeaning, default: preset }: ParameterSpec): Block {
  const name = snakeCase(id);
  return {
    type: "variable",
    labels: [name],
    attributes: { description, type: new Expression("string"), default: preset },
    ...(pattern !== undefined && {
      blocks: [
        {
          type: "validation",
          attributes: {
            condition: new Call("can", new Expression(`regex(${JSON.stringify(pattern)}, var.${name})`)),
            error_message: `Must be ${patternMeaning ?? "of the right form"}.`,
          },
        },
      ],
    }),
  };
}
