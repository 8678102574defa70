/** Runs as a list, newest first; used by the board and by the page of all runs. */
import "./runs.css";
import { markOfRun, markOfWait, releaseMeant } from "../../data/states.ts";
import { useView } from "../../data/views.ts";
import type { ListedRelease, OpenRun, Releases, RunRecord } from "../../data/wire.ts";
import { Ago, Commit, StateMark, Took } from "../../parts/parts.tsx";
import { whyAddress } from "../../parts/why.tsx";
import { runAddress } from "../../route.ts";

export function RunTable({ runs, open }: { runs: readonly RunRecord[]; open: readonly OpenRun[] }) {
  const now = new Map(open.map((run) => [run.run, run]));
  const { view } = useView<Releases>("/api/releases?most=200", "");
  const releases = new Map(view?.releases.map((one) => [one.release, one]));
  return (
    <div class="panel runs-panel">
      <table class="runs">
        <thead class="hidden-text">
          <tr>
            <th scope="col">State</th>
            <th scope="col">Release</th>
            <th scope="col">Change, and what it waits for</th>
            <th scope="col">Commit</th>
            <th scope="col">Took</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.run} run={run} open={now.get(run.run)} release={releases.get(releaseMeant(run))} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Shown {
  run: RunRecord;
  open: OpenRun | undefined;
  release: ListedRelease | undefined;
}

function Row({ run, open, release }: Shown) {
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
      <td class="runs-what">
        <div>
          <span class="runs-subject" title={release?.subject}>
            {release?.subject}
          </span>
          <span class="runs-author faint">{release?.author}</span>
          {first && (
            <a class={`runs-why state-${markOfWait(first.wait).state}`} href={whyAddress(run.run, first.subject)}>
              {first.wait.kind === "approval" ? `asks for ${first.wait.environment}` : `${first.subject} waits`}
            </a>
          )}
        </div>
      </td>
      <td class="runs-commit muted">
        <Commit commit={run.commit} />
      </td>
      <td class="runs-took number muted">
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
