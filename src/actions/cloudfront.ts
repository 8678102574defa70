import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose } from "./compose.ts";
import { checkInput, type InputForm } from "./inputs.ts";

export interface InvalidateInput<Own extends string = never> {
  readonly distribution: ValueInput<Own>;
  /** Default: everything. */
  readonly paths?: readonly string[] | undefined;
}

const invalidateForm: InputForm<InvalidateInput<string>> = {
  action: "cloudfront.invalidate",
  keys: { distribution: "value", paths: "texts?" },
};

export const cloudfront = {
  /** Makes a distribution ask its origin again. Belongs after the upload: what is fetched in between is kept. */
  invalidate: <const Own extends string = never>(input: InvalidateInput<Own>): StepInput<never, Own> => {
    checkInput(invalidateForm, input);
    const { distribution, paths = ["/*"] } = input;
    return compose(
      { name: "Invalidate the cache", kind: "cloudfront.invalidate", inputs: { distribution, paths: paths.join(" ") } },
      [
        "aws cloudfront create-invalidation --distribution-id ",
        { value: distribution },
        " --paths",
        ...paths.flatMap((path) => [" ", { value: path }]),
        " --query Invalidation.Id --output text",
      ],
    );
  },
};
