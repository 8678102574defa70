/** What a platform offers that can be written for: native pipelines that do what a definition says. */

import type { Delivery } from "../model/delivery.ts";
import type { WrittenFile } from "./generated.ts";
import type { SettingsFile } from "./settings.ts";

/** What there is to choose from, said without loading anything large. */
export interface Writing {
  /** What is written, as people call it: `GitHub workflows`. */
  readonly makes: string;
  /** The first one is the default. */
  readonly layouts: readonly string[];
  /** The first one is the default; empty: there is only one, which has no name. */
  readonly formats: readonly string[];
  /** Where the files go: a folder of the repository, or one below the definition's, as some builds read the source. */
  readonly into: { readonly base: "repository" | "definition"; readonly folder: string };
  /** Of the command line: the call, and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  load(): Promise<Writer>;
}

/** A delivery with all that decides how it is written. */
export interface Wanted {
  readonly delivery: Delivery;
  readonly settings: SettingsFile;
  /** Overrule the settings; each is one of those offered. */
  readonly layout: string | undefined;
  readonly format: string | undefined;
  /** Folder of the definition, relative to the repository, without slashes at its ends; empty: the repository itself. */
  readonly root: string;
  /** Folder of the written files, relative to the definition, where they go below it. */
  readonly folder: string;
  /** Text of what was written before for this delivery and is there now: people may have changed in it what is theirs. */
  readonly present: readonly string[];
}

export interface Writer {
  /**
   * Pure: the same input gives the same bytes.
   *
   * @throws {CannotWrite} for a setting that is not accepted, and for what the platform or the layout has no means for.
   */
  write(wanted: Wanted): WrittenPipelines;
}

export interface WrittenPipelines {
  readonly layout: string;
  readonly format?: string;
  readonly files: readonly WrittenFile[];
  /** What is to be set on the platform once and no file can bring along. */
  readonly settings?: readonly PlatformSetting[];
  /** What the definition asks for and the platform has no means for, where that does no harm. */
  readonly notes?: readonly string[];
  /** What to do with the files, which are at `where` as the caller names it; in this order. */
  next(where: string): readonly NextStep[];
}

export interface PlatformSetting {
  /** One sentence. */
  readonly why: string;
  /** A command line, to be run in the repository. What stands in `<…>` has to be filled in. */
  readonly command: string;
}

/** A command for a person, and what it does. */
export interface NextStep {
  readonly command: string;
  readonly why: string;
}
