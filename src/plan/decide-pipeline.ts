import { closedPlace, refusedEvent } from "./admission.ts";
import { affected, holds } from "./affected.ts";
import { inPlace } from "./at-rest.ts";
import type { Decisions, PlacedPipeline, Verdict } from "./decisions.ts";
import type { PipelineOutline } from "./outline.ts";
import type { Deployed, Reason } from "./plan.ts";
import type { Situation } from "./situation.ts";

export interface PipelineQuestion {
  situation: Situation;
  placed: PlacedPipeline;
  /** Everything it needs is decided. */
  decisions: Decisions;
  neededBy: NeededBy;
}

/** For each pipeline that was not selected, in one place: a selected one, or one that it keeps running, that needs it. */
export type NeededBy = ReadonlyMap<PipelineOutline, PipelineOutline>;

export function decidePipeline({ situation, placed, decisions, neededBy }: PipelineQuestion): Verdict {
  const { outline, place, handsOver } = placed;
  const { name } = outline.pipeline;
  const closed = closedPlace(situation, place);
  if (closed !== undefined) return { decision: "skip", reason: closed };
  const deployed = usable(situation, placed);
  const filtered = refusedEvent(situation, outline);
  if (filtered !== undefined) return insteadOfRun(filtered, deployed);
  if (placed.isEmpty) return insteadOfRun(emptyReason(placed), deployed);
  const needs = outline.needs.map((need) => decisions.get(need)!.placed[place.index]!);
  let cause: Reason | undefined;
  if (situation.selected.size > 0 && !situation.selected.has(name)) {
    const list = [...situation.selected].join(", ");
    const reason: Reason = { code: "not-selected", text: `not among the selected pipelines (${list})`, because: [] };
    const consumer = neededBy.get(outline);
    if (consumer === undefined) return { decision: "skip", reason };
    if (deployed !== undefined && situation.request.force !== "all") return insteadOfRun(reason, deployed);
    cause = neededReason(situation, placed, consumer);
  } else {
    cause = affected({ situation, outline, place, handsOver }) ?? upstream({ situation, placed, needs });
  }
  const missing = situation.isPullRequest ? undefined : needs.find((need) => isMissing(need, cause));
  if (missing !== undefined) {
    const need = missing.outline.pipeline.name;
    const text = `needs ${need}, which does not run${inPlace(place)}: ${missing.verdict.reason.text}`;
    return { decision: "skip", reason: { code: "upstream-skipped", text, because: [need] } };
  }
  if (cause === undefined) return unchanged(situation, placed);
  // What is deployed stays the source of whatever this plan does not make anew.
  const before = situation.deployedIn(place, name);
  return { decision: "run", reason: cause, ...(before === undefined ? {} : { reused: before }) };
}

/** Whether nothing comes from a pipeline that is needed. One that had to run and could not holds up even what has no cause of its own. */
function isMissing({ verdict, isEmpty }: PlacedPipeline, cause: Reason | undefined): boolean {
  if (verdict.decision !== "skip" || isEmpty) return false;
  return cause !== undefined || verdict.reason.code === "upstream-skipped";
}

/** What is deployed here, when it has all that consumers take. */
export function usable(situation: Situation, { outline, place, handsOver }: PlacedPipeline): Deployed | undefined {
  const deployed = situation.deployedIn(place, outline.pipeline.name);
  return deployed !== undefined && handsOver.every((handOff) => holds(deployed, handOff)) ? deployed : undefined;
}

function insteadOfRun(reason: Reason, deployed: Deployed | undefined): Verdict {
  if (deployed === undefined) return { decision: "skip", reason };
  const text = `${reason.text}; outputs of release ${deployed.release} reused`;
  return { decision: "reuse", reason: { ...reason, text }, reused: deployed };
}

function emptyReason({ outline, place, atRest }: PlacedPipeline): Reason {
  const [first] = atRest.values();
  const text = `no job of ${outline.pipeline.name} can run${inPlace(place)}`;
  return {
    code: first?.code ?? "condition-false",
    text: first === undefined ? text : `${text}: ${first.text}`,
    because: [],
  };
}

function neededReason(situation: Situation, { outline, place }: PlacedPipeline, consumer: PipelineOutline): Reason {
  const { name } = consumer.pipeline;
  const deployed = situation.deployedIn(place, outline.pipeline.name);
  const state =
    deployed === undefined
      ? `was never deployed${place.name === undefined ? "" : ` to ${place.name}`}`
      : situation.request.force === "all"
        ? "is asked to run as well"
        : `has not published all that is taken from it in release ${deployed.release}`;
  return { code: "needed-by", text: `${name} needs it, and it ${state}`, because: [name] };
}

interface UpstreamQuestion {
  situation: Situation;
  placed: PlacedPipeline;
  needs: readonly PlacedPipeline[];
}

/** Why it runs for the sake of what it needs: that runs now, or has run here since this was deployed last. */
function upstream({ situation, placed, needs }: UpstreamQuestion): Reason | undefined {
  const { name } = placed.outline.pipeline;
  const running = needs.filter(({ verdict }) => verdict.decision === "run").map(({ outline }) => outline.pipeline.name);
  if (running.length > 0) {
    const text = `${running.join(", ")} ${running.length === 1 ? "runs" : "run"}, which ${name} needs`;
    return { code: "upstream-runs", text, because: running };
  }
  const deployed = situation.deployedIn(placed.place, name);
  if (deployed === undefined || situation.isPullRequest) return undefined;
  for (const { outline } of needs) {
    const need = outline.pipeline.name;
    const release = situation.deployedIn(placed.place, need)?.release ?? 0;
    if (release <= deployed.release) continue;
    const text = `${need} was deployed to ${placed.place.name} in release ${release}, after ${name} in release ${deployed.release}`;
    return { code: "upstream-deployed", text, because: [need] };
  }
  return undefined;
}

function unchanged(situation: Situation, { outline, place }: PlacedPipeline): Verdict {
  const deployed = situation.deployedIn(place, outline.pipeline.name);
  if (deployed === undefined) {
    return { decision: "skip", reason: { code: "unchanged", text: "nothing it owns is changed", because: [] } };
  }
  const text = situation.isPullRequest
    ? `nothing it owns is changed: outputs of release ${deployed.release} reused`
    : `unchanged since release ${deployed.release}: outputs reused`;
  return { decision: "reuse", reason: { code: "unchanged", text, because: [] }, reused: deployed };
}
