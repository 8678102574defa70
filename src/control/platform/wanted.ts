import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { placesOf } from "../../model/built-delivery.ts";
import type { Delivery } from "../../model/delivery.ts";
import { CannotWrite, markOf } from "../../platforms/generated.ts";
import { CannotAsk } from "../../platforms/live.ts";
import type { Platform } from "../../platforms/platform.ts";
import { platforms } from "../../platforms/platforms.ts";
import type { SettingsFile } from "../../platforms/settings.ts";
import type { Wanted, Writing } from "../../platforms/writer.ts";
import { type Caller, notThere, refused } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import { placeText, sourceFrame } from "../definition/source-frame.ts";
import { findProject, type Project } from "../project.ts";

/** What a person may say of how a delivery is written for a platform; the rest stands in the settings beside it. */
export interface Wishes {
  config?: string | undefined;
  layout?: string | undefined;
  format?: string | undefined;
  /** Relative to the caller: a repository to write into, or, where builds read the source, a folder below the definition's. */
  out?: string | undefined;
}

export interface ForPlatform {
  readonly project: Project;
  readonly wanted: Wanted;
  /** What the paths of written files are relative to. Absolute. */
  readonly root: string;
}

type Can = "writing" | "live" | "costs";

/** A platform that can do something, and be written for. */
export type PlatformThat<C extends Can> = Platform & Required<Pick<Platform, C | "writing">>;

/** All platforms that can do something. */
export function platformsThat<C extends Can>(can: C): PlatformThat<C>[] {
  return platforms.filter((one): one is PlatformThat<C> => one[can] !== undefined && one.writing !== undefined);
}

/** The one of that name. @throws {Refused} "no-platform", with those that can. */
export function platformFor<C extends Can>(name: string, can: C): PlatformThat<C> {
  const able = platformsThat(can);
  const found = able.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw refused("no-platform", { subject: name, known: able.map((one) => one.name), because: can });
}

/** The definition with all that decides how it is written for a platform. @throws {Refused} */
export async function readForPlatform(
  platform: Pick<Platform, "settingsFile" | "ownFolder"> & { readonly writing: Writing },
  wishes: Wishes,
  caller: Caller,
): Promise<ForPlatform> {
  const { settingsFile, writing } = platform;
  const project = findProject(caller, wishes);
  const delivery = await loadDefinition(project.file, caller);
  const { root } = project;
  const inRepository = writing.into.base === "repository";
  const folder =
    inRepository || wishes.out === undefined ? writing.into.folder : folderBelow(root, wishes.out, caller.cwd);
  const settings = readSettings(root, settingsFile);
  oneOf("no-layout", writing.layouts, wishes.layout);
  oneOf("no-format", writing.formats, wishes.format);
  const target = inRepository && wishes.out !== undefined ? resolve(caller.cwd, wishes.out) : root;
  return {
    project,
    root: target,
    wanted: {
      delivery,
      settings,
      layout: wishes.layout,
      format: wishes.format,
      root: project.repository === undefined ? "" : relative(project.repository, root),
      folder,
      present: writtenBefore(join(target, platform.ownFolder ?? folder), markOf(delivery.name)),
    },
  };
}

function writtenBefore(folder: string, mark: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const texts = files.map(({ name, parentPath }) => readFileSync(join(parentPath, name), "utf8"));
  return texts.filter((text) => text.includes(mark));
}

/** What a platform cannot do, or cannot be asked, is a refusal: the place in the definition says where. */
export async function askingPlatform<T>(
  delivery: Delivery,
  { cwd }: Pick<Caller, "cwd">,
  question: () => Promise<T> | T,
): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof CannotAsk) throw refused("not-reached", { subject: "", ...explained(error.message, error) });
    if (!(error instanceof CannotWrite)) throw error;
    const place = error.path && placesOf(delivery)(error.path);
    const lines = place ? [`${placeText(place, cwd)}: ${error.message}`, ...sourceFrame(place)] : [error.message];
    throw refused("cannot-write", { subject: delivery.name, ...explained(lines.join("\n"), error) });
  }
}

const explained = (because: string, { next }: { next: string | undefined }) => ({
  because,
  ...(next !== undefined && { remedy: next }),
});

function oneOf(code: "no-layout" | "no-format", known: readonly string[], given: string | undefined): void {
  // What there is only one of needs no name, and a name for it says nothing.
  if (given !== undefined && known.length > 0 && !known.includes(given)) throw notThere(code, given, known);
}

/** The builds read their commands from the source, so they must be in it. */
function folderBelow(root: string, given: string, cwd: string): string {
  const way = relative(root, resolve(cwd, given));
  if (way !== "" && !way.startsWith("..")) return way;
  throw refused("not-below-definition", { subject: given, known: [root] });
}

function readSettings(root: string, name: string): SettingsFile {
  const file = join(root, name);
  if (!existsSync(file)) return { name, content: undefined };
  try {
    return { name, content: parse(readFileSync(file, "utf8")) ?? undefined };
  } catch (error) {
    throw refused("unreadable-settings", { subject: name, because: (error as Error).message });
  }
}
