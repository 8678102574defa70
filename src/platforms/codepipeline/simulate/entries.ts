/** What happened, in the words that all platforms share: an action is a job of its stage. */

import type { Conclusion } from "../../../facts/facts.ts";
import type { Scenario } from "../../../simulation/scenario.ts";
import type { TraceEntry, TraceRun } from "../../../simulation/trace.ts";
import type { CodePipelineWorld, RunState } from "./machine.ts";
import type { RunStatus, TraceEvent } from "./world.ts";

type Unplaced<T> = T extends unknown ? Omit<T, "at"> : never;
export type Entry = Unplaced<TraceEntry>;

const conclusions: Readonly<Record<Exclude<RunStatus, "running">, Conclusion>> = {
  succeeded: "success",
  failed: "failure",
  superseded: "cancelled",
  stopped: "cancelled",
};

/** None for what has no word there: how stages and conditions go shows in the actions. */
export function entriesOf(event: TraceEvent, runs: readonly TraceRun[], { events }: Scenario): Entry[] {
  switch (event.what) {
    case "event":
      return [{ kind: "event", event: event.event }];
    case "run-started":
      return [{ kind: "run-created", run: runs[event.run]! }];
    case "not-started":
      return [{ kind: "not-started", pipeline: event.pipeline, cause: event.cause, reason: event.reason }];
    case "waits":
    case "superseded": {
      const kind = event.what === "waits" ? "queued" : "dropped";
      return [{ kind, run: event.run, path: [event.stage], group: event.stage }];
    }
    case "finds-artifact": {
      const { run, stage, action, artifact: name, from } = event;
      return [{ kind: "read", run, path: [stage, action], leg: 0, step: 0, found: { of: "artifact", name, from } }];
    }
    case "takes-commit": {
      const { run, stage, action, commit } = event;
      const made = events.find((each) => "commit" in each && each.commit === commit);
      const outsider = made?.kind === "pull-request" && made.outsider;
      const found = { of: "source", commit, outsider } as const;
      return [{ kind: "read", run, path: [stage, action], leg: 0, step: 0, found }];
    }
    case "action-started":
      return [{ kind: "job-started", run: event.run, path: [event.stage, event.action], leg: 0 }];
    case "phase-passed":
    case "phase-failed": {
      const outcome = event.what === "phase-passed" ? "success" : "failure";
      return [{ kind: "step", run: event.run, path: [event.stage, event.action], leg: 0, step: event.phase, outcome }];
    }
    case "action-passed":
    case "action-failed":
    case "action-abandoned": {
      const how = event.what.slice("action-".length) as "passed" | "failed" | "abandoned";
      const conclusion = how === "passed" ? "success" : how === "failed" ? "failure" : "cancelled";
      return [{ kind: "job-ended", run: event.run, path: [event.stage, event.action], leg: 0, conclusion }];
    }
    case "run-ended": {
      const { run, status } = event;
      const ended: Entry = { kind: "run-ended", run, conclusion: conclusions[status] };
      return status === "stopped" ? [{ kind: "run-cancelled", run, group: "" }, ended] : [ended];
    }
    case "run-resumed":
    case "stage-entered":
    case "stage-skipped":
    case "stage-passed":
    case "stage-failed":
    case "condition-failed":
      return [];
    default:
      return event satisfies never;
  }
}

export function traceRun(machine: CodePipelineWorld, run: RunState, earlier: readonly TraceRun[]): TraceRun {
  const { id, pipeline, trigger, cause, root } = run;
  const before = cause.kind === "run" ? earlier[cause.run]! : undefined;
  const commit = run.commit ?? machine.tips.get("") ?? "c0";
  return {
    ...{ id, pipeline, event: trigger, cause, root, commit, head: commit },
    ref: run.ref ?? "",
    depth: before ? before.depth + 1 : 0,
    name: machine.pipelines.get(pipeline)!.name,
    after: before?.name,
  };
}
