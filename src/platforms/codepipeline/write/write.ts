import type { Delivery } from "../../../model/delivery.ts";
import { refuseDeploymentRules } from "../../deployment-rules.ts";
import { CannotWrite, header, type WrittenFile } from "../../generated.ts";
import { refuseLongVerification, refuseUndo } from "../../verification.ts";
import { printCdk } from "./cdk/print.ts";
import { withOverlay } from "./cloudformation/overlay.ts";
import { printTemplate } from "./cloudformation/print.ts";
import { type CommentedTemplate, templateOf } from "./cloudformation/template.ts";
import { isLarge } from "./create-commands.ts";
import type { Infrastructure } from "./infrastructure.ts";
import { limits } from "./limits.ts";
import { lowerDelivery } from "./lower.ts";
import { path } from "./names.ts";
import { commandOf, type WriteOptions, type Written } from "./options.ts";
import { patchesFor, refuseStrangeStacks } from "./overlay/overlay.ts";
import { printTerraform } from "./terraform/print.ts";

/**
 * The files that make a delivery run on CodePipeline: templates, and the buildspecs that its projects read from the
 * source. Pure, and the same input gives the same bytes.
 *
 * @throws {CannotWrite} for what CodePipeline, or the layout, has no means for.
 */
export function writeCodePipeline(delivery: Delivery, options: WriteOptions): Written {
  refuseLongVerification(delivery, "CodePipeline");
  refuseUndo(delivery, "CodePipeline");
  refuseDeploymentRules(delivery, { platform: "CodePipeline", selfApproval: "anybody" });
  refuseDrift(delivery);
  const infrastructure = lowerDelivery(delivery, options);
  const files = infrastructureFiles(infrastructure, options);
  return {
    files: [...files, ...infrastructure.buildspecs],
    notes: [...infrastructure.notes, ...reportNotes(delivery), ...sizeNotes(files)],
  };
}

/** What CloudFormation takes from a file. */
const sizeNotes = (files: readonly WrittenFile[]): string[] =>
  files
    .filter(({ path, text }) => path.endsWith("/pipeline.yaml") && isLarge(text))
    .map(
      ({ path, text }) =>
        `${path} has ${Buffer.byteLength(text)} bytes, and CloudFormation takes ${limits.cloudformation.inlineBytes} from a file: baton doctor --on codepipeline names a bucket by way of which it goes, and makes it`,
    );

/** @throws {CannotWrite} */
function refuseDrift({ pipelines }: Delivery): void {
  for (const pipeline of pipelines) {
    for (const [name, { drift }] of Object.entries(pipeline.jobs)) {
      if (drift === undefined) continue;
      throw new CannotWrite(
        `${pipeline.name}.${name} looks for drift, and generated CodePipelines run for changes alone`,
        "leave drift out, or generate github, which looks by a schedule",
        ["pipelines", pipeline.name, "jobs", name, "drift"],
      );
    }
  }
}

/** Nobody is shown a file there. */
function reportNotes({ pipelines }: Delivery): string[] {
  return pipelines.flatMap(({ name, jobs }) =>
    Object.entries(jobs).flatMap(([job, { report }]) =>
      report === undefined
        ? []
        : [`${name}.${job} reports ${report}; CodePipeline shows no reports, only what steps print into their log`],
    ),
  );
}

function infrastructureFiles(infrastructure: Infrastructure, options: WriteOptions): WrittenFile[] {
  const { delivery } = infrastructure;
  refuseStrangeStacks(infrastructure, options.settings.overlay);
  const patches = (name?: string) => patchesFor(name, options.settings.overlay);
  const lines = headerOf(infrastructure, options, ": everything that CodePipeline needs");
  const { format, folder } = options;
  switch (format) {
    case "cloudformation":
      return [
        { path: path(folder, "pipeline.yaml"), text: printTemplate(stackOf(infrastructure, options), lines) },
        ...infrastructure.remoteStacks.map(({ name, infrastructure: one }) => ({
          path: path(folder, `${name}.yaml`),
          text: printTemplate(stackOf(one, options, name), headerOf(one, options)),
        })),
      ].map((file) => {
        refuseMany(delivery, ["bytes", Buffer.byteLength(file.text), limits.cloudformation.templateBytes]);
        return file;
      });
    case "terraform":
      return [
        ...printTerraform(infrastructure, { header: lines, patches: patches() }).map((file) => ({
          ...file,
          path: path(folder, file.path),
        })),
        ...infrastructure.remoteStacks.flatMap(({ name, infrastructure: one }) =>
          printTerraform(one, { header: headerOf(one, options), patches: patches(name) }).map((file) => ({
            ...file,
            path: path(folder, name, file.path),
          })),
        ),
      ];
    case "cdk": {
      const { home, remoteStacks } = infrastructure;
      const before = remoteStacks.map(({ name, account, region, infrastructure: one }) => ({
        name,
        template: stackOf(one, options, name),
        place: { account, region },
      }));
      const pipelines = {
        name: "pipelines",
        template: stackOf(infrastructure, options),
        place: home === undefined ? undefined : { account: home.account, region: home.region! },
      };
      return printCdk([pipelines, ...before], { delivery, header: lines }).map((file) => ({
        ...file,
        path: path(folder, file.path),
      }));
    }
    default:
      return format satisfies never;
  }
}

const headerOf = ({ delivery, description }: Infrastructure, options: WriteOptions, more = "") =>
  header([`${description}${more}.`], { delivery, command: commandOf(options) });

/** With the overlay; the one of another account or region has a name. */
export function stackOf(
  infrastructure: Infrastructure,
  { settings: { overlay }, format }: Pick<WriteOptions, "settings" | "format">,
  name?: string,
): CommentedTemplate {
  const commented = withOverlay(templateOf(infrastructure), patchesFor(name, overlay));
  const { Resources, Parameters = {}, Outputs = {} } = commented.template;
  const { cloudformation } = limits;
  const asJson = Buffer.byteLength(JSON.stringify(commented.template, undefined, 1));
  refuseMany(
    infrastructure.delivery,
    ["resources", Object.keys(Resources).length, cloudformation.resources],
    ["parameters", Object.keys(Parameters).length, cloudformation.parameters],
    ["outputs", Object.keys(Outputs).length, cloudformation.outputs],
    // As an app of CDK writes it; a file is counted as it is.
    ["bytes", format === "cdk" ? asJson : 0, cloudformation.templateBytes],
  );
  return commented;
}

type Counted = readonly [what: string, count: number, most: number];

/** @throws {CannotWrite} for more than CloudFormation takes. */
function refuseMany(delivery: string, ...counted: readonly Counted[]): void {
  const over = counted.find(([, count, most]) => count > most);
  if (over === undefined) return;
  const [what, count, most] = over;
  throw new CannotWrite(
    `the pipelines of ${delivery} are ${count} ${what}, and CloudFormation takes ${most} in a stack`,
    "use the format terraform, or split the delivery",
  );
}
