import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, type Piece, publishing } from "./compose.ts";

export const parameterStore = {
  /** Writes parameters, by their full names. */
  put: <const Own extends string = never>(
    parameters: Readonly<Record<string, ValueInput<Own>>>,
  ): StepInput<never, Own> =>
    compose(
      { name: "Write to Parameter Store", kind: "parameter-store.put", inputs: parameters },
      [
        Object.entries(parameters).flatMap(([name, value]): Piece[] => [
          "aws ssm put-parameter --overwrite --type String --name ",
          { value: name },
          " --value ",
          { value },
          " --query Version --output text\n",
        ]),
      ].flat(),
    ),

  /** Publishes parameters as outputs: name of the output, full name of the parameter. */
  publish: <const Own extends string = never>(
    outputs: Readonly<Record<string, ValueInput<Own>>>,
  ): StepInput<never, Own> =>
    compose({ name: "Read from Parameter Store", kind: "parameter-store.publish", inputs: outputs }, [
      "set -eu",
      ...publishing(
        Object.fromEntries(
          Object.entries(outputs).map(([name, value]) => [
            name,
            ["aws ssm get-parameter --name ", { value }, " --query Parameter.Value --output text"],
          ]),
        ),
      ),
    ]),
};
