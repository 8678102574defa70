/** What must hold in every trace, told from the files and the trace alone. Each answers with what is wrong. */

import type { Job, Repository, StepsJob } from "../../../../src/platforms/github/workflow.ts";
import type { Trace, TraceEntry } from "../../../../src/simulation/trace.ts";

type Of<K extends TraceEntry["kind"]> = Extract<TraceEntry, { kind: K }>;
type Leg = Of<"job-started"> | Of<"job-ended"> | Of<"step">;

const legKey = ({ run, path, leg }: Leg) => `${run}#${path.join("/")}[${leg}]`;

export function violations(repository: Repository, trace: Trace): string[] {
  const look = new Look(repository, trace);
  return [
    ...look.startsBeforeNeedsEnd(),
    ...look.runsAfterFailedNeed(),
    ...look.stepsAfterFailure(),
    ...look.lostOrDouble(),
    ...look.deepChains(),
    ...look.earlyCompletions(),
    ...look.heldTwice(),
    ...look.waitingInVain(),
  ];
}

class Look {
  private readonly repository: Repository;
  private readonly trace: Trace;

  constructor(repository: Repository, trace: Trace) {
    this.repository = repository;
    this.trace = trace;
  }

  private of<K extends TraceEntry["kind"]>(kind: K): Of<K>[] {
    return this.trace.entries.filter((entry): entry is Of<K> => entry.kind === kind);
  }

  /** The job as written, followed through the files that are called. */
  private written(run: number, path: readonly string[]): { readonly job: Job; readonly siblings: readonly Job[] } {
    let file = this.trace.runs[run]!.pipeline;
    for (const [i, id] of path.entries()) {
      const { jobs } = this.repository.workflows.find((workflow) => workflow.file === file)!;
      const job = jobs.find((each) => each.id === id)!;
      if (i === path.length - 1) return { job, siblings: jobs };
      if (job.kind === "call" && job.uses.kind === "local") file = job.uses.path;
    }
    throw new Error(`no job ${path.join("/")}`);
  }

  private endsOf(run: number, path: readonly string[]): Of<"job-ended">[] {
    const wanted = path.join("/");
    return this.of("job-ended").filter((entry) => entry.run === run && entry.path.join("/") === wanted);
  }

  startsBeforeNeedsEnd(): string[] {
    return this.of("job-started").flatMap((start) => {
      const { job } = this.written(start.run, start.path);
      return job.needs.flatMap(({ value }) => {
        const ends = this.endsOf(start.run, [...start.path.slice(0, -1), value]);
        const isEarly = ends.length === 0 || ends.some(({ at }) => at > start.at);
        return isEarly ? [`${legKey(start)} starts before ${value} has ended`] : [];
      });
    });
  }

  /** Without a status function of its own, a job runs only after everything before it, however far, went well. */
  runsAfterFailedNeed(): string[] {
    return this.of("job-started").flatMap((start) => {
      const { job, siblings } = this.written(start.run, start.path);
      if (job.if?.hasStatusFunction) return [];
      return ancestors(job, siblings).flatMap((before) => {
        const bad = this.endsOf(start.run, [...start.path.slice(0, -1), before.id]).filter(
          ({ conclusion }) => conclusion !== "success" && !(conclusion === "failure" && isForgiven(before)),
        );
        return bad.length > 0 ? [`${legKey(start)} runs although ${before.id} ended ${bad[0]!.conclusion}`] : [];
      });
    });
  }

  stepsAfterFailure(): string[] {
    const failed = new Map<string, number>();
    return this.of("step").flatMap((entry) => {
      const { job } = this.written(entry.run, entry.path);
      const step = (job as StepsJob).steps[entry.step]!;
      const key = legKey(entry);
      const before = failed.get(key);
      const isForgivenStep = step.continueOnError?.kind === "known" && step.continueOnError.value;
      if (entry.outcome === "failure" && !isForgivenStep) failed.set(key, entry.step);
      return before !== undefined && !step.if?.hasStatusFunction
        ? [`${key}: step ${entry.step} after step ${before} failed`]
        : [];
    });
  }

  lostOrDouble(): string[] {
    const wrong: string[] = [];
    const count = <T>(items: readonly T[]) => {
      const counts = new Map<T, number>();
      for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
      return counts;
    };
    const runEnds = count(this.of("run-ended").map(({ run }) => run));
    for (const { id } of this.trace.runs)
      if (runEnds.get(id) !== 1) wrong.push(`run ${id} ends ${runEnds.get(id) ?? 0} times`);
    const ends = count(this.of("job-ended").map(legKey));
    for (const [key, times] of ends) if (times !== 1) wrong.push(`${key} ends ${times} times`);
    const starts = count(this.of("job-started").map(legKey));
    for (const [key, times] of starts) {
      if (times !== 1) wrong.push(`${key} starts ${times} times`);
      if (!ends.has(key)) wrong.push(`${key} never ends`);
    }
    for (const { run, at } of this.of("run-ended")) {
      const late = this.trace.entries.find(
        (entry) => entry.at > at && (entry.kind === "job-started" || entry.kind === "step") && entry.run === run,
      );
      if (late) wrong.push(`run ${run} goes on after its end`);
    }
    return wrong;
  }

  deepChains(): string[] {
    return this.trace.runs.filter(({ depth }) => depth > 3).map(({ id, depth }) => `run ${id} has depth ${depth}`);
  }

  /** A run that listens for `completed` begins only after the other has ended. */
  earlyCompletions(): string[] {
    return this.of("run-created").flatMap(({ run, at }) => {
      if (run.event !== "workflow_run" || run.cause.kind !== "run") return [];
      const upstream = run.cause.run;
      const { triggers } = this.repository.workflows.find(({ file }) => file === run.pipeline)!;
      const asks = triggers.some(
        (trigger) =>
          trigger.event === "workflow_run" && trigger.types?.patterns.every(({ value }) => value === "completed"),
      );
      const hasEnded = this.of("run-ended").some((entry) => entry.run === upstream && entry.at < at);
      return asks && !hasEnded ? [`run ${run.id} begins before run ${upstream} has ended`] : [];
    });
  }

  private groupOf(text: string | undefined, run: number): string | undefined {
    const { ref, event } = this.trace.runs[run]!;
    const full = event === "pull_request" ? ref : /^v\d/.test(ref) ? `refs/tags/${ref}` : `refs/heads/${ref}`;
    return text?.replace(`\${{ github.ref }}`, full).toLowerCase();
  }

  /** From its first job to its end a run holds its group; a job from its start to its end. */
  heldTwice(): string[] {
    const holders = new Map<string, string>();
    const wrong: string[] = [];
    const take = (group: string | undefined, who: string, run: number) => {
      if (group === undefined) return;
      const other = holders.get(group);
      if (other !== undefined && other !== who) wrong.push(`${group} is held by ${other} and by ${who}`);
      holders.set(group, who);
      void run;
    };
    const give = (who: string) => {
      for (const [group, holder] of [...holders]) if (holder === who) holders.delete(group);
    };
    for (const entry of this.trace.entries) {
      if (entry.kind === "job-started") {
        const workflow = this.repository.workflows.find(({ file }) => file === this.trace.runs[entry.run]!.pipeline)!;
        take(this.groupOf(workflow.concurrency?.group.raw, entry.run), `run ${entry.run}`, entry.run);
        const { job } = this.written(entry.run, entry.path);
        take(this.groupOf(job.concurrency?.group.raw, entry.run), legKey(entry), entry.run);
        const called = job.kind === "call" && job.uses.kind === "local" ? job.uses.path : undefined;
        const inner = this.repository.workflows.find(({ file }) => file === called);
        take(this.groupOf(inner?.concurrency?.group.raw, entry.run), legKey(entry), entry.run);
      }
      if (entry.kind === "job-ended") give(legKey(entry));
      if (entry.kind === "run-ended") give(`run ${entry.run}`);
    }
    return wrong;
  }

  /** One waits, or any number in groups with a long queue; nobody there is dropped. */
  waitingInVain(): string[] {
    const wrong: string[] = [];
    const waiting = new Map<string, string[]>();
    const leave = (line: string[], who: string) => {
      const place = line.indexOf(who);
      if (place >= 0) line.splice(place, 1);
    };
    for (const entry of this.trace.entries) {
      if (entry.kind === "queued" || entry.kind === "dropped") {
        const group = entry.group.toLowerCase();
        const who = entry.path ? `${entry.run}#${entry.path.join("/")}` : `${entry.run}`;
        const line = waiting.get(group) ?? [];
        waiting.set(group, line);
        if (entry.kind === "queued") line.push(who);
        else leave(line, who);
        if (group.startsWith("m") && entry.kind === "dropped" && line.length < 99)
          wrong.push(`${who} is dropped from ${group}`);
        // A newcomer is recorded before the one whose place it takes; another may have the group but no job yet.
        if (!group.startsWith("m") && line.length > 3) wrong.push(`${line.length} wait for ${group}`);
      }
      if (entry.kind === "job-started" || entry.kind === "job-ended") {
        for (const line of waiting.values()) {
          leave(line, `${entry.run}#${entry.path.join("/")}`);
          leave(line, `${entry.run}`);
        }
      }
      if (entry.kind === "run-ended") for (const line of waiting.values()) leave(line, `${entry.run}`);
    }
    return wrong;
  }
}

export function ancestors(job: Job, siblings: readonly Job[]): Job[] {
  const found = new Set<Job>();
  const visit = (next: Job) => {
    for (const { value } of next.needs) {
      const need = siblings.find(({ id }) => id === value);
      if (!need || found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(job);
  return [...found];
}

function isForgiven(job: Job): boolean {
  return job.kind === "steps" && job.continueOnError?.kind === "known" && job.continueOnError.value;
}
