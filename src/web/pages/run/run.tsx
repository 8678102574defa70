/** One run: what it consists of, how far it is, what it waits for, and what its jobs print. */
import "./run.css";
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { now } from "../../data/live.ts";
import { markOfRun, markOfWait, releaseMeant } from "../../data/states.ts";
import { duration, exactly } from "../../data/time.ts";
import { useView } from "../../data/views.ts";
import type { Graph, Notice, Releases, Run, RunEvents } from "../../data/wire.ts";
import { useKeys } from "../../keys.ts";
import { Glyph, StateIcon } from "../../parts/icons.tsx";
import { Ago, Commit, Fact, Loading, Nothing, Problems, StateMark } from "../../parts/parts.tsx";
import { momentAsked, TimeLine, useInTime } from "../../parts/time-line.tsx";
import { whyAddress } from "../../parts/why.tsx";
import { go, query, releaseAddress, withQuery } from "../../route.ts";
import { RunDeeds } from "./deeds.tsx";
import { Gantt } from "./gantt.tsx";
import { RunGraph } from "./graph.tsx";
import { Log } from "./log.tsx";
import { factsOf, markOf } from "./node-state.ts";

export function RunPage({ named }: { named: string }) {
  const address = `/api/runs/${encodeURIComponent(named)}`;
  // Asked for by its release, its id is not known before the first answer: anything may be about it then.
  const [id, setId] = useState("");
  const { view: run, problem } = useView<Run>(address, id);
  const { view: graph, problem: graphProblem } = useView<Graph>(`${address}/graph`, undefined);
  if (run !== undefined && run.run !== id) setId(run.run);
  if (problem && run === undefined) {
    return (
      <Nothing isPage title={problem.title}>
        {problem.next && <p>{problem.next}</p>}
        <a class="link" href="/runs">
          All runs
        </a>
      </Nothing>
    );
  }
  if (run === undefined || graph === undefined) return <Loading problem={graphProblem} />;
  return <InTime run={run} graph={graph} />;
}

/** The run as it is now, or as it was at the moment that is asked for. */
function InTime({ run, graph }: { run: Run; graph: Graph }) {
  const [isOpen, setOpen] = useState(false);
  const at = momentAsked();
  const address = `/api/runs/${encodeURIComponent(run.run)}`;
  // While a run goes on its events are asked for again with each of them, so only for whoever wants to go back.
  const isShown = isOpen || at !== undefined || run.finishedAt !== undefined;
  const { view: told } = useView<RunEvents>(isShown ? `${address}/events` : undefined, run.run);
  const { shown, problem } = useInTime(run, address);
  if (shown === undefined) return <Loading problem={problem} />;
  const moment = shown.at === undefined ? undefined : told?.events.findLast(({ seq }) => seq <= shown.at!);
  if (shown.at !== undefined && moment === undefined) return <Loading problem={problem} />;
  return (
    <Shown run={shown.view} graph={graph} moment={moment}>
      <Problems problem={problem} />
      {isShown ? <TimeLine notices={told?.events} /> : <GoBack open={() => setOpen(true)} />}
    </Shown>
  );
}

function GoBack({ open }: { open(): void }) {
  const [keys] = useState(() => [{ keys: "[", does: "Go back in time", act: open }]);
  useKeys("Time", keys);
  return (
    <button type="button" class="button button-plain run-back" onClick={open}>
      <Glyph name="past" />
      Go back in time
    </button>
  );
}

interface Showing {
  run: Run;
  graph: Graph;
  /** The last thing that had happened; absent: it is now. */
  moment: Notice | undefined;
  children: ComponentChildren;
}

function Shown({ run, graph, moment, children }: Showing) {
  const facts = useMemo(() => factsOf(run, graph, moment?.at), [run, graph, moment]);
  const asked = query.value.get("job");
  const chosen = asked ?? jobToShow(run);
  const choose = (job: string) => go(withQuery({ job, line: undefined, attempt: undefined, find: undefined }));
  const planned = graph.jobs.find(({ id }) => id === chosen);
  useRunKeys(run, chosen, choose);
  return (
    <div class="run">
      <Head run={run} moment={moment} />
      {children}
      {moment === undefined && <Waits run={run} />}
      <section class="panel run-graph" aria-label="Jobs in order">
        <RunGraph graph={graph} facts={facts} chosen={chosen} choose={choose} />
      </section>
      <div class="run-columns">
        <section class="panel" aria-label="Jobs over time">
          <Gantt run={run} graph={graph} facts={facts} chosen={chosen} choose={choose} />
        </section>
        <div class="panel run-log">
          {planned ? (
            <Log
              key={planned.id}
              run={run.run}
              planned={planned}
              job={facts.jobs.get(planned.id)}
              mark={markOf(planned, facts)}
              until={moment?.at}
            />
          ) : (
            <Nothing title="No job has started yet" />
          )}
        </div>
      </div>
    </div>
  );
}

/** What somebody who opens the page wants to read: what failed first, else what runs, else what ended last. */
function jobToShow({ jobs }: Run): string | undefined {
  const started = jobs.filter((job) => job.startedAt !== undefined).sort((a, b) => a.startedAt! - b.startedAt!);
  const failed = started.find(({ status }) => status === "failed");
  return (failed ?? started.find(({ status }) => status === "running") ?? started.at(-1) ?? jobs[0])?.id;
}

function titleOf({ release, moves }: Run): string {
  if (moves === undefined) return `Release ${release}`;
  return moves.kind === "rollback" ? `Rollback to release ${moves.release}` : `Promotion of release ${moves.release}`;
}

function Head({ run, moment }: { run: Run; moment: Notice | undefined }) {
  const done = run.jobs.filter(({ durationMs, status }) => durationMs !== undefined || status === "skipped").length;
  const isOver = run.finishedAt !== undefined;
  const { view: releases } = useView<Releases>("/api/releases?most=200", "");
  const release = releases?.releases.find(({ release }) => release === releaseMeant(run));
  return (
    <header class="run-head">
      <h1>
        <a href={releaseAddress(releaseMeant(run))}>{titleOf(run)}</a>
        {release?.subject && <span class="title-more">{release.subject}</span>}
      </h1>
      <StateMark
        filled
        mark={markOfRun(run.conclusion === "waiting" ? undefined : { conclusion: run.conclusion }, run.status)}
      />
      <dl>
        <Fact name="Commit">
          <Commit commit={run.commit} />
        </Fact>
        <Fact name="Path">{run.path.join(" → ")}</Fact>
        <Fact name="Began">
          <Ago at={run.createdAt} />
        </Fact>
        <Fact name={isOver ? "Took" : "For"}>
          {duration(isOver ? run.durationMs : Math.max(0, (moment?.at ?? now.value) - run.createdAt))}
        </Fact>
        <Fact name="Jobs">
          {done} of {run.jobs.length}
        </Fact>
        {run.cancelledBy && <Fact name="Cancelled by">{run.cancelledBy}</Fact>}
        <div class="run-id">
          <dt>Run</dt>
          <dd class="mono">{run.run}</dd>
        </div>
      </dl>
      {moment === undefined ? <RunDeeds run={run} /> : <p class="run-then">As it was at {exactly(moment.at)}</p>}
    </header>
  );
}

/** What keeps it from going on, as far as that is not just its own jobs. */
function Waits({ run }: { run: Run }) {
  const elsewhere = run.waiting.filter(({ kind }) => kind === "elsewhere");
  if (elsewhere.length === 0) return null;
  const [first] = elsewhere as [(typeof elsewhere)[number]];
  const { state } = markOfWait(first.wait);
  return (
    <div class={`run-waits state-${state}`}>
      <StateIcon state={state} />
      <span>
        {first.wait.kind === "approval" ? (
          <>
            Asks {first.wait.reviewers.join(", ") || "for an answer"} whether it may go to{" "}
            <b>{first.wait.environment}</b>
          </>
        ) : (
          <>
            <b>{first.subject}</b> waits
            {first.wait.kind === "lock" && first.wait.holder && (
              <>
                {" "}
                until run {first.wait.holder} has left <b>{first.wait.environment}</b>
              </>
            )}
            {first.wait.kind === "owner" && ": nobody goes on with this run"}
          </>
        )}
        {elsewhere.length > 1 && <span class="muted"> and {elsewhere.length - 1} more</span>}
      </span>
      <a class="button" href={whyAddress(run.run, first.subject)}>
        Why
      </a>
      {first.wait.kind === "approval" && (
        <a class="button button-first" href={`/approvals?run=${run.run}&environment=${first.wait.environment}`}>
          Review
        </a>
      )}
    </div>
  );
}

/** `j` and `k` go through the jobs in the order in which they started. */
function useRunKeys(run: Run, chosen: string | undefined, choose: (job: string) => void): void {
  const started = run.jobs.filter((job) => job.startedAt !== undefined).sort((a, b) => a.startedAt! - b.startedAt!);
  const [box] = useState({ move: (_: 1 | -1) => {}, why: () => {} });
  box.move = (by) => {
    const next = started[started.findIndex(({ id }) => id === chosen) + by];
    if (next) choose(next.id);
  };
  box.why = () => {
    const subject = run.waiting.find((one) => one.subject === chosen) ?? run.waiting[0];
    if (subject) go(whyAddress(run.run, subject.subject));
  };
  const [keys] = useState(() => [
    { keys: "j", does: "Next job", act: () => box.move(1) },
    { keys: "k", does: "Job before", act: () => box.move(-1) },
    { keys: "w", does: "Why is it not running?", act: () => box.why() },
  ]);
  useKeys("Run", keys);
}
