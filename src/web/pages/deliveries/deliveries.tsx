/** All deliveries of a server: what is where in each, what moves, what waits and what is wrong. */
import "./deliveries.css";
import type { Mark } from "../../data/states.ts";
import { noRun, useView } from "../../data/views.ts";
import type { Board, BoardEnvironment, Deliveries } from "../../data/wire.ts";
import { markOfFreeze } from "../../parts/freeze.tsx";
import { Ago, Nothing, Problems, StateMark } from "../../parts/parts.tsx";

export function DeliveriesPage() {
  const { view, problem } = useView<Deliveries>("/api/deliveries", noRun);
  return (
    <div class="deliveries-page">
      <h1 class="hidden-text">Deliveries</h1>
      <Problems problem={problem} />
      {view === undefined && problem === undefined && <div class="ghost deliveries-ghost">…</div>}
      {view !== undefined && (
        <ul class="deliveries">
          {view.deliveries.map((one) => (
            <Delivery key={one.name} {...one} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Delivery({ name, problem: notServed }: Deliveries["deliveries"][number]) {
  const { view: board, problem } = useView<Board>(notServed ? undefined : `/d/${name}/api/board`, name);
  const at = `/d/${name}/`;
  const isEmpty = board !== undefined && board.environments.length === 0;
  return (
    <li class="delivery">
      <h2>
        <a href={at}>{name}</a>
      </h2>
      <div class="delivery-said">
        <Problems problem={notServed ?? problem} />
        {isEmpty && <Nothing title="It has no environments" />}
        {board !== undefined && (
          <ol class="delivery-places">
            {board.environments.map((environment) => (
              <Place key={environment.name} environment={environment} board={board} at={at} />
            ))}
          </ol>
        )}
      </div>
    </li>
  );
}

function Place({ environment, board, at }: { environment: BoardEnvironment; board: Board; at: string }) {
  const cells = board.pipelines.flatMap((pipeline) => pipeline.in[environment.name] ?? []);
  const deployed = cells.flatMap((cell) => cell.deployed ?? []);
  const releases = deployed.map(({ release }) => release);
  const [least, most] = [Math.min(...releases), Math.max(...releases)];
  const marks = marksOf(environment, cells);
  return (
    <li>
      <a class="delivery-place" href={at}>
        <span class="delivery-environment">{environment.name}</span>
        {releases.length > 0 && (
          <>
            <span class="hidden-text">release </span>
            <b class="release">{least === most ? most : `${least} to ${most}`}</b>
            <span class="age">
              <Ago at={Math.max(...deployed.map((one) => one.at))} bare />
            </span>
          </>
        )}
        {marks.map((mark) => (
          <StateMark key={mark.word} mark={mark} filled={mark.state !== "passed"} />
        ))}
        {releases.length === 0 && marks.length === 0 && <span class="cell-empty">not deployed</span>}
      </a>
    </li>
  );
}

/** Only what is not as everybody expects, else that all is well. */
function marksOf({ holder, asks, freeze, drift }: BoardEnvironment, cells: Board["pipelines"][number]["in"][string][]) {
  const failed = cells.find((cell) => cell.failed !== undefined && cell.coming?.run !== cell.failed.run)?.failed;
  const marks: Mark[] = [
    ...(failed ? [{ state: "failed", word: `${failed.release} failed` } as const] : []),
    ...(drift?.found === "differs" ? [{ state: "failed", word: "has drifted" } as const] : []),
    ...asks.map(({ release }) => ({ state: "asking", word: `${release} asks` }) as const),
    ...(holder ? [{ state: "running", word: `${holder.release} deploys` } as const] : []),
    ...(freeze ? [markOfFreeze(freeze)] : []),
  ];
  const isWell = marks.length === 0 && cells.some((cell) => cell.deployed !== undefined);
  return isWell ? [{ state: "passed", word: "passed" } as const] : marks;
}
