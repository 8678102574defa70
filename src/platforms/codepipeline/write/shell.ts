/** Text of commands in buildspecs. */

import type { Retry, Step } from "../../../model/delivery.ts";
import { shellWord } from "../../../model/shell-word.ts";

/** Literal text between double quotes. */
export const inDoubleQuotes = (text: string): string => text.replaceAll(/[\\"$`]/g, "\\$&");

/** A script handed to a shell as it is, so that it means here what it means everywhere; its input stays free. */
export function givenTo(shell: string, script: string): string {
  const lines = script.split("\n");
  let mark = "BATON_STEP";
  for (let count = 2; lines.includes(mark); count++) mark = `BATON_STEP_${count}`;
  return `${shell} -c "$(cat <<'${mark}'\n${script.replace(/\n+$/, "")}\n${mark}\n)"`;
}

export interface ShellPlace {
  /** Absolute, may hold variables of the shell; stands between double quotes. */
  readonly directory: string;
  /** Name, and value that stands between double quotes. */
  readonly env: readonly (readonly [string, string])[];
  /** Command that succeeds when the step is to run. */
  readonly guard: string | undefined;
}

/** One command that runs a step as `baton run` does. */
export function stepCommand(step: Step, { directory, env, guard }: ShellPlace): string {
  const limit = step.timeoutMs === undefined ? "" : `timeout ${Math.ceil(step.timeoutMs / 1000)} `;
  const shell = step.shell === "bash" ? "bash -eo pipefail" : "sh -e";
  const settings = env.map(([name, value]) => `${name}="${value}" \\\n`).join("");
  const goesOn = step.continueOnFailure
    ? ` || echo ${shellWord(`The step failed and the job goes on: ${step.name}`)} >&2`
    : "";
  const command = `cd "${directory}" && \\\n${settings}${limit}${givenTo(shell, step.run)}${goesOn}`;
  return `# ${step.name.replaceAll("\n", " ")}\n${guard === undefined ? command : `if ${guard}; then\n${command}\nfi`}`;
}

export interface Attempts {
  readonly retry: Retry;
  readonly ending: "gates" | "gates nothing";
}

/** All commands of a job as one that is tried again, or whose failure is only told. */
export function attemptsCommand(commands: readonly string[], { retry, ending }: Attempts): string {
  const pauses = Array.from({ length: retry.attempts - 1 }, (_, index) =>
    Math.ceil(Math.min(retry.maxDelayMs, retry.delayMs * retry.factor ** index) / 1000),
  );
  const once = [
    "job() {",
    ': > "$BATON_OUTPUT"',
    // A step that goes on after its failure has said so; every other failure ends the attempt.
    ...commands.map((command) => `{\n${command}\n} || return`),
    "}",
  ];
  const again = [
    `pauses=(${pauses.join(" ")})`,
    "attempts() {",
    "  local attempt",
    `  for attempt in $(seq 1 ${retry.attempts}); do`,
    "    job && return",
    `    [ "$attempt" -lt ${retry.attempts} ] || return 1`,
    `    echo "Attempt $attempt of ${retry.attempts} failed, the next begins in \${pauses[attempt - 1]} s" >&2`,
    `    sleep "\${pauses[attempt - 1]}"`,
    "  done",
    "}",
  ];
  const call = retry.attempts > 1 ? "attempts" : "job";
  const told = ending === "gates nothing" ? ' || echo "The job failed; nothing waits for it to pass" >&2' : "";
  return [...once, ...(retry.attempts > 1 ? again : []), `${call}${told}`].join("\n");
}
