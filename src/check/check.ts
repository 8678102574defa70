/** Facts in, findings out: every rule proposes, every proposal is replayed, and what cannot be carried out is dropped. */

import type { Facts } from "../facts/facts.ts";
import { count } from "../findings/count.ts";
import { type Confidence, type Finding, sortFindings } from "../findings/finding.ts";
import { locationOf } from "../findings/source.ts";
import type { Claim } from "../simulation/claim.ts";
import type { Simulator } from "../simulation/simulator.ts";
import type { Trace } from "../simulation/trace.ts";
import { Analysis } from "./analysis/analysis.ts";
import { isReplayed } from "./replay.ts";
import type { Candidate, Rule } from "./rule.ts";
import { rules as allRules } from "./rules.ts";
import type { CheckSettings } from "./settings.ts";
import { unreplayed } from "./unreplayed.ts";

export interface CheckOptions {
  /** Carries the schedules out. Without one nothing is replayed. */
  readonly simulator?: Simulator | undefined;
  readonly rules?: readonly Rule[];
  /** What is set on the platform and stands in no file. */
  readonly settings?: CheckSettings;
  /** Findings that are accepted where they stand, and left out. */
  readonly accepts?: (finding: Finding) => boolean;
  /** Told about each proposal that could not be carried out. */
  readonly onRefuted?: (rule: Rule, candidate: Candidate, reason: string) => void;
  /** Told how each finding was carried out that was. */
  readonly onReplayed?: (finding: Finding, replayed: Replayed) => void;
}

/** A claim, and what happened when it was carried out. */
export interface Replayed {
  readonly claim: Claim;
  readonly trace: Trace;
}

export function check(
  facts: Facts,
  { simulator, rules = allRules, settings, accepts, onRefuted, onReplayed }: CheckOptions = {},
): Finding[] {
  const analysis = new Analysis(facts, settings);
  const findings: Finding[] = [];
  for (const rule of rules) {
    const shown: Candidate[] = [];
    const traces = new Map<Claim, Trace>();
    for (const candidate of rule.find(analysis)) {
      if (!candidate.claim && !unreplayed.has(rule.id)) throw new Error(`${rule.id} reports without a claim`);
      if (simulator && candidate.claim) {
        const answer = isReplayed(simulator, candidate.claim);
        if (!answer.replayed) {
          onRefuted?.(rule, candidate, answer.reason);
          continue;
        }
        traces.set(candidate.claim, answer.trace);
      }
      if (!accepts?.(findingOf(rule, candidate))) shown.push(candidate);
    }
    for (const candidate of oneOfEachCause(shown)) {
      const finding = findingOf(rule, candidate);
      const { claim } = candidate;
      const trace = claim && traces.get(claim);
      if (trace) onReplayed?.(finding, { claim, trace });
      findings.push(finding);
    }
  }
  return sortFindings(findings);
}

const surest: readonly Confidence[] = ["high", "medium", "low"];

/** The surest of each cause, with the places of the others. */
function oneOfEachCause(candidates: readonly Candidate[]): Candidate[] {
  const byCause = Map.groupBy(candidates, (candidate) => candidate.cause?.of ?? candidate);
  return [...byCause.values()].map((all) => {
    const [first, ...others] = all.toSorted((a, b) => surest.indexOf(a.confidence) - surest.indexOf(b.confidence));
    if (others.length === 0) return first!;
    const places = others.flatMap(({ at, cause }) => (cause ? [{ at, message: cause.here }] : []));
    const edits = all.every((each) => each.edits) ? all.flatMap((each) => each.edits!) : undefined;
    const { edits: _own, ...shown } = first!;
    return {
      ...shown,
      ...(edits ? { edits } : {}),
      message: `${first!.message}; the same in ${count(others.length, "more place")}`,
      related: [...(first!.related ?? []), ...places],
    };
  });
}

function findingOf(rule: Rule, candidate: Candidate): Finding {
  return {
    rule: rule.id,
    severity: candidate.severity ?? rule.severity,
    confidence: candidate.confidence,
    message: candidate.message,
    location: locationOf(candidate.at),
    related: (candidate.related ?? []).map(({ at, message }) => ({ location: locationOf(at), message })),
    schedule: candidate.schedule,
    why: candidate.why ?? rule.why,
    help: candidate.help,
    url: candidate.url ?? rule.url,
    ...(candidate.edits ? { edits: candidate.edits } : {}),
  };
}
