import type { ResourceAccess, ResourceKind } from "../../facts/access.ts";
import { type ActionFacts, runTogether, stagedPipelines } from "../../facts/stages.ts";
import { identity, literal, readable, readableIdentity } from "../../facts/written.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { beginning, type TriggerChain } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Rule } from "../rule.ts";

export const sameRunOrderRace: Rule = {
  id: "same-run-order-race",
  severity: "error",
  kind: "race",
  title: "two actions of one stage run at once and one needs what the other does",
  why: "Actions with the same run order (1 where none is written) start together. The one that needs the other's effect may be done before it has happened, or fail on the first run.",
  url: awsDocumentation.structure,
  *find(analysis) {
    for (const pipeline of stagedPipelines(analysis.facts)) {
      const chain = analysis.clearest(pipeline);
      for (const { actions } of pipeline.stages) {
        for (const first of actions) {
          for (const needy of actions) {
            const need = runTogether(first, needy) ? needOf(needy, first) : undefined;
            if (!need) continue;
            yield {
              message: `"${needy.label}" ${need.does} while "${first.label}" ${need.other}: both have run order ${needy.runOrder}`,
              at: needy.runOrderAt ?? needy.keyAt,
              related: [{ at: first.runOrderAt ?? first.keyAt, message: `"${first.label}" runs at the same time` }],
              confidence: need.certain ? "high" : "medium",
              schedule: [
                beginning(chain, pipeline),
                `stage "${needy.stageLabel}" -> "${first.label}" starts; "${needy.label}" starts`,
                `"${needy.label}" ${need.does}`,
                `"${first.label}" has not ended yet`,
              ],
              claim: needFirst(analysis, chain, { needy, first }),
              help: `Give "${needy.label}" the run order ${(needy.runOrder ?? 1) + 1}, or a stage after this one.`,
            };
          }
        }
      }
    }
  },
};

interface Pair {
  readonly needy: ActionFacts;
  readonly first: ActionFacts;
}

/** What needs the other is done before it. */
function needFirst(analysis: Analysis, chain: TriggerChain, { needy, first }: Pair): Claim {
  const [early, late] = [jobPattern(needy, chain), jobPattern(first, chain)];
  return analysis.claim(
    [chain],
    [
      { kind: "job-started", job: late },
      { kind: "job-ended", job: early },
      { kind: "job-ended", job: late },
    ],
    { kind: "before", first: early, second: late },
  );
}

interface Need {
  readonly does: string;
  readonly other: string;
  readonly certain: boolean;
}

function needOf(needy: ActionFacts, first: ActionFacts): Need | undefined {
  if (has(needy, "distribution", "write") && !has(needy, "bucket", "write") && has(first, "bucket", "write")) {
    return { does: "clears the cache", other: "still uploads", certain: true };
  }
  const exported = needy.imports.find((name) => first.exports.includes(name));
  if (exported !== undefined) {
    return { does: `imports "${readableIdentity(exported)}"`, other: "still makes it", certain: true };
  }
  const [a, b] = [first.changeSet, needy.changeSet];
  if (a?.does === "make" && b?.does === "execute" && equal(a.stack.key, b.stack.key) && equal(a.name.key, b.name.key)) {
    return { does: `executes the change set "${readable(b.name.key)}"`, other: "still makes it", certain: true };
  }
  const namespace = literal(first.namespace);
  if (namespace !== undefined && needy.reads.some((each) => literal(each) === namespace)) {
    return { does: `reads the variables "${namespace}"`, other: "has not set them", certain: true };
  }
  const read = resources(needy).find(
    (access) =>
      access.mode === "read" &&
      resources(first).some(
        (write) =>
          write.mode !== "read" &&
          (write.effect === "deploy" || write.effect === "hand-off") &&
          write.resource === access.resource &&
          write.key.length > 0 &&
          equal(write.key, access.key),
      ),
  );
  if (!read) return undefined;
  return { does: `reads the ${read.resource} "${readable(read.key)}"`, other: "still deploys it", certain: false };
}

function resources({ accesses }: ActionFacts): ResourceAccess[] {
  return accesses.filter((access) => access.kind === "resource");
}

function has(action: ActionFacts, resource: ResourceKind, mode: "write"): boolean {
  return resources(action).some(
    (access) =>
      access.resource === resource &&
      (access.mode === mode || access.mode === "replace") &&
      access.tool !== "CloudFormation",
  );
}

function equal(a: ResourceAccess["key"], b: ResourceAccess["key"]): boolean {
  const name = identity(a);
  return name !== undefined && name === identity(b);
}
