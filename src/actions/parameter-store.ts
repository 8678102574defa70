import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, type Piece, publishing } from "./compose.ts";
import { checkTable } from "./inputs.ts";

export const parameterStore = {
  /**
   * Writes parameters, by their full names. A value comes to the AWS CLI as the contents of a file: given as a word, one
   * that begins with `file://` would be taken for a path, and by version 1 one with `http://` for an address to fetch.
   */
  put: <const Own extends string = never>(
    parameters: Readonly<Record<string, ValueInput<Own>>>,
  ): StepInput<never, Own> => {
    checkTable("parameterStore.put", parameters);
    return compose(
      { name: "Write to Parameter Store", kind: "parameter-store.put", inputs: parameters },
      [
        Object.entries(parameters).flatMap(([name, value]): Piece[] => [
          "printf %s ",
          { value },
          " | AWS_CLI_FILE_ENCODING=UTF-8 aws ssm put-parameter --overwrite --type String --name ",
          { value: name },
          " --value file:///dev/stdin --query Version --output text\n",
        ]),
      ].flat(),
    );
  },

  /** Publishes parameters as outputs: name of the output, full name of the parameter. */
  publish: <const Own extends string = never>(
    outputs: Readonly<Record<string, ValueInput<Own>>>,
  ): StepInput<never, Own> => {
    checkTable("parameterStore.publish", outputs);
    const publishes = Object.keys(outputs);
    return compose({ name: "Read from Parameter Store", kind: "parameter-store.publish", inputs: outputs, publishes }, [
      "set -eu",
      ...publishing(
        Object.fromEntries(
          Object.entries(outputs).map(([name, value]) => [
            name,
            ["aws ssm get-parameter --name ", { value }, " --query Parameter.Value --output text"],
          ]),
        ),
      ),
    ]);
  },
};
