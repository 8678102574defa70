/** Runs as a list, newest first; used by the board and by the page of all runs. */
import "./runs.css";
import { markOfRun, markOfWait, releaseMeant } from "../../data/states.ts";
import type { OpenRun, RunRecord } from "../../data/wire.ts";
import { Ago, Commit, StateMark, Took } from "../../parts/parts.tsx";
import { whyAddress } from "../../parts/why.tsx";
import { runAddress } from "../../route.ts";

export function RunTable({ runs, open }: { runs: readonly RunRecord[]; open: readonly OpenRun[] }) {
  const now = new Map(open.map((run) => [run.run, run]));
  return (
    <div class="panel runs-panel">
      <table class="runs">
        <thead class="hidden-text">
          <tr>
            <th scope="col">State</th>
            <th scope="col">Release</th>
            <th scope="col">Commit</th>
            <th scope="col">What it waits for</th>
            <th scope="col">Took</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.run} run={run} open={now.get(run.run)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ run, open }: { run: RunRecord; open: OpenRun | undefined }) {
  const first = open?.waiting.find(({ kind }) => kind === "elsewhere");
  return (
    <tr>
      <td>
        <StateMark mark={markOfRun(run, open?.status)} />
      </td>
      <td>
        <a class="run-link" href={runAddress(run.run)}>
          <b>{releaseMeant(run)}</b>
          <span class="hidden-text"> release, run {run.run}</span>
          {run.moves && <span class="run-kind"> {run.moves.kind}</span>}
        </a>
      </td>
      <td class="muted">
        <Commit commit={run.commit} />
      </td>
      <td class="runs-why">
        {first && (
          <a class={`state-${markOfWait(first.wait).state}`} href={whyAddress(run.run, first.subject)}>
            {first.wait.kind === "approval" ? `asks for ${first.wait.environment}` : `${first.subject} waits`}
          </a>
        )}
      </td>
      <td class="number muted">
        <Took
          ms={run.finishedAt === undefined ? undefined : run.finishedAt - run.createdAt}
          since={run.finishedAt === undefined ? run.createdAt : undefined}
        />
      </td>
      <td class="number faint">
        <Ago at={run.createdAt} />
      </td>
    </tr>
  );
}
