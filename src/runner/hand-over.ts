import { relative, resolve, sep } from "node:path";
import type { Failure } from "../engine/events.ts";
import type { Launch } from "../engine/ports.ts";
import { leadsIntoGit } from "../model/dot-git.ts";
import type { ArtifactRef } from "../plan/plan.ts";

/**
 * Where artifacts are kept; the runner only says when and from which path. Paths are absolute, and nothing between
 * `within` and the path may be a link. `replace`: afterwards exactly the artifact is there; `merge`: nothing is removed.
 */
export interface ArtifactFolder {
  collect(path: string, where: { within: string }): Promise<ArtifactRef>;
  place(artifact: ArtifactRef, path: string, where: { within: string; onto: "replace" | "merge" }): Promise<void>;
}

export interface HandOver {
  folder: ArtifactFolder;
  launch: Launch;
  /** Absolute: the checkout, and in it the job's working directory. */
  checkout: string;
  directory: string;
}

/** Lays the inputs where the job expects them; the failure of the first that could not be. */
export async function placeInputs({ folder, launch, checkout, directory }: HandOver): Promise<Failure | undefined> {
  for (const { artifact, name, path } of launch.inputs) {
    const target = resolve(directory, path);
    if (!isInside(checkout, target)) return outside(name, path);
    if (leadsIntoGit(relative(checkout, target).replaceAll(sep, "/")))
      return failed(
        `artifact '${name}' may not be laid at '${path}': that is where git keeps a repository; give it another path`,
      );
    try {
      // What an earlier job or environment left at the path must not be shipped along; the working directory itself stays.
      const onto = isInside(target, directory) ? "merge" : "replace";
      await folder.place(artifact, target, { within: checkout, onto });
    } catch (error) {
      return failed(`artifact '${name}' could not be laid at '${path}': ${reasonOf(error)}`);
    }
  }
  return undefined;
}

export type Collected =
  | { kind: "artifacts"; artifacts: Record<string, ArtifactRef> }
  | { kind: "failure"; failure: Failure };

export async function collectArtifacts({ folder, launch, checkout, directory }: HandOver): Promise<Collected> {
  const artifacts: Record<string, ArtifactRef> = {};
  for (const [name, { path }] of Object.entries(launch.artifacts)) {
    const source = resolve(directory, path);
    if (!isInside(checkout, source)) return { kind: "failure", failure: outside(name, path) };
    try {
      artifacts[name] = await folder.collect(source, { within: checkout });
    } catch (error) {
      const failure = failed(`artifact '${name}' could not be taken from '${path}': ${reasonOf(error)}`);
      return { kind: "failure", failure };
    }
  }
  return { kind: "artifacts", artifacts };
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

function outside(name: string, path: string): Failure {
  return failed(`the path '${path}' of artifact '${name}' leads out of the checkout`);
}

function failed(message: string): Failure {
  return { kind: "artifact", message };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
