/** What a rule is and what it proposes. A rule says what is wrong; it never reads files and never decides what is shown. */

import type { Confidence, Severity, TextEdit } from "../findings/finding.ts";
import type { Place } from "../findings/source.ts";
import type { Claim } from "../simulation/claim.ts";
import type { Analysis } from "./analysis/analysis.ts";

/** The six things that can be wrong. */
export type Kind = "race" | "broken hand-off" | "missing gate" | "dead edge" | "wrong lock" | "exposure";

export interface Candidate {
  /** One sentence that names the thing. */
  readonly message: string;
  readonly at: Place;
  readonly related?: readonly { readonly at: Place; readonly message: string }[];
  readonly confidence: Confidence;
  /** Where this case is milder or worse than the rule's own severity. */
  readonly severity?: Severity;
  /** The order of events that breaks, one a line, for people. */
  readonly schedule: readonly string[];
  /** Where this case is on another platform than the rule speaks of: why it matters there, and where that is documented. */
  readonly why?: string;
  readonly url?: string;
  /** What to do here. */
  readonly help: string;
  readonly edits?: readonly TextEdit[];
  /** What several candidates of the rule have in common, such as the tests that nobody waits for: they are shown as one finding, and `here` at each other place. */
  readonly cause?: { readonly of: Place | string; readonly here: string };
  /** The same for the simulator: what happens, in which order, and the bad end of it. Only rules of `unreplayed.ts` may have none. */
  readonly claim?: Claim;
}

export interface Rule {
  /** Kebab-case; never renamed or reused. */
  readonly id: string;
  readonly severity: Severity;
  readonly kind: Kind;
  /** One line for lists. */
  readonly title: string;
  /** Why it matters, as a sentence or two. */
  readonly why: string;
  /** Where the platform documents the behaviour. */
  readonly url: string;
  find(analysis: Analysis): Iterable<Candidate>;
}

const docs = "https://docs.github.com/en/actions";

/** Pages of the platform's documentation that rules quote. */
export const documentation = {
  workflowRun: `${docs}/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run`,
  concurrency: `${docs}/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency`,
  trigger: `${docs}/how-tos/write-workflows/choose-when-workflows-run/trigger-a-workflow`,
  syntax: `${docs}/reference/workflows-and-actions/workflow-syntax`,
  expressions: `${docs}/reference/workflows-and-actions/expressions`,
  contexts: `${docs}/reference/workflows-and-actions/contexts`,
  reuse: `${docs}/how-tos/reuse-automations/reuse-workflows`,
  artifacts: "https://github.com/actions/download-artifact#readme",
  uploads: "https://github.com/actions/upload-artifact#readme",
  pwnRequests: "https://securitylab.github.com/research/github-actions-preventing-pwn-requests/",
  environments: `${docs}/reference/workflows-and-actions/deployments-and-environments`,
} as const;
