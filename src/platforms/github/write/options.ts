import type { Raw } from "./document.ts";
import type { MovedPins } from "./pinned-actions.ts";

export const layouts = ["orchestrated", "chained", "per-environment"] as const;
export type Layout = (typeof layouts)[number];

/** Additions of the team, by file name without folder (`web.yml`): what Baton has no words for. */
export interface RawAdditions {
  /** Merged into the top of the workflow. */
  readonly workflow?: { readonly [key: string]: Raw };
  /** Merged into a job, by its id. */
  readonly jobs?: Readonly<Record<string, { readonly [key: string]: Raw }>>;
  /** Steps that come after a job's own, by its id. */
  readonly steps?: Readonly<Record<string, readonly Raw[]>>;
}

export interface WriteOptions {
  readonly layout: Layout;
  /** Label of the machines, or labels of which they have all, for jobs that say nothing. Default: `ubuntu-24.04`. */
  readonly runsOn?: string | readonly string[];
  /** Sign where release artifacts come from, and verify it before they are used in an environment. */
  readonly attest?: "yes" | "no";
  /**
   * `pipeline` (default, as `baton run`): what fails where a release is built stops its own pipeline and those that need it.
   * `release`: it stops every deployment of the release.
   */
  readonly gate?: "pipeline" | "release";
  /** Workflows that one may be made of by calls, where fewer than 50 are taken. */
  readonly calledWorkflows?: number;
  /**
   * `one` (default): a release is one deployment in each environment. `each`: every job that the environment admits is one, which
   * custom protection rules ask for.
   */
  readonly deployments?: "one" | "each";
  /**
   * Of releases that wait for an approval: `stay` (default): each until somebody answers. `withdrawn`: a newer one that comes to wait
   * cancels the runs of those before it.
   */
  readonly olderRequests?: "stay" | "withdrawn";
  /** `pipeline.output` of the type url: what a deployment links to. Default: the only one there is. */
  readonly url?: string;
  /** Whether jobs without rights keep what they download, by lock files. Default: `yes`. */
  readonly caches?: "yes" | "no";
  /** How the files are made, for their header. Default: `baton generate github --layout LAYOUT`. */
  readonly command?: string;
  /** Before the name of outputs in Parameter Store (`chained`). Default: `/<delivery>`. */
  readonly parameterPrefix?: string;
  /** Other releases of the actions that the files use, by action: `actions/checkout`. */
  readonly actions?: MovedPins;
  readonly raw?: Readonly<Record<string, RawAdditions>>;
}
