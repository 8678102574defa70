/** What tests of the simulator share: pipelines in a few words, worlds that choose, and every trace of a small world. */

import fc from "fast-check";
import { allNames, noNames } from "../../../../src/facts/name-set.ts";
import type {
  SimulatedAction,
  SimulatedPipeline,
  SimulatedStage,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { TraceEvent, World } from "../../../../src/platforms/codepipeline/simulate/world.ts";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import type { Trace } from "./simulate.ts";
import { simulate } from "./simulate.ts";

/** `deploy`, or `deploy:2` with its run order. */
export function action(text: string, more: Partial<SimulatedAction> = {}): SimulatedAction {
  const [name, runOrder] = text.split(":");
  return {
    name: name!,
    runOrder: Number(runOrder ?? 1),
    source: undefined,
    inputs: [],
    namedOnly: [],
    outputs: [],
    namespace: undefined,
    startsPipelines: [],
    ...more,
  };
}

export function stage(
  name: string,
  actions: readonly (string | SimulatedAction)[],
  more: Partial<SimulatedStage> = {},
): SimulatedStage {
  return { name, actions: actions.map((one) => (typeof one === "string" ? action(one) : one)), ...more };
}

/** Starts by pushes to `main`, unless told otherwise. */
export function pipeline(
  id: string,
  stages: readonly SimulatedStage[],
  more: Partial<SimulatedPipeline> = {},
): SimulatedPipeline {
  const push = { kind: "push", repository: "a/shop", branches: allNames, tags: noNames, paths: allNames } as const;
  return {
    id,
    name: id,
    executionMode: "SUPERSEDED",
    starts: [{ ...push, branch: undefined, isPolled: false }],
    stages,
    variables: {},
    partial: false,
    ...more,
  };
}

export function push(id: string, more: Partial<Extract<RootEvent, { kind: "push" }>> = {}): RootEvent {
  return { id, kind: "push", ref: { kind: "branch", name: "main" }, paths: "every", commit: `commit-${id}`, ...more };
}

export const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 });

/** As the array says, over and over: all that is random is in the sample, so a failing case can be shrunk. */
export function chooser(picks: readonly number[]): World["choose"] {
  let at = 0;
  return (count) => picks[at++ % picks.length]! % count;
}

/** Every trace, by trying every choice. Undefined where there are more than `most`. */
export function everyTrace(
  pipelines: readonly SimulatedPipeline[],
  world: Omit<World, "choose">,
  most = 5_000,
): Trace[] | undefined {
  const traces: Trace[] = [];
  let choices: { readonly taken: number; readonly of: number }[] = [];
  for (;;) {
    const made: { taken: number; of: number }[] = [];
    traces.push(
      simulate(pipelines, {
        ...world,
        choose(of) {
          const taken = choices[made.length]?.taken ?? 0;
          made.push({ taken, of });
          return taken;
        },
      }),
    );
    if (traces.length > most) return undefined;
    const last = made.findLastIndex(({ taken, of }) => taken + 1 < of);
    if (last < 0) return traces;
    choices = [...made.slice(0, last), { taken: made[last]!.taken + 1, of: made[last]!.of }];
  }
}

/** One line for each thing that has happened: `0 Deploy/web action-passed`. */
export function told({ events }: Trace): string[] {
  return events.map((event) => {
    const place = "stage" in event ? ` ${event.stage}${"action" in event ? `/${event.action}` : ""}` : "";
    return `${"run" in event ? event.run : "-"}${place} ${event.what}`;
  });
}

export function indexOf(
  { events }: Trace,
  wanted: {
    readonly what: TraceEvent["what"];
    readonly event?: string;
    readonly run?: number;
    readonly stage?: string;
    readonly action?: string;
  },
): number {
  return events.findIndex((event) => Object.entries(wanted).every(([key, value]) => event[key as "what"] === value));
}
