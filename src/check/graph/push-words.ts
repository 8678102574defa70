import type { Cause, SourceIdentity } from "../../facts/facts.ts";
import type { NameSet } from "../../facts/name-set.ts";
import { identity, readable, readableIdentity } from "../../facts/written.ts";

type Push = Extract<Cause, { kind: "push" }>;

/** The pushes that start a pipeline, as people say it: `push to main`, `push to main touching web/**`. */
export function pushWords({ source, branches: filter, tags, paths }: Push, home: string | undefined): string[] {
  if (!source || source.missing) return [];
  const where = placeOf(source, home);
  if (source.kind !== "git") return [`new ${source.kind === "image" ? "image" : "object"}${where}`];
  const branches = source.branch ? [readable(source.branch.key)] : namesOf(filter);
  const touching = paths.kind === "patterns" ? ` touching ${shortened(paths)}` : "";
  const pushes = branches.map((branch) => `push to ${branch}${where}${touching}`);
  const tagged = namesOf(tags).map((tag) => `push of tag ${tag}${where}${touching}`);
  return [...(filter.kind === "none" ? [] : pushes), ...tagged];
}

/** Name of the repository or bucket, for comparing. */
export function sourceName({ repository }: SourceIdentity): string | undefined {
  return identity(repository.key);
}

function placeOf(source: SourceIdentity, home: string | undefined): string {
  const name = sourceName(source);
  if (name !== undefined && name === home) return "";
  const shown = name === undefined ? readable(source.repository.key) : readableIdentity(name);
  return shown === "" ? "" : ` in ${shown.replace(/^(codecommit|s3|ecr):/, "")}`;
}

function namesOf(set: NameSet): string[] {
  if (set.kind === "none") return [];
  if (set.kind === "all") return ["any branch"];
  return set.inverted ? ["other branches"] : [...new Set(set.patterns.map(({ value }) => value))];
}

const MAX_PATTERNS = 3;

function shortened({ patterns, inverted }: NameSet): string {
  if (inverted) return "certain paths";
  const shown = patterns.slice(0, MAX_PATTERNS).map(({ value }) => value);
  return [...shown, ...(patterns.length > MAX_PATTERNS ? ["…"] : [])].join(", ");
}
