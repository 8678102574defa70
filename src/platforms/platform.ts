/**
 * The port: what a platform offers to everybody who knows none by name. A platform is one folder that offers this and
 * one line in `platforms.ts`.
 */

import type { Facts } from "../facts/facts.ts";
import type { Finding } from "../findings/finding.ts";
import type { SourceFile } from "../findings/source.ts";
import type { AnySimulatedPlatform } from "../simulation/machine.ts";
import type { Costs, MinutePrice } from "./costs.ts";
import type { Live } from "./live.ts";
import type { Writing } from "./writer.ts";

/** Where to look for what a platform has. */
export interface Where {
  /** Absolute path of the folder. */
  readonly root: string;
  /** The one file that was asked for, relative to the root, with forward slashes. */
  readonly file: string | undefined;
  /** Nothing but the file (and what is beside it) is to be read: it lies outside of any repository's own folders. */
  readonly isAlone: boolean;
  /** Overrules what a clone says. */
  readonly defaultBranch: string | undefined;
  /** Paths below a folder at a git reference, asked of the clone; undefined where it does not tell. */
  filesAt(ref: string, folder: string): Promise<readonly string[] | undefined>;
}

export interface Platform {
  /** As people name it on the command line. */
  readonly name: string;
  /** As it calls itself. */
  readonly title: string;
  /** A folder at the top of a repository that is the platform's own: a file in it belongs to the whole. */
  readonly ownFolder?: string;
  /** Beside a definition: what concerns this platform alone. */
  readonly settingsFile: string;
  /** Looks without loading anything large. Undefined: there is nothing of this platform. */
  find(where: Where): Readable | undefined;
  /** What is left out here, nobody can ask of it. */
  readonly writing?: Writing;
  readonly live?: Live;
  readonly costs?: Costs;
  readonly minutePrice?: () => Promise<MinutePrice>;
}

export interface Readable {
  read(): Promise<Reading>;
}

export interface Reading {
  /** Its part of the facts. */
  readonly facts: Partial<Facts>;
  /** Carries schedules out, alone or beside other platforms'. */
  readonly machine: AnySimulatedPlatform;
  /** What is wrong with the files themselves. */
  readonly problems: readonly Finding[];
  /** By path from the root, as reports show them: secrets are blotted out. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** Those of the sources that are as they are on disk, so that edits may be written. */
  readonly editable: ReadonlyMap<string, SourceFile>;
  /** How many were read, readable or not: files of workflows, or pipelines. */
  readonly files: number;
  readonly pipelines: number;
}
