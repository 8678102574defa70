import type { Failure } from "../../../engine/events.ts";
import type { Ended, Launch } from "../../../engine/ports.ts";
import { clean } from "../../../runner/clean-text.ts";
import type { Masking } from "../../../runner/masking.ts";
import { typeProblem } from "../../../runner/output-file.ts";

/**
 * What an agent says of the end of an attempt, as far as it can be so. Whoever has taken over an agent can lie about its own
 * attempt; it cannot hand over what the job never promised, what is not stored here, or a secret in the clear.
 */
export function judged(
  ended: Ended,
  { launch, masking, has }: { launch: Launch; masking: Masking; has(digest: string): boolean },
): Ended {
  const { result } = ended;
  const said = (text: string) => masking.mask(clean(text));
  switch (result.kind) {
    case "stopped":
      return ended;
    case "lost":
      return { ...ended, result: { kind: "lost", because: said(result.because) } };
    case "failed": {
      const failure = { ...result.failure, message: said(result.failure.message) };
      return { ...ended, result: { kind: "failed", failure } };
    }
    case "succeeded": {
      const failure = wrongIn(result, { launch, masking, has });
      return failure === undefined ? ended : { ...ended, result: { kind: "failed", failure } };
    }
    default:
      return result satisfies never;
  }
}

function wrongIn(
  { outputs, artifacts }: Extract<Ended["result"], { kind: "succeeded" }>,
  { launch, masking, has }: { launch: Launch; masking: Masking; has(digest: string): boolean },
): Failure | undefined {
  if (!isSameNames(outputs, launch.outputs)) return output("the agent told of other outputs than the job promises");
  for (const [name, value] of Object.entries(outputs)) {
    if (masking.mask(value) !== value)
      return output(`output '${name}' contains a secret; it would be stored and shown`);
    const problem = typeProblem(value, launch.outputs[name]!);
    if (problem !== undefined)
      return output(`output '${name}' was promised as ${launch.outputs[name]} and its value ${problem}`);
  }
  if (!isSameNames(artifacts, launch.artifacts))
    return artifact("the agent told of other artifacts than the job makes");
  for (const [name, { digest }] of Object.entries(artifacts)) {
    if (!has(digest)) return artifact(`the agent has not brought artifact '${name}' here`);
  }
  return undefined;
}

const isSameNames = (one: object, other: object) =>
  JSON.stringify(Object.keys(one).sort()) === JSON.stringify(Object.keys(other).sort());

const output = (message: string): Failure => ({ kind: "output", message });
const artifact = (message: string): Failure => ({ kind: "artifact", message });
