/** A repository with all that delivers it, whatever the platform, as one set of facts. */

import type { Facts } from "../facts/facts.ts";
import { joinFacts } from "../facts/join-facts.ts";
import type { Finding } from "../findings/finding.ts";
import type { SourceFile } from "../findings/source.ts";
import { createSimulator, type Simulator } from "../simulation/simulator.ts";
import { locate } from "./locate.ts";
import type { Where } from "./platform.ts";
import { platforms } from "./platforms.ts";

export interface ReadRepository {
  readonly root: string;
  /** The one file that was asked for, relative to the root. */
  readonly focus: string | undefined;
  readonly facts: Facts;
  readonly simulator: Simulator;
  readonly problems: readonly Finding[];
  /** As reports show them: secrets are blotted out. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** As they are on disk. */
  readonly editable: ReadonlyMap<string, SourceFile>;
  /** How many workflow files and how many pipelines were read, readable or not. */
  readonly workflows: number;
  readonly pipelines: number;
}

export interface ReadOptions {
  readonly defaultBranch?: string | undefined;
  filesAt(ref: string, folder: string, root: string): Promise<readonly string[] | undefined>;
}

/** Throws where there is no such path. */
export async function readRepository(path: string, options: ReadOptions): Promise<ReadRepository> {
  const ownFolders = platforms.flatMap(({ ownFolder }) => ownFolder ?? []);
  const target = locate(path, ownFolders);
  const { file } = target;
  const where: Where = {
    ...target,
    isAlone: file !== undefined && !ownFolders.some((own) => file.startsWith(`${own}/`)),
    defaultBranch: options.defaultBranch,
    filesAt: (ref, folder) => options.filesAt(ref, folder, target.root),
  };
  const found = platforms.map((platform) => platform.find(where));
  // A lone file belongs to one platform: the last that knows it, as the first takes what no other does.
  const wanted = where.isAlone ? [found.findLast((one) => one !== undefined)] : found;
  const read = (await Promise.all(wanted.map((one) => one?.read()))).filter((one) => one !== undefined);
  const count = (of: "files" | "pipelines") => read.reduce((sum, one) => sum + one[of], 0);
  return {
    root: where.root,
    focus: where.file,
    facts: joinFacts([{ defaultBranch: where.defaultBranch }, ...read.map(({ facts }) => facts)]),
    simulator: createSimulator(read.map(({ machine }) => machine)),
    problems: read.flatMap(({ problems }) => problems),
    sources: new Map(read.flatMap(({ sources }) => [...sources])),
    editable: new Map(read.flatMap(({ editable }) => [...editable])),
    workflows: count("files"),
    pipelines: count("pipelines"),
  };
}
