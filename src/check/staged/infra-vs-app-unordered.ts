import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity, readable, readableIdentity } from "../../facts/written.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { bucketOf } from "../analysis/beside.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** An action that needs what only a later one of its own pipeline makes. */
export function* neededBeforeMade(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const seen = new Set<ActionFacts>();
    for (const user of pipeline.actions) {
      const need = seen.has(user) ? undefined : needOf(analysis, user, pipeline);
      if (!need) continue;
      seen.add(user);
      const { maker, what, does } = need;
      const chain = analysis.clearest(pipeline);
      const [first, second] = [jobPattern(user, chain), jobPattern(maker, chain)];
      yield {
        message: `"${user.label}" ${does} ${what}, which only "${maker.label}" makes, ${maker.stage === user.stage ? "later in the stage" : `in the later stage "${maker.stageLabel}"`}`,
        at: user.keyAt,
        related: [{ at: maker.keyAt, message: `"${maker.label}" makes it` }],
        severity: "error",
        confidence: "high",
        schedule: [
          beginning(chain, pipeline),
          `"${user.label}" ${does} ${what}: it is not there, or is that of the last run`,
          `"${maker.label}" makes it`,
        ],
        why: "Stages run in the order in which they are written. The first run fails where nothing has been made yet; every later one works with what the run before has left.",
        url: awsDocumentation.structure,
        help: `Put "${maker.label}" before "${user.label}".`,
        claim: analysis.claim(
          [chain],
          [
            { kind: "job-ended", job: first },
            { kind: "job-ended", job: second },
          ],
          { kind: "before", first, second },
        ),
      };
    }
  }
}

interface Need {
  readonly maker: ActionFacts;
  readonly does: string;
  readonly what: string;
}

function needOf(analysis: Analysis, user: ActionFacts, own: StagedPipeline): Need | undefined {
  const all = stagedPipelines(analysis.facts);
  const isMadeElsewhere = (makes: (action: ActionFacts) => boolean) =>
    all.some(({ actions }) => actions.some((action) => makes(action) && !analysis.before(user, action)));
  const later = own.actions.filter((action) => analysis.before(user, action));
  for (const name of user.imports) {
    const makes = ({ exports }: ActionFacts) => exports.includes(name);
    const maker = later.find(makes);
    if (!maker || isMadeElsewhere(makes)) continue;
    return { maker, does: "imports", what: `"${readableIdentity(name)}"` };
  }
  for (const access of user.accesses) {
    if (access.kind !== "resource" || access.mode === "read" || access.tool === "CloudFormation") continue;
    if (access.resource !== "bucket" && access.resource !== "function") continue;
    const name = identity(access.key);
    if (!name) continue;
    const wanted = access.resource === "bucket" ? bucketOf(name) : name;
    const makes = (action: ActionFacts) =>
      action.accesses.some(
        (made) =>
          made.kind === "resource" &&
          made.tool === "CloudFormation" &&
          made.resource === access.resource &&
          made.mode !== "read" &&
          identity(made.key) === wanted,
      );
    const maker = later.find(makes);
    if (!maker || isMadeElsewhere(makes)) continue;
    return { maker, does: "deploys to", what: `the ${access.resource} "${readable(access.key)}"` };
  }
  return undefined;
}
