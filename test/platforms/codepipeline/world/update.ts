/** What becomes of a run inside of a stage when its CodePipeline is updated. */
import type { Inside } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import type {
  SimulatedAction,
  SimulatedStage,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";

/** The same in a stage that has changed; undefined where something under way is not in it any more. */
export function insideOf(before: Inside, { actions }: SimulatedStage): Inside | undefined {
  const renewed = (old: SimulatedAction) => actions.find(({ name }) => name === old.name);
  if ([...before.started].some((old) => !before.ended.has(old) && !renewed(old))) return undefined;
  const ended = new Map(
    [...before.ended].flatMap(([old, how]) => (renewed(old) ? [[renewed(old)!, how] as const] : [])),
  );
  const open = actions.filter((action) => !ended.has(action));
  if (open.length === 0) return undefined;
  return {
    runOrder: Math.min(...open.map(({ runOrder }) => runOrder)),
    started: new Set([...before.started].flatMap((old) => renewed(old) ?? [])),
    ended,
    doomed: new Set([...before.doomed].flatMap((old) => renewed(old) ?? [])),
    isLeaving: false,
  };
}
