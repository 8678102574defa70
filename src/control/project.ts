import { dirname, join } from "node:path";
import { findRepositoryRoot } from "../git/worktree.ts";
import type { Caller } from "./control.ts";
import { findDefinition } from "./definition/find.ts";

/** Where a delivery lives on this machine. Absolute paths. */
export interface Project {
  /** The definition. */
  file: string;
  /** Journal, logs, artifacts, checkouts: `.baton` beside the definition. */
  stateFolder: string;
  /** Top of the git repository that the definition is in; absent when it is in none. */
  repository: string | undefined;
  /** What paths in the definition are relative to: its own folder. */
  root: string;
}

/** A project, and who asks about it. */
export interface Place {
  project: Project;
  caller: Caller;
}

export function findProject({ cwd }: Pick<Caller, "cwd">, options: { config?: string | undefined }): Project {
  const file = findDefinition({ cwd, config: options.config, root: findRepositoryRoot(cwd) });
  const root = dirname(file);
  return { file, stateFolder: join(root, ".baton"), repository: findRepositoryRoot(root), root };
}
