/** What must hold in every trace, told from the pipelines and the trace alone. Each answers with what is wrong. */

import type {
  SimulatedPipeline,
  SimulatedStage,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { TraceEvent } from "../../../../src/platforms/codepipeline/simulate/world.ts";
import type { Trace } from "./simulate.ts";

type Having<E, W> = E extends { readonly what: infer K } ? ([W & K] extends [never] ? never : E) : never;
type Of<W extends TraceEvent["what"]> = Having<TraceEvent, W>;
type Placed<T> = T & { readonly at: number };

export function violations(pipelines: readonly SimulatedPipeline[], trace: Trace): string[] {
  const look = new Look(pipelines, trace);
  return [
    ...look.together(),
    ...look.overtaken(),
    ...look.replaced(),
    ...look.outOfOrder(),
    ...look.afterFailure(),
    ...look.lostOrDouble(),
    ...look.uncaused(),
    ...look.rolledBack(),
    ...look.foundTooEarly(),
  ];
}

class Look {
  private readonly pipelines: readonly SimulatedPipeline[];
  private readonly trace: Trace;

  constructor(pipelines: readonly SimulatedPipeline[], trace: Trace) {
    this.pipelines = pipelines;
    this.trace = trace;
  }

  private of<W extends TraceEvent["what"]>(...what: readonly W[]): Placed<Of<W>>[] {
    return this.trace.events.flatMap((event, at) =>
      (what as readonly string[]).includes(event.what) ? [{ ...event, at } as Placed<Of<W>>] : [],
    );
  }

  private pipelineOf(run: number): SimulatedPipeline {
    return this.pipelines.find(({ id }) => id === this.trace.runs[run]!.pipeline)!;
  }

  private stageOf(run: number, name: string): SimulatedStage {
    return this.pipelineOf(run).stages.find((stage) => stage.name === name)!;
  }

  /** From its way in to its way out, in each stage, the runs of a pipeline. */
  private visits(pipeline: string, stage: string): { run: number; from: number; to: number }[] {
    const outs = this.of("stage-passed", "stage-failed", "run-ended");
    return this.of("stage-entered")
      .filter((event) => event.stage === stage && this.trace.runs[event.run]!.pipeline === pipeline)
      .map(({ run, at }) => {
        const out = outs.find((event) => event.run === run && event.at > at);
        return { run, from: at, to: out?.at ?? Number.POSITIVE_INFINITY };
      });
  }

  /** A stage takes one run at a time. */
  together(): string[] {
    return this.pipelines
      .filter(({ executionMode }) => executionMode !== "PARALLEL")
      .flatMap(({ id, stages }) =>
        stages.flatMap(({ name }) => {
          const visits = this.visits(id, name);
          return visits.flatMap((a, i) =>
            visits
              .slice(i + 1)
              .filter((b) => a.from < b.to && b.from < a.to)
              .map((b) => `runs ${a.run} and ${b.run} are in ${id}/${name} together`),
          );
        }),
      );
  }

  /** In the order in which they came to a stage, they go in, unless somebody had one of them done again. */
  overtaken(): string[] {
    const resumed = new Set(this.of("run-resumed").map(({ run }) => run));
    return this.pipelines
      .filter(({ executionMode }) => executionMode === "QUEUED")
      .flatMap(({ id, stages }) =>
        stages.flatMap(({ name }) => {
          const runs = this.visits(id, name).flatMap(({ run }) =>
            this.trace.runs[run]!.kind === "standard" && !resumed.has(run) ? [run] : [],
          );
          return runs.some((run, i) => run < (runs[i - 1] ?? 0)) ? [`${id}/${name} is entered as ${runs}`] : [];
        }),
      );
  }

  /** Only in SUPERSEDED mode, and only while it waits, because a newer one has come there. */
  replaced(): string[] {
    return this.of("superseded").flatMap(({ run, stage, at }) => {
      const { executionMode, id } = this.pipelineOf(run);
      const wrong: string[] = [];
      if (executionMode !== "SUPERSEDED") wrong.push(`run ${run} of ${id} is replaced in mode ${executionMode}`);
      if (this.visits(id, stage).some((visit) => visit.run === run && visit.to > at))
        wrong.push(`run ${run} is replaced inside of ${stage}`);
      const newer = this.trace.runs.some((other) => other.pipeline === id && other.id > run);
      if (!newer) wrong.push(`run ${run} is replaced by no newer one`);
      return wrong;
    });
  }

  /** Stages and run orders come one after another. */
  outOfOrder(): string[] {
    return this.of("action-started").flatMap(({ run, stage: name, action, at }) => {
      const stage = this.stageOf(run, name);
      const own = stage.actions.find((each) => each.name === action)!;
      const passed = (other: string) =>
        this.of("action-passed").some(
          (event) => event.run === run && event.stage === name && event.action === other && event.at < at,
        );
      const early = stage.actions.filter((each) => each.runOrder < own.runOrder && !passed(each.name));
      const { stages } = this.pipelineOf(run);
      const before = this.trace.runs[run]!.kind === "rollback" ? [] : stages.slice(0, stages.indexOf(stage));
      const left = before.filter(
        ({ name: earlier }) =>
          !this.of("stage-passed", "stage-skipped").some(
            (event) => event.run === run && event.stage === earlier && event.at < at,
          ),
      );
      return [...early, ...left].map((one) => `run ${run}: ${name}/${action} starts before ${one.name} has passed`);
    });
  }

  /** A run that has ended does nothing more, unless it is resumed; a stage that has failed is left. */
  afterFailure(): string[] {
    return this.of("run-ended").flatMap(({ run, at, status }) => {
      const resumed = this.of("run-resumed").find((event) => event.run === run && event.at > at)?.at;
      const late = this.trace.events.findIndex(
        (event, i) => i > at && i < (resumed ?? Number.POSITIVE_INFINITY) && "run" in event && event.run === run,
      );
      const failed = this.of("stage-failed").some((event) => event.run === run && event.at < at);
      return [
        ...(late < 0 ? [] : [`run ${run} goes on after its end`]),
        ...(status === "failed" && !failed ? [`run ${run} fails without a stage that does`] : []),
      ];
    });
  }

  lostOrDouble(): string[] {
    const wrong: string[] = [];
    for (const { id, status } of this.trace.runs) {
      const ends = this.of("run-ended").filter(({ run }) => run === id).length;
      const resumed = this.of("run-resumed").filter(({ run }) => run === id).length;
      if (ends !== resumed + 1) wrong.push(`run ${id} ends ${ends} times`);
      if (status === "running") wrong.push(`run ${id} is still running`);
    }
    for (const start of this.of("action-started")) {
      const isOwn = (event: { run: number; stage: string; action: string }) =>
        event.run === start.run && event.stage === start.stage && event.action === start.action;
      const next = this.of("action-started").find((event) => isOwn(event) && event.at > start.at);
      const ends = this.of("action-passed", "action-failed", "action-abandoned").filter(
        (event) => isOwn(event) && event.at > start.at && event.at < (next?.at ?? Number.POSITIVE_INFINITY),
      );
      if (ends.length !== 1) wrong.push(`${start.stage}/${start.action} of run ${start.run} ends ${ends.length} times`);
    }
    return wrong;
  }

  /** Nothing begins before what it begins by. */
  uncaused(): string[] {
    return this.of("run-started").flatMap(({ run, at }) => {
      const { cause, trigger, pipeline } = this.trace.runs[run]!;
      if (cause.kind === "event") {
        const come = this.of("event").some((event) => event.event === cause.event && event.at < at);
        return come ? [] : [`run ${run} begins before its event`];
      }
      if (cause.run >= run) return [`run ${run} begins by run ${cause.run}, which is younger`];
      const { starts } = this.pipelines.find(({ id }) => id === pipeline)!;
      const waitsForEnd = starts.some(
        (start) => start.kind === "state" && start.level === "pipeline" && start.states?.join() === "SUCCEEDED",
      );
      const onlyStart = starts.filter(({ kind }) => kind === "state").length === 1;
      const succeeded = this.of("run-ended").some(
        (event) => event.run === cause.run && event.status === "succeeded" && event.at < at,
      );
      const isEarly = trigger === "state" && waitsForEnd && onlyStart && !succeeded;
      return isEarly ? [`run ${run} begins before run ${cause.run} has succeeded`] : [];
    });
  }

  /** To the last run that has passed the stage, never in PARALLEL mode, and only where the stage says so. */
  rolledBack(): string[] {
    return this.trace.runs.flatMap(({ id, kind, release, cause, pipeline }) => {
      if (kind !== "rollback" || cause.kind !== "run") return [];
      const begun = this.of("run-started").find(({ run }) => run === id)!.at;
      const { executionMode, stages } = this.pipelineOf(id);
      const failed = this.of("stage-failed").findLast((event) => event.run === cause.run && event.at < begun);
      const stage = stages.find(({ name }) => name === failed?.stage);
      const good = this.of("stage-passed").findLast(
        (event) =>
          event.at < begun &&
          event.stage === stage?.name &&
          this.trace.runs[event.run]!.pipeline === pipeline &&
          this.trace.runs[event.run]!.kind === "standard",
      );
      const asks = stage?.onFailure?.result === "ROLLBACK" || stage?.onSuccess?.result === "ROLLBACK";
      return [
        ...(executionMode === "PARALLEL" ? [`run ${id} rolls back in mode PARALLEL`] : []),
        ...(asks ? [] : [`run ${id} rolls back, and nothing asks for it`]),
        ...(good?.run === release ? [] : [`run ${id} puts run ${release} back, and run ${good?.run} was the last`]),
        ...(stage?.actions.some(({ source }) => source) ? [`run ${id} rolls a source back`] : []),
      ];
    });
  }

  /** An artifact is found only after it was made. */
  foundTooEarly(): string[] {
    return this.of("finds-artifact").flatMap(({ run, artifact, from, at }) => {
      if (from === undefined) return [];
      const made = this.of("action-passed").some(
        (event) =>
          event.run === from &&
          event.at < at &&
          this.stageOf(from, event.stage)
            .actions.find(({ name }) => name === event.action)!
            .outputs.includes(artifact),
      );
      const isOwn = from === run || this.trace.runs[run]!.release === from;
      return made && isOwn ? [] : [`run ${run} finds ${artifact} of run ${from}`];
    });
  }
}
