import type { Delivery } from "../../../model/delivery.ts";
import type { WrittenFile } from "../../generated.ts";
import type { CheckUp, Here } from "../../live.ts";
import type { FileSettings } from "../settings-file.ts";
import type { Infrastructure } from "../write/infrastructure.ts";
import type { WriteOptions } from "../write/options.ts";

/** The pipelines that are to be put on AWS, and where from. */
export interface WantedOnAws {
  readonly delivery: Delivery;
  readonly write: WriteOptions & { readonly settings: FileSettings };
  readonly infrastructure: Infrastructure;
  readonly files: readonly WrittenFile[];
  readonly here: Here;
}

/** What was found out, and what it adds to the commands. */
export interface Found {
  readonly checkUp: CheckUp;
  readonly before?: string;
}
