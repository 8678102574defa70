import type { ResolvedValue } from "../engine/ports.ts";

/** What is needed to fill the holes of a launch's values. */
export interface ValueSources {
  secrets(name: string): string | undefined;
  /** Absolute path of the checkout. */
  directory: string;
}

export type FilledEnvironment =
  | { kind: "filled"; env: Record<string, string>; secrets: Set<string> }
  | { kind: "missing-secret"; secret: string; variable: string }
  | { kind: "bad-variable"; variable: string; problem: string };

/** Fills the values in; `secrets` are the secret values that went in, to be masked. */
export function fillEnvironment(values: Record<string, ResolvedValue>, sources: ValueSources): FilledEnvironment {
  const env: Record<string, string> = {};
  const secrets = new Set<string>();
  for (const [variable, value] of Object.entries(values)) {
    let text = "";
    for (const piece of typeof value === "string" ? [value] : value) {
      if (typeof piece === "string") text += piece;
      else if ("secret" in piece) {
        const secret = sources.secrets(piece.secret);
        if (secret === undefined) return { kind: "missing-secret", secret: piece.secret, variable };
        secrets.add(secret);
        text += secret;
      } else text += sources.directory;
    }
    if (text.includes("\0")) return { kind: "bad-variable", variable, problem: "holds a zero character" };
    if (variable === "" || /[=\0]/.test(variable))
      return { kind: "bad-variable", variable, problem: "is no name for a variable" };
    env[variable] = text;
  }
  return { kind: "filled", env, secrets };
}
