import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, flags } from "./compose.ts";

export interface S3SyncInput {
  /** Folder to upload, relative to the job's working directory. */
  readonly from: string;
  readonly bucket: ValueInput;
  /** Path in the bucket, without slashes at its ends. Default: the bucket itself. */
  readonly prefix?: ValueInput | undefined;
  /** `Cache-Control` of every object. */
  readonly cacheControl?: ValueInput | undefined;
  /** Objects that the folder does not have are `kept` or, by default, `deleted`. */
  readonly others?: "deleted" | "kept" | undefined;
}

export const s3 = {
  /** Makes a bucket, or a path in it, hold exactly the files of a folder. */
  sync: ({ from, bucket, prefix, cacheControl, others = "deleted" }: S3SyncInput): StepInput =>
    compose({ name: `Upload ${from}`, kind: "s3.sync", inputs: { from, bucket, prefix, cacheControl, others } }, [
      "aws s3 sync --only-show-errors ",
      { value: from },
      " ",
      { value: ["s3://", bucket, ...(prefix === undefined ? [] : ["/", prefix])] },
      ...(others === "deleted" ? [" --delete"] : []),
      ...flags({ "cache-control": cacheControl }),
    ]),
};
