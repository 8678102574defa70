import type { Failure } from "../engine/events.ts";
import type { OutputType } from "../model/delivery.ts";
import type { FileText } from "./attempt-files.ts";
import type { Masking } from "./masking.ts";
import { parseOutputFile, typeProblem } from "./output-file.ts";

export interface OutputCheck {
  file: FileText;
  promised: Record<string, OutputType>;
  masking: Masking;
}

export type CheckedOutputs =
  | { kind: "outputs"; outputs: Record<string, string> }
  | { kind: "failure"; failure: Failure };

/** What the steps published, held against what the job promised. No message repeats a value. */
export function checkOutputs({ file, promised, masking }: OutputCheck): CheckedOutputs {
  if (file.kind === "problem") return refused(`the file in $BATON_OUTPUT ${file.problem}`);
  const parsed = parseOutputFile(file.text);
  if (parsed.kind === "unreadable") return refused(parsed.problem);
  const outputs: Record<string, string> = {};
  for (const [name, value] of parsed.values) {
    if (!Object.hasOwn(promised, name)) {
      return refused(
        `output '${masking.mask(name)}' was published but the job does not promise it; add it to the outputs of its pipeline, or do not publish it`,
      );
    }
    if (masking.mask(value) !== value) {
      return refused(
        `output '${name}' contains a secret; outputs are stored and shown, so hand the secret over by its name instead`,
      );
    }
    const problem = typeProblem(value, promised[name]!);
    if (problem !== undefined)
      return refused(`output '${name}' was promised as ${promised[name]} and its value ${problem}`);
    outputs[name] = value;
  }
  for (const name of Object.keys(promised)) {
    if (!Object.hasOwn(outputs, name)) {
      return refused(
        `output '${name}' was promised and not published; let a step append '${name}=VALUE' to the file in $BATON_OUTPUT`,
      );
    }
  }
  return { kind: "outputs", outputs };
}

function refused(message: string): CheckedOutputs {
  return { kind: "failure", failure: { kind: "output", message } };
}
