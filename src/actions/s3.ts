import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, flags } from "./compose.ts";
import { checkInput, type InputForm } from "./inputs.ts";

export interface S3SyncInput<Own extends string = never> {
  /** Folder to upload, relative to the job's working directory. */
  readonly from: string;
  readonly bucket: ValueInput<Own>;
  /** Path in the bucket, without slashes at its ends. Default: the bucket itself. */
  readonly prefix?: ValueInput<Own> | undefined;
  /** `Cache-Control` of every object. */
  readonly cacheControl?: ValueInput<Own> | undefined;
  /** Objects that the folder does not have are `kept` or, by default, `deleted`. */
  readonly others?: "deleted" | "kept" | undefined;
}

const syncForm: InputForm<S3SyncInput<string>> = {
  action: "s3.sync",
  keys: { from: "text", bucket: "value", prefix: "value?", cacheControl: "value?", others: ["deleted", "kept"] },
};

export const s3 = {
  /** Makes a bucket, or a path in it, hold exactly the files of a folder. */
  sync: <const Own extends string = never>(input: S3SyncInput<Own>): StepInput<never, Own> => {
    checkInput(syncForm, input);
    const { from, bucket, prefix, cacheControl, others = "deleted" } = input;
    return compose(
      { name: `Upload ${from}`, kind: "s3.sync", inputs: { from, bucket, prefix, cacheControl, others } },
      [
        "aws s3 sync --only-show-errors ",
        { value: from },
        " ",
        { value: ["s3://", bucket, ...(prefix === undefined ? [] : ["/", prefix])] },
        ...(others === "deleted" ? [" --delete"] : []),
        ...flags({ "cache-control": cacheControl }),
      ],
    );
  },
};
