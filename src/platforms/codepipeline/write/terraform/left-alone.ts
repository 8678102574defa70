/** What the pipelines had brought before the settings named something of the team's in its place: no longer Terraform's, and not destroyed. */

import { artifactBucket } from "../artifact-bucket.ts";
import { keyId } from "../encryption.ts";
import type { Bucket, Infrastructure, Key } from "../infrastructure.ts";
import type { Block } from "./hcl.ts";
import { Expression } from "./hcl.ts";
import { blocksOf } from "./resources.ts";
import type { TerraformValues } from "./values.ts";

/** With every part that it may have had. */
const brought: readonly (Bucket | Key)[] = [
  { ...artifactBucket, logsTo: "any" },
  { kind: "key", id: keyId, comment: [], description: "", alias: "", policy: [] },
];

/** Terraform knows such blocks from this version. Where nothing is to be left alone they say nothing. */
export const leavesAlone = ">= 1.7";

export function leftAlone({ existing }: Pick<Infrastructure, "existing">, values: TerraformValues): Block[] {
  return brought
    .filter(({ id }) => Object.hasOwn(existing, id))
    .flatMap((one) => blocksOf(one, values))
    .flatMap(({ labels = [] }): Block[] =>
      // A name, which whoever goes back to a key of the pipelines' own takes again.
      labels[0] === "aws_kms_alias"
        ? []
        : [
            {
              type: "removed",
              attributes: { from: new Expression(labels.join(".")) },
              blocks: [{ type: "lifecycle", attributes: { destroy: false } }],
            },
          ],
    );
}
