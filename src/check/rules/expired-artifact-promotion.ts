import type { Key } from "../../facts/access.ts";
import { showKey } from "../../facts/show-key.ts";
import { count } from "../../findings/count.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, jobPattern, runPattern } from "../analysis/analysis.ts";
import { type ArtifactAccess, artifactsOf, mayMean } from "../analysis/artifacts.ts";
import { lastingEffects } from "../analysis/effects.ts";
import type { TriggerChain } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

/** Days within which somebody who promotes by hand may well come too late. */
const SHORT_DAYS = 7;

export const expiredArtifactPromotion: Rule = {
  id: "expired-artifact-promotion",
  severity: "note",
  kind: "broken hand-off",
  title: "what is promoted by hand may have expired",
  why: "An artifact is deleted when its retention is over. A promotion that somebody starts later finds nothing, and a rollback to it is no longer possible.",
  url: documentation.uploads,
  *find(analysis) {
    const { uploads: all, downloads } = artifactsOf(analysis);
    const uploads = all.filter(({ step }) => step.parameter("retention-days"));
    const seen = new Set<object>();
    for (const download of downloads) {
      const { pipeline, job, step, access } = download;
      if (access.binding.kind !== "given-run" || seen.has(step.at) || lastingEffects(job).length === 0) continue;
      const chain = analysis.chains(pipeline).find((each) => each.start.cause.kind === "dispatch");
      if (!chain || !access.binding.run.some((part) => part.kind === "expression" && /inputs\./.test(part.text)))
        continue;
      for (const upload of uploads) {
        const days = upload.step.parameter("retention-days");
        const kept = days && Number(literalText(days.value));
        if (upload.pipeline === pipeline || !mayMean(download, upload) || !kept || kept > SHORT_DAYS) continue;
        const claim = promotesLate(analysis, { download, upload, chain });
        if (!claim) continue;
        seen.add(step.at);
        yield {
          message: `"${jobName(job)}" promotes by hand what ${fileName(upload.pipeline.id)} keeps for ${count(kept, "day")}`,
          at: days.at,
          related: [{ at: step.at, message: `Downloads "${showKey(download.name)}" of a run that somebody names` }],
          confidence: "medium",
          schedule: [
            `${fileName(upload.pipeline.id)} uploads "${showKey(upload.name)}"`,
            `${kept + 1} days pass: it is deleted`,
            `${chain.described} -> "${jobName(job)}" finds nothing`,
          ],
          help: "Keep it at least as long as a promotion or a rollback may take, or promote from a store that does not forget.",
          claim,
        };
        break;
      }
    }
  },
};

interface Promotion {
  readonly download: ArtifactAccess;
  readonly upload: ArtifactAccess;
  /** The dispatch that names the run. */
  readonly chain: TriggerChain;
}

/** It is uploaded, it is deleted, and then somebody names its run. */
function promotesLate(analysis: Analysis, { download, upload, chain }: Promotion): Claim | undefined {
  const { access, job, step } = download;
  const made = analysis
    .chains(upload.pipeline)
    .find((each) => analysis.stepRuns(upload.job, upload.step, each.circumstances) !== "no");
  const input = access.binding.kind === "given-run" ? inputIn(access.binding.run) : undefined;
  if (!made || input === undefined || chain.root.kind !== "dispatch") return undefined;
  const run = runPattern(upload.pipeline.id, made);
  const promotion = { ...chain.root, id: "promotion", runInputs: { [input]: run } };
  const late = { ...jobPattern(job, chain), run: { pipeline: job.pipeline, event: promotion.id } };
  return {
    scenario: {
      ...analysis.scenario([]),
      events: [made.root, { kind: "expiry", id: "expiry", of: run }, promotion],
    },
    schedule: [
      { kind: "step", job: jobPattern(upload.job, made), step: upload.step.index },
      { kind: "event", event: "expiry" },
      { kind: "step", job: late, step: step.index },
    ],
    bad: { kind: "finds-nothing", job: late, step: step.index },
  };
}

function inputIn(run: Key): string | undefined {
  for (const part of run) {
    const name = part.kind === "expression" ? /inputs\.([\w-]+)/.exec(part.text)?.[1] : undefined;
    if (name !== undefined) return name;
  }
  return undefined;
}
