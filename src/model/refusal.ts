/** Why a definition is not accepted. Refusals are collected, never thrown one by one, and reported in a stable order. */

/** Where something is written: lines and columns from 1. A builder call is known by its line only. */
export interface DefinitionPlace {
  file: string;
  line: number;
  column?: number;
}

/** Keys from the root of the written form, for example `["pipelines", "web", "jobs", "test", "needs", 0]`. */
export type DefinitionPath = readonly (string | number)[];

export interface Refusal {
  /** Stable, kebab-case; never renamed or reused. */
  code: string;
  /** One sentence that names the thing. */
  message: string;
  path: DefinitionPath;
  place?: DefinitionPlace;
  related: RelatedPlace[];
  /** What to do about it. */
  help: string;
}

export interface RelatedPlace {
  message: string;
  path: DefinitionPath;
  place?: DefinitionPlace;
}

export type Result<T> = { ok: true; value: T } | { ok: false; refusals: Refusal[] };

/** Finds where a path was written, its name or what it says; the nearest known ancestor counts. */
export type FindPlace = (path: DefinitionPath, part?: "name" | "content") => DefinitionPlace | undefined;

/** Refusals of a name itself rather than of what stands under it. */
const aboutNames: ReadonlySet<string> = new Set(["unknown-key", "wrong-name", "duplicate-name", "reserved-name"]);

/** Gives every refusal, and what it relates to, its place; then orders them as they stand in the definition. */
export function locateRefusals(refusals: readonly Refusal[], findPlace: FindPlace): Refusal[] {
  type Item = { path: DefinitionPath; place?: DefinitionPlace };
  const located = <T extends Item>(item: T, part: "name" | "content"): T => {
    const place = item.place ?? findPlace(item.path, part);
    return place ? { ...item, place } : item;
  };
  return refusals
    .map((refusal) => {
      const related = refusal.related.map((item) => located(item, "name"));
      return located({ ...refusal, related }, aboutNames.has(refusal.code) ? "name" : "content");
    })
    .sort((a, b) => comparePlaces(a.place, b.place));
}

/** What has no place comes first; equal places keep their order. */
function comparePlaces(a: DefinitionPlace | undefined, b: DefinitionPlace | undefined): number {
  if (!a || !b) return Number(a !== undefined) - Number(b !== undefined);
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || (a.column ?? 0) - (b.column ?? 0);
}

/** `pipelines.web.jobs.test.needs[0]`: what people read. */
export function pathText(path: DefinitionPath): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

/**
 * Several lines of plain text for one refusal: place, message and code, then what it relates to, then what to do.
 * Files inside `folder` are shown relative to it.
 */
export function refusalText(refusal: Refusal, folder = ""): string {
  const lines = [`${placeText(refusal, folder)}: ${refusal.message} (${refusal.code})`];
  for (const related of refusal.related) lines.push(`  ${placeText(related, folder)}: ${related.message}`);
  lines.push(`  help: ${refusal.help}`);
  return lines.join("\n");
}

function placeText(item: { path: DefinitionPath; place?: DefinitionPlace }, folder: string): string {
  const at = pathText(item.path);
  if (!item.place) return at === "" ? "definition" : at;
  const { line, column } = item.place;
  const inside = folder !== "" && item.place.file.startsWith(`${folder}/`);
  const file = inside ? item.place.file.slice(folder.length + 1) : item.place.file;
  const where = column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
  return at === "" ? where : `${where} ${at}`;
}

/** Thrown by `delivery(...)`: carries every refusal at once. */
export class DefinitionError extends Error {
  readonly refusals: Refusal[];

  constructor(refusals: Refusal[]) {
    super(refusals.map((refusal) => refusalText(refusal)).join("\n"));
    this.name = "DefinitionError";
    this.refusals = refusals;
  }
}
