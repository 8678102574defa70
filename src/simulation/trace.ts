/** Traces: what did happen when a scenario was carried out. */

import type { Conclusion } from "../facts/facts.ts";
import type { Scenario } from "./scenario.ts";

interface TraceEntryBase {
  /** Position in the trace, from 0: the only notion of time. */
  readonly at: number;
}

/** One run of a pipeline: `cause` is the root event or the run whose end (or request) started it. */
export interface TraceRun {
  readonly id: number;
  readonly pipeline: string;
  readonly event: string;
  readonly cause: { readonly kind: "event"; readonly event: string } | { readonly kind: "run"; readonly run: number };
  /** The root event at the beginning of the chain. */
  readonly root: string;
  /** The commit that its code is taken from unless a step asks for another. */
  readonly commit: string;
  /** Branch or tag that the run belongs to. */
  readonly ref: string;
  /** 0 for a root event, one more for each completion in between. */
  readonly depth: number;
  /** The commit it was started for: of a pull request the one at the tip of its branch. */
  readonly head: string;
  /** What people call the pipeline. */
  readonly name: string;
  /** Name of the pipeline whose run's end (or request) started it. */
  readonly after: string | undefined;
}

/** What a step finds where it looks: a revision, or an artifact of some run; none where `from` is undefined. */
export type Found =
  | {
      readonly of: "source";
      readonly commit: string;
      /** Somebody outside the repository wrote it. */
      readonly outsider: boolean;
    }
  | { readonly of: "artifact"; readonly name: string; readonly from: number | undefined };

export type TraceEntry = TraceEntryBase &
  (
    | { readonly kind: "event"; readonly event: string }
    | { readonly kind: "run-created"; readonly run: TraceRun }
    /** Why an event that names this pipeline starts nothing. */
    | { readonly kind: "not-started"; readonly pipeline: string; readonly cause: string; readonly reason: string }
    | { readonly kind: "queued"; readonly run: number; readonly path?: readonly string[]; readonly group: string }
    | { readonly kind: "dropped"; readonly run: number; readonly path?: readonly string[]; readonly group: string }
    | {
        readonly kind: "run-cancelled";
        readonly run: number;
        readonly path?: readonly string[];
        readonly group: string;
      }
    | { readonly kind: "run-ended"; readonly run: number; readonly conclusion: Conclusion }
    | { readonly kind: "job-started"; readonly run: number; readonly path: readonly string[]; readonly leg: number }
    | {
        readonly kind: "job-ended";
        readonly run: number;
        readonly path: readonly string[];
        readonly leg: number;
        readonly conclusion: Conclusion;
      }
    | {
        readonly kind: "step";
        readonly run: number;
        readonly path: readonly string[];
        readonly leg: number;
        readonly step: number;
        readonly outcome: "success" | "failure";
      }
    /** What the step finds, before its own entry. What only the run knows is not told. */
    | {
        readonly kind: "read";
        readonly run: number;
        readonly path: readonly string[];
        readonly leg: number;
        readonly step: number;
        readonly found: Found;
      }
  );

export interface Trace {
  readonly scenario: Scenario;
  readonly runs: readonly TraceRun[];
  readonly entries: readonly TraceEntry[];
}
