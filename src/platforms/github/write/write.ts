import type { Delivery } from "../../../model/delivery.ts";
import { own } from "../../../model/own.ts";
import { CannotWrite, type WrittenFile } from "../../generated.ts";
import { chained } from "./chained/layout.ts";
import type { WorkflowDocument } from "./document.ts";
import type { WriteOptions } from "./options.ts";
import { orchestrated } from "./orchestrated/layout.ts";
import { perEnvironment } from "./per-environment/layout.ts";
import { printWorkflow } from "./print.ts";
import { refuseUnsupported } from "./unsupported.ts";

/**
 * Native workflow files for a delivery. Pure: the same delivery and options give the same bytes. Paths begin at the root
 * of the repository.
 *
 * @throws {CannotWrite} for what GitHub or the layout has no means for.
 */
export function writeWorkflows(delivery: Delivery, options: WriteOptions): WrittenFile[] {
  refuseUnsupported(delivery);
  const documents = documentsOf(delivery, options);
  const files = documents.map((document) => {
    const name = document.file.split("/").at(-1)!;
    return { path: document.file, text: printWorkflow(document, own(options.raw, name), options.actions) };
  });
  for (const name of Object.keys(options.raw ?? {})) {
    if (!documents.some(({ file }) => file.endsWith(`/${name}`))) {
      throw new CannotWrite(
        `there are additions for ${name}, which is not among the files of the layout ${options.layout}`,
        `the files are ${documents.map(({ file }) => file.split("/").at(-1)).join(", ")}`,
      );
    }
  }
  return files;
}

function documentsOf(delivery: Delivery, options: WriteOptions): WorkflowDocument[] {
  switch (options.layout) {
    case "orchestrated":
      return orchestrated(delivery, options);
    case "chained":
      return chained(delivery, options);
    case "per-environment":
      return perEnvironment(delivery, options);
    default:
      return options.layout satisfies never;
  }
}
