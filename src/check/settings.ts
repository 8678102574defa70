/**
 * `baton.check.yaml` at the root of a repository: what is set on the platform and stands in no file of it. What it does not say
 * stays unknown.
 *
 *     defaultBranch: main
 *     testedBranches: [main]
 *     environments:
 *       production: { approval: true, branches: [main] }
 */

import { parse } from "yaml";
import { z } from "zod";
import { nearestName } from "../findings/nearest-name.ts";

export const settingsFile = "baton.check.yaml";

export interface EnvironmentSettings {
  /** Whether somebody has to agree before a job of it starts. */
  readonly approval?: boolean | undefined;
  /** Patterns of the only branches and tags that may deploy to it; `all` where any may. */
  readonly branches?: "all" | readonly string[] | undefined;
}

export interface CheckSettings {
  readonly defaultBranch?: string | undefined;
  /** Branches that take only commits whose tests have passed, merged as they are: up to date before merging, or a merge queue. */
  readonly testedBranches: readonly string[];
  /** By name in lower case, as the platform compares them. */
  readonly environments: ReadonlyMap<string, EnvironmentSettings>;
}

export const nothingSet: CheckSettings = { testedBranches: [], environments: new Map() };

const environment = z.strictObject({
  approval: z.boolean().optional(),
  branches: z.union([z.literal("all"), z.array(z.string().min(1))]).optional(),
});
const form = z.strictObject({
  defaultBranch: z.string().min(1).optional(),
  testedBranches: z.array(z.string().min(1)).optional(),
  environments: z.record(z.string(), environment).optional(),
});

export type ReadSettings =
  | { readonly ok: true; readonly settings: CheckSettings }
  | { readonly ok: false; readonly reason: string };

export function readSettings(text: string): ReadSettings {
  let written: unknown;
  try {
    written = parse(text);
  } catch (error) {
    return { ok: false, reason: (error instanceof Error ? error.message : String(error)).split("\n")[0]! };
  }
  const read = form.safeParse(written ?? {});
  if (!read.success) return { ok: false, reason: reasonOf(read.error.issues[0]!) };
  const { defaultBranch, testedBranches = [], environments = {} } = read.data;
  const byName = Object.entries(environments).map(([name, given]) => [name.toLowerCase(), given] as const);
  return { ok: true, settings: { defaultBranch, testedBranches, environments: new Map(byName) } };
}

const keys = [...Object.keys(form.shape), ...Object.keys(environment.shape)];

function reasonOf(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  if (issue.code !== "unrecognized_keys") return `${path || "the file"}: ${issue.message}`;
  const [key = ""] = issue.keys;
  const meant = nearestName(key, keys);
  return `${[...issue.path, key].join(".")}: there is no such setting${meant ? `; did you mean ${meant}?` : ""}`;
}

/** `release/*`: a star stands for anything but a slash, as in the platform's own settings. */
export function matchesBranch(patterns: readonly string[], name: string): boolean {
  const literal = (text: string) => text.replace(/[\\^$.+?()[\]{}|]/g, "\\$&");
  return patterns.some((pattern) => new RegExp(`^${pattern.split("*").map(literal).join("[^/]*")}$`).test(name));
}
