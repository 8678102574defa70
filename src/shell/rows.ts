/** Rows of the command tables, and how one of them becomes an access. */

import type { Access, AccessMode, Binding, Effect, Key, ResourceKind, TokenUse } from "../facts/access.ts";
import type { Confidence } from "../findings/finding.ts";
import type { Place } from "../findings/source.ts";
import type { Arguments } from "./arguments.ts";
import { joinKeys, textKey } from "./words.ts";

/**
 * Where a piece of a name stands: `--flag|-f` for a flag's value, `#0` for a word after the command's own, `folder` for
 * the folder the command runs in, `=text` for itself.
 */
export type KeySource = string;

export interface CommandRow {
  /** The program and its sub-commands. */
  readonly words: string;
  readonly resource: ResourceKind;
  readonly mode: AccessMode;
  readonly effect: Effect;
  /** Pieces of the resource's name, joined by `/`; those that are absent are left out. */
  readonly key: readonly KeySource[];
  readonly details?: Readonly<Record<string, KeySource>>;
  /** Flags with which the command only looks. */
  readonly unless?: readonly string[];
  /** Flags without one of which the row does not apply. */
  readonly when?: readonly string[];
  /** Applies only where no further words follow. */
  readonly bare?: true;
  readonly confidence?: Confidence;
}

export interface RowSetting {
  readonly args: Arguments;
  /** Where the command runs, from the root of the checkout. */
  readonly folder: Key;
  readonly at: Place;
  readonly confidence: Confidence;
  readonly details: ReadonlyMap<string, Key>;
}

/** The access of a row whose words the command begins with. */
export function rowAccess(row: CommandRow, setting: RowSetting): Access[] {
  const { args } = setting;
  if (row.unless && args.has(...row.unless)) return [];
  if (row.when && !args.has(...row.when)) return [];
  const own = row.words.split(" ").length - 1;
  const find = (source: KeySource) => sourceValue(source, setting, own);
  const details = new Map(setting.details);
  for (const [name, source] of Object.entries(row.details ?? {})) {
    const value = find(source);
    if (value) details.set(name, value);
  }
  return [
    resourceAccess({
      tool: row.words,
      resource: row.resource,
      mode: row.mode,
      effect: row.effect,
      key: joinKeys(
        row.key.flatMap((source) => {
          const value = find(source);
          return value && value.length > 0 ? [value] : [];
        }),
        "/",
      ),
      details,
      at: setting.at,
      confidence: lower(row.confidence ?? "high", setting.confidence),
    }),
  ];
}

function sourceValue(source: KeySource, { args, folder }: RowSetting, own: number): Key | undefined {
  if (source === "folder") return folder;
  if (source.startsWith("=")) return textKey(source.slice(1));
  if (source.startsWith("#")) return args.positionals[own + Number(source.slice(1))]?.key;
  return args.option(...source.split("|"));
}

const ranks: readonly Confidence[] = ["high", "medium", "low"];

export function lower(a: Confidence, b: Confidence): Confidence {
  return ranks[Math.max(ranks.indexOf(a), ranks.indexOf(b))]!;
}

export interface AccessParts {
  readonly tool: string;
  readonly resource: ResourceKind;
  readonly mode: AccessMode;
  readonly effect: Effect;
  readonly key: Key;
  readonly at: Place;
  readonly confidence?: Confidence;
  readonly details?: ReadonlyMap<string, Key>;
  readonly binding?: Binding;
  readonly token?: TokenUse;
}

/** An access with what is usual: a write is of this run, a read takes the newest, and no token of the platform is used. */
export function resourceAccess(parts: AccessParts): Access {
  const binding: Binding =
    parts.mode === "read" ? { kind: "latest", of: "any", branch: undefined } : { kind: "this-run" };
  return {
    kind: "resource",
    confidence: "high",
    details: new Map(),
    binding,
    token: { kind: "none" },
    ...parts,
  };
}
