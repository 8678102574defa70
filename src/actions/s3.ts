import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, flags, type Piece } from "./compose.ts";
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
    const address = { value: ["s3://", bucket, ...(prefix === undefined ? [] : ["/", prefix])] };
    // By what is in them: a time says nothing of files that have just been laid out, and a size too little.
    const drift: Piece[] = [
      "there=$(mktemp -d)\ntrap 'rm -rf \"$there\"' EXIT\naws s3 sync --only-show-errors ",
      address,
      ' "$there"\nfound=$(diff -rq ',
      { value: from },
      ' "$there" || [ $? = 1 ])\n',
      ...(others === "kept" ? ['found=$(printf "%s" "$found" | grep -vF "Only in $there" || true)\n'] : []),
      'if [ -n "$found" ]; then printf "%s\\n" "${found//"$there"/the bucket}"; exit 2; fi',
    ];
    return compose(
      { name: `Upload ${from}`, kind: "s3.sync", inputs: { from, bucket, prefix, cacheControl, others }, drift },
      [
        "aws s3 sync --only-show-errors ",
        { value: from },
        " ",
        address,
        ...(others === "deleted" ? [" --delete"] : []),
        ...flags({ "cache-control": cacheControl }),
      ],
    );
  },
};
