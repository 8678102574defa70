import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, type Piece } from "./compose.ts";
import { checkInput, type InputForm } from "./inputs.ts";
import { blueGreen } from "./lambda-blue-green.ts";
import { codeDrift } from "./lambda-code-drift.ts";

export interface LambdaUpdateInput<Own extends string = never> {
  readonly function: ValueInput<Own>;
  /** Zip file, relative to the job's working directory. */
  readonly package: string;
  /** Alias that is moved to the new version; without one only the unpublished version changes. */
  readonly alias?: ValueInput<Own> | undefined;
}

const updateForm: InputForm<LambdaUpdateInput<string>> = {
  action: "lambda.update",
  keys: { function: "value", package: "text", alias: "value?" },
};

export const lambda = {
  /** Publishes a version and gives it the calls to an alias share by share; takes it back when an alarm rings. */
  blueGreen,

  /** Uploads new code, waits until it is in place, publishes a version and moves the alias to it. */
  update: <const Own extends string = never>(input: LambdaUpdateInput<Own>): StepInput<never, Own> => {
    checkInput(updateForm, input);
    const { function: name, package: file, alias } = input;
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
      {
        name: "Update the function",
        kind: "lambda.update",
        inputs: { function: name, package: file, alias },
        drift: codeDrift(name, file, alias),
      },
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
