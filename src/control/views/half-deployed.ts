import type { RunState, State } from "../../engine/state.ts";

/**
 * A pipeline of which a release began to be deployed somewhere, and has not passed there: nobody knows how much of it is in
 * place. What is still under way is none.
 */
export interface HalfDeployed {
  environment: string;
  pipeline: string;
  /** The number of the run that began it. */
  release: number;
  /** What passed there last, by the number of its run; absent where nothing has. */
  passed?: number;
}

export function halfDeployedIn(state: State): HalfDeployed[] {
  const underWay = new Set(Array.from(state.runs.values(), (run) => (run.finished ? undefined : run.release)));
  return Array.from(state.environments.values()).flatMap(({ name: environment, newest }) =>
    Array.from(newest).flatMap(([pipeline, release]): HalfDeployed[] => {
      const passed = state.deployed[environment]?.[pipeline]?.release;
      if (release <= (passed ?? 0) || underWay.has(release)) return [];
      return [{ environment, pipeline, release, ...(passed !== undefined && { passed }) }];
    }),
  );
}

/** Where this run, which has ended, left what it began, and people can go back to what passed there before. */
export function leftBy(state: State, run: RunState): string[] {
  if (run.finished === undefined) return [];
  const left = halfDeployedIn(state).filter(({ release, passed }) => release === run.release && passed !== undefined);
  // What goes back by itself needs nobody.
  const isOwed = (environment: string) => state.environments.get(environment)?.owed !== undefined;
  return run.plan.environments.filter((name) => !isOwed(name) && left.some(({ environment }) => environment === name));
}
