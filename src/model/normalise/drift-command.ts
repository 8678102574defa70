import type { Value } from "../delivery.ts";
import { shellWord } from "../shell-word.ts";

interface Look {
  run: string;
  env: Record<string, Value>;
  workingDirectory: string;
}

/**
 * One command that looks in several ways, one after the other, and ends as the worst of them: 2 where one found a difference, and at
 * once with anything else where one could not tell. Variables of two looks may have the same name, so each has its own here.
 */
export function driftCommand(looks: readonly Look[]): { command: string; env: Record<string, Value> } {
  const env: Record<string, Value> = {};
  const parts = looks.map(({ run, env: its, workingDirectory }, at) => {
    const given = Object.entries(its).map(([name, value]) => {
      const here = `BATON_DRIFT_${at + 1}_${name.replace(/^BATON_VALUE_/, "")}`;
      env[here] = value;
      return `export ${name}="$${here}"; `;
    });
    const folder = workingDirectory === "." ? "" : `cd ${shellWord(workingDirectory)} && `;
    return `(${given.join("")}${folder}exec bash --noprofile --norc -eo pipefail -c ${shellWord(run)}) || ended $?`;
  });
  const ended = `found=0
ended() { [ "$1" = 2 ] || exit "$1"; found=2; }`;
  return { command: [ended, ...parts, 'exit "$found"'].join("\n"), env };
}
