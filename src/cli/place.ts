import { dirname, join } from "node:path";
import { findRepositoryRoot } from "../git/worktree.ts";
import { findDefinition } from "./definition/find.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Where a delivery lives on this machine. Absolute paths. */
export interface Place {
  /** The definition. */
  file: string;
  /** Journal, logs, artifacts, checkouts: `.baton` beside the definition. */
  stateFolder: string;
  /** Top of the git repository that the definition is in; absent when it is in none. */
  repository: string | undefined;
  /** What paths in the definition are relative to: its own folder. */
  root: string;
}

export function findPlace(terminal: Terminal, options: { config?: string | undefined }): Place {
  const file = findDefinition({ cwd: terminal.cwd, config: options.config, root: findRepositoryRoot(terminal.cwd) });
  const root = dirname(file);
  return { file, stateFolder: join(root, ".baton"), repository: findRepositoryRoot(root), root };
}
