import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose } from "./compose.ts";

export interface InvalidateInput {
  readonly distribution: ValueInput;
  /** Default: everything. */
  readonly paths?: readonly string[] | undefined;
}

export const cloudfront = {
  /** Makes a distribution ask its origin again. Belongs after the upload: what is fetched in between is kept. */
  invalidate: ({ distribution, paths = ["/*"] }: InvalidateInput): StepInput =>
    compose(
      { name: "Invalidate the cache", kind: "cloudfront.invalidate", inputs: { distribution, paths: paths.join(" ") } },
      [
        "aws cloudfront create-invalidation --distribution-id ",
        { value: distribution },
        " --paths",
        ...paths.flatMap((path) => [" ", { value: path }]),
        " --query Invalidation.Id --output text",
      ],
    ),
};
