import type { Placed } from "../findings/source.ts";

/** A set of branch names, tag names or paths, as filters describe it. */
export interface NameSet {
  /** No filter at all. */
  readonly kind: "all" | "none" | "patterns";
  /** As written, negations included; empty for `all` and `none`. */
  readonly patterns: readonly Placed<string>[];
  /** Whether patterns say what is left out (`branches-ignore`). */
  readonly inverted: boolean;
  accepts(name: string): boolean;
  /** Concrete members, one for each positive pattern; what a schedule names. Not complete. */
  readonly samples: readonly string[];
  /** Every member, where the filter lists literal names only. */
  readonly literals: readonly string[] | undefined;
}

export const allNames: NameSet = {
  kind: "all",
  patterns: [],
  inverted: false,
  accepts: () => true,
  samples: [],
  literals: undefined,
};

export const noNames: NameSet = {
  kind: "none",
  patterns: [],
  inverted: false,
  accepts: () => false,
  samples: [],
  literals: [],
};
