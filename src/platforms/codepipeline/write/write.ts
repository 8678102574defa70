import type { Delivery } from "../../../model/delivery.ts";
import { CannotWrite, header, type WrittenFile } from "../../generated.ts";
import { printCdk } from "./cdk/print.ts";
import { printTemplate } from "./cloudformation/print.ts";
import { type CommentedTemplate, templateOf } from "./cloudformation/template.ts";
import type { Document } from "./document.ts";
import { lowerDelivery } from "./lower.ts";
import { path } from "./names.ts";
import { commandOf, type WriteOptions, type Written } from "./options.ts";
import { printTerraform } from "./terraform/print.ts";

/**
 * The files that make a delivery run on CodePipeline: templates, and the buildspecs that its projects read from the
 * source. Pure, and the same input gives the same bytes.
 *
 * @throws {CannotWrite} for what CodePipeline, or the layout, has no means for.
 */
export function writeCodePipeline(delivery: Delivery, options: WriteOptions): Written {
  const document = lowerDelivery(delivery, options);
  return {
    files: [...infrastructure(document, options), ...document.buildspecs],
    notes: document.notes,
  };
}

function infrastructure(document: Document, options: WriteOptions): WrittenFile[] {
  const { delivery } = document;
  const lines = headerOf(document, options, ": everything that CodePipeline needs");
  const { format, folder } = options;
  switch (format) {
    case "cloudformation":
      return [
        { path: path(folder, "pipeline.yaml"), text: printTemplate(stackOf(document), lines) },
        ...document.elsewhere.map(({ name, document: one }) => ({
          path: path(folder, `${name}.yaml`),
          text: printTemplate(stackOf(one), headerOf(one, options)),
        })),
      ];
    case "terraform":
      return [
        ...printTerraform(document, lines).map((file) => ({ ...file, path: path(folder, file.path) })),
        ...document.elsewhere.flatMap(({ name, document: one }) =>
          printTerraform(one, headerOf(one, options)).map((file) => ({ ...file, path: path(folder, name, file.path) })),
        ),
      ];
    case "cdk": {
      const { home, elsewhere } = document;
      const before = elsewhere.map(({ name, account, region, document: one }) => ({
        name,
        template: stackOf(one),
        place: { account, region },
      }));
      const pipelines = {
        name: "pipelines",
        template: stackOf(document),
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

const headerOf = ({ delivery, description }: Document, options: WriteOptions, more = "") =>
  header([`${description}${more}.`], { delivery, command: commandOf(options) });

/** What CloudFormation takes in one stack. */
const resourceLimit = 500;

function stackOf(document: Document): CommentedTemplate {
  const commented = templateOf(document);
  const count = Object.keys(commented.template.Resources).length;
  if (count <= resourceLimit) return commented;
  throw new CannotWrite(
    `the pipelines of ${document.delivery} are ${count} resources, and CloudFormation takes ${resourceLimit} in a stack`,
    "use the format terraform, or split the delivery",
  );
}
