import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, type Piece } from "./compose.ts";

export interface LambdaUpdateInput {
  readonly function: ValueInput;
  /** Zip file, relative to the job's working directory. */
  readonly package: string;
  /** Alias that is moved to the new version; without one only the unpublished version changes. */
  readonly alias?: ValueInput | undefined;
}

export const lambda = {
  /** Uploads new code, waits until it is in place, publishes a version and moves the alias to it. */
  update: ({ function: name, package: file, alias }: LambdaUpdateInput): StepInput => {
    const of: Piece[] = [" --function-name ", { value: name }];
    const move: Piece[] =
      alias === undefined
        ? []
        : [
            "\nversion=$(aws lambda publish-version",
            ...of,
            " --query Version --output text)\naws lambda update-alias",
            ...of,
            " --name ",
            { value: alias },
            ` --function-version "$version" --query AliasArn --output text`,
          ];
    return compose(
      { name: "Update the function", kind: "lambda.update", inputs: { function: name, package: file, alias } },
      [
        "aws lambda update-function-code",
        ...of,
        " --zip-file ",
        { value: ["fileb://", file] },
        " --query LastUpdateStatus --output text\naws lambda wait function-updated",
        ...of,
        ...move,
      ],
    );
  },
};
