/** All releases, newest first, each with its way through the environments so far. */
import "./releases.css";
import { markOfPlace } from "../../data/states.ts";
import { useView } from "../../data/views.ts";
import type { Board, ListedRelease, Releases } from "../../data/wire.ts";
import { Ago, Commit, Loading, Nothing, Problems, StateMark } from "../../parts/parts.tsx";
import { releaseAddress } from "../../route.ts";

export function ReleasesPage() {
  const { view, problem } = useView<Releases>("/api/releases?most=200", "");
  const { view: board } = useView<Board>("/api/board", "");
  if (view === undefined || board === undefined) return <Loading problem={problem} />;
  const environments = namesOf(board, view);
  return (
    <div class="releases-page">
      <h1>Releases</h1>
      <Problems problem={problem} />
      {view.releases.length === 0 ? (
        <Nothing title="There is no release yet">
          <p>A run makes one; it is proven in an environment once everything has passed there.</p>
          <code class="command">baton run</code>
        </Nothing>
      ) : (
        <div class="panel releases-panel">
          <table class="rows releases">
            <thead>
              <tr>
                <th scope="col">Release</th>
                <th scope="col">Change</th>
                {environments.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
                <th scope="col" class="number">
                  Made
                </th>
              </tr>
            </thead>
            <tbody>
              {view.releases.map((release) => (
                <Row key={release.release} release={release} environments={environments} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

/** Those of today, and behind them those that only older releases were in. */
function namesOf(board: Board, { releases }: Releases): string[] {
  const known = releases.flatMap(({ environments }) => environments.map(({ environment }) => environment));
  return [...new Set([...board.environments.map(({ name }) => name), ...known])];
}

function Row({ release, environments }: { release: ListedRelease; environments: readonly string[] }) {
  const { release: number, subject, author, by, commit, at } = release;
  return (
    <tr>
      <td>
        <a class="row-link" href={releaseAddress(number)}>
          <span class="hidden-text">Release </span>
          <b>{number}</b>
        </a>
      </td>
      <td class="releases-change">
        <div>
          <span class="releases-subject">{subject ?? <Commit commit={commit} />}</span>
          <span class="faint">{author ?? by}</span>
        </div>
      </td>
      {environments.map((name) => {
        const place = release.environments.find(({ environment }) => environment === name);
        return (
          <td key={name} class="place" data-environment={name}>
            {place && <StateMark filled={place.state === "here"} mark={markOfPlace(place.state)} />}
          </td>
        );
      })}
      <td class="number faint">
        <Ago at={at} />
      </td>
    </tr>
  );
}
