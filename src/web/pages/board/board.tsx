/** The board: what is where, what moves, what waits for you and what is wrong. */
import "./board.css";
import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { now } from "../../data/live.ts";
import { useMayOperate } from "../../data/may.ts";
import type { Mark } from "../../data/states.ts";
import { exactly, roughly } from "../../data/time.ts";
import { useView } from "../../data/views.ts";
import type { Board, BoardCell, BoardEnvironment, Status } from "../../data/wire.ts";
import { useKeys } from "../../keys.ts";
import { freezeAddress, markOfFreeze } from "../../parts/freeze.tsx";
import { Glyph, StateIcon } from "../../parts/icons.tsx";
import { moveAddress } from "../../parts/move.tsx";
import { Ago, Commit, Nothing, Problems, StateMark } from "../../parts/parts.tsx";
import { go, releaseAddress, runAddress } from "../../route.ts";
import { RunTable } from "../runs/run-table.tsx";
import { Attention } from "./attention.tsx";
import { moveInGrid } from "./grid-keys.ts";
import { twigs } from "./tree.ts";

/** The release that is pointed at, lit up wherever it is. */
const lit = signal<number | undefined>(undefined);

export function BoardPage() {
  const { view: board, problem } = useView<Board>("/api/board", "");
  const { view: status } = useView<Status>("/api/status?most=12", "");
  if (board === undefined) return problem ? <Problems problem={problem} /> : <Ghost />;
  const isEmpty = status !== undefined && status.runs.length === 0;
  return (
    <div class="board-page">
      <h1 class="hidden-text">{board.delivery}</h1>
      <Problems problem={problem} />
      <Attention board={board} open={status?.open ?? []} untold={status?.untold ?? []} />
      <div class="board-columns">
        <Matrix board={board} status={status} />
        {isEmpty ? (
          <Nothing title="Nothing was deployed yet">
            <p>The definition is read and in order. The first run shows up here by itself.</p>
            <code class="command">baton run</code>
          </Nothing>
        ) : (
          <section aria-label="Latest runs" class="board-runs">
            <div class="section-head">
              <h2>Latest runs</h2>
              <a class="link" href="/runs">
                All
              </a>
            </div>
            {status && <RunTable runs={status.runs} open={status.open} />}
          </section>
        )}
      </div>
    </div>
  );
}

function Matrix({ board, status }: { board: Board; status: Status | undefined }) {
  const { delivery, environments, pipelines } = board;
  const table = useRef<HTMLTableElement>(null);
  useKeys("Board", boardKeys);
  const lines = twigs(pipelines);
  return (
    <section aria-label="What is where" class="board">
      <table ref={table} class="matrix" onKeyDown={(event) => moveInGrid(event, table.current!)}>
        <caption class="hidden-text">Releases by pipeline and environment</caption>
        <thead>
          <tr>
            <th scope="col" class="matrix-corner">
              {delivery}
            </th>
            {environments.map((environment, at) => (
              <>
                {at > 0 && <Ahead pipelines={pipelines} from={environments[at - 1]!} to={environment} />}
                <th scope="col" key={environment.name}>
                  <Environment environment={environment} hasAny={hasAny(pipelines, environment.name)} />
                  {status && <ByItself status={status} name={environment.name} />}
                </th>
              </>
            ))}
          </tr>
        </thead>
        <tbody>
          {pipelines.map((pipeline, row) => (
            <tr key={pipeline.name}>
              <th scope="row">
                <span class="twig">
                  {lines[row]!.rails.map((goesOn, level) => (
                    <i key={String(level)} class={goesOn ? "rail" : ""} />
                  ))}
                  {lines[row]!.depth > 0 && <i class={lines[row]!.isLast ? "elbow" : "rail branch"} />}
                  <span class="pipeline" title={pipeline.description}>
                    {pipeline.name}
                  </span>
                </span>
              </th>
              {environments.map(({ name }, at) => {
                const cell = pipeline.in[name];
                const before = at > 0 ? pipeline.in[environments[at - 1]!.name] : undefined;
                return (
                  <>
                    {at > 0 && <Step from={before} to={cell} />}
                    <td key={name} data-environment={name} class={isLit(cell) ? "is-lit" : ""}>
                      <Cell cell={cell} place={`${pipeline.name} in ${name}`} />
                    </td>
                  </>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Of the cell that has the focus. */
function goFromHere(addressOf: (environment: string) => string): void {
  const environment = document.activeElement?.closest<HTMLElement>("td[data-environment]")?.dataset.environment;
  if (environment !== undefined) go(addressOf(environment));
}

const boardKeys = [
  {
    keys: "p",
    does: "Promote to the environment that has the focus",
    act: () => goFromHere((to) => moveAddress("promotion", to)),
  },
  {
    keys: "r",
    does: "Roll back the environment that has the focus",
    act: () => goFromHere((to) => moveAddress("rollback", to)),
  },
  { keys: "f", does: "Freeze or thaw the environment that has the focus", act: () => goFromHere(freezeAddress) },
];

const isLit = (cell: BoardCell | undefined) => lit.value !== undefined && cell?.deployed?.release === lit.value;

function Cell({ cell, place }: { cell: BoardCell | undefined; place: string }) {
  if (cell === undefined) return <span class="cell-empty">not deployed</span>;
  const { deployed, coming, failed } = cell;
  const point = (release: number | undefined) => () => {
    lit.value = release;
  };
  return (
    <div class="cell">
      {deployed && (
        <a
          class="cell-main"
          data-cell
          href={releaseAddress(deployed.release)}
          onPointerEnter={point(deployed.release)}
          onPointerLeave={point(undefined)}
          onFocus={point(deployed.release)}
          onBlur={point(undefined)}
        >
          <span class="state state-passed">
            <StateIcon state="passed" />
          </span>
          <span class="hidden-text">{place}: release </span>
          <b class="release">{deployed.release}</b>
          <Commit commit={deployed.commit} />
          <span class="age">
            <Ago at={deployed.at} bare />
          </span>
        </a>
      )}
      {coming && <Also mark={comingMark(coming.status)} release={coming.release} to={runAddress(coming.run)} />}
      {failed && coming?.run !== failed.run && (
        <Also
          mark={{ state: "failed", word: "failed" }}
          release={failed.release}
          to={runAddress(failed.run, failed.job)}
        />
      )}
    </div>
  );
}

const comingMark = (status: "running" | "waiting"): Mark =>
  status === "running" ? { state: "running", word: "deploying" } : { state: "waiting", word: "on its way" };

function Also({ mark, release, to }: { mark: Mark; release: number; to: string }) {
  return (
    <a class="cell-also" data-cell href={to}>
      <StateMark mark={mark} />
      <b>{release}</b>
    </a>
  );
}

const hasAny = (pipelines: Board["pipelines"], name: string) =>
  pipelines.some((pipeline) => pipeline.in[name]?.deployed !== undefined);

function Environment({ environment, hasAny }: { environment: BoardEnvironment; hasAny: boolean }) {
  const { name, holder, queue, asks, reviewers, freeze, window, drift } = environment;
  const mayOperate = useMayOperate();
  return (
    <div class="environment">
      <span class="environment-name">{name}</span>
      {holder && (
        <a href={runAddress(holder.run)} title={heldWords(holder)}>
          <StateMark filled mark={{ state: "running", word: `${holder.release} deploys` }} />
        </a>
      )}
      {asks.map(({ run, release }) => (
        <a key={run} href={`/approvals?run=${run}&environment=${name}`}>
          <StateMark filled mark={{ state: "asking", word: `${release} asks` }} />
        </a>
      ))}
      {queue.length > 0 && (
        <span class="environment-note" title={queue.map(waiterWords).join(", ")}>
          {queue.length} in line
        </span>
      )}
      {window !== undefined && !freeze && <WindowNote window={window} />}
      {drift && <DriftNote drift={drift} />}
      {!holder && !freeze && window?.isOpen !== false && asks.length === 0 && queue.length === 0 && (
        <span class="environment-note" title={reviewers.length > 0 ? `approved by ${reviewers.join(", ")}` : undefined}>
          free
        </span>
      )}
      {freeze && (
        <a href={freezeAddress(name)} title={`${freeze.by}: ${freeze.reason}`}>
          <StateMark filled mark={markOfFreeze(freeze)} />
        </a>
      )}
      {!freeze && mayOperate(name) && (
        <a
          class="button button-plain button-icon environment-freeze"
          href={freezeAddress(name)}
          title={`Freeze ${name}`}
        >
          <Glyph name="freeze" />
          <span class="hidden-text">Freeze {name}</span>
        </a>
      )}
      {hasAny && mayOperate(name) && (
        <a class="button button-plain button-icon environment-back" href={moveAddress("rollback", name)}>
          <Glyph name="back" />
          <span class="hidden-text">Roll {name} back</span>
        </a>
      )}
    </div>
  );
}

/** What is promoted here by itself, and when, or why what could be is not. */
function ByItself({ status: { promotions = [], held = [] }, name }: { status: Status; name: string }) {
  const next = promotions.find(({ environment }) => environment === name);
  const stays = held.find(({ environment }) => environment === name);
  if (next === undefined && stays === undefined) return null;
  const [mark, title]: [Mark, string] =
    next === undefined
      ? [{ state: "skipped", word: `${stays!.release} stays` }, stays!.text]
      : next.at > now.value
        ? [{ state: "waiting", word: `${next.release} in ${roughly(next.at - now.value)}` }, byItself(next)]
        : [{ state: "waiting", word: `${next.release} is next` }, byItself(next)];
  return (
    <span class="environment" title={title}>
      <StateMark filled mark={mark} />
    </span>
  );
}

const byItself = ({ release, branch, at }: NonNullable<Status["promotions"]>[number]) =>
  `Release ${release} goes on by itself from ${exactly(at)}, by a server that delivers ${branch}`;

function heldWords({ since, leftMs }: NonNullable<BoardEnvironment["holder"]>): string {
  const held = since === undefined ? "" : `for ${roughly(now.value - since)}`;
  return [held, leftMs === undefined ? "" : `about ${roughly(leftMs)} left`].filter((text) => text !== "").join(", ");
}

function waiterWords({ release, since, startsInMs }: BoardEnvironment["queue"][number]): string {
  const waits = since === undefined ? "" : ` waits for ${roughly(now.value - since)}`;
  return `release ${release}${waits}${startsInMs === undefined ? "" : `, its turn in about ${roughly(startsInMs)}`}`;
}

/** Only while it keeps something out: an open window is what everybody expects. */
function WindowNote({ window }: { window: NonNullable<BoardEnvironment["window"]> }) {
  if (window.isOpen || window.opensAt === undefined) return null;
  return (
    <span title={`The next change window opens ${exactly(window.opensAt)}`}>
      <StateMark filled mark={{ state: "blocked", word: `closed, opens in ${roughly(window.opensAt - now.value)}` }} />
    </span>
  );
}

function DriftNote({ drift: { found, at, jobs } }: { drift: NonNullable<BoardEnvironment["drift"]> }) {
  const said = jobs.map(({ job, said: lines }) => [job, ...lines].join("\n")).join("\n\n");
  if (found === "same") {
    return (
      <span class="environment-note" title="As it was deployed, when somebody looked last">
        no drift <Ago at={at} />
      </span>
    );
  }
  const mark: Mark =
    found === "differs" ? { state: "failed", word: "has drifted" } : { state: "blocked", word: "drift unknown" };
  return (
    <span title={`${said}\n${exactly(at)}`}>
      <StateMark filled mark={mark} />
    </span>
  );
}

/** Between two environments: how many pipelines have gone further in the one before. */
function Ahead({
  pipelines,
  from,
  to,
}: {
  pipelines: Board["pipelines"];
  from: BoardEnvironment;
  to: BoardEnvironment;
}) {
  const countOf = (is: (from: BoardCell | undefined, to: BoardCell | undefined) => boolean) =>
    pipelines.filter((pipeline) => is(pipeline.in[from.name], pipeline.in[to.name])).length;
  const ahead = countOf(isAhead);
  const behind = countOf((here, there) => isAhead(there, here));
  const [said, sign] =
    ahead > 0
      ? [`${ahead} of ${pipelines.length} ahead in ${from.name}`, `${ahead} →`]
      : behind > 0
        ? [`${behind} of ${pipelines.length} ahead in ${to.name}`, `← ${behind}`]
        : [`${to.name} has what ${from.name} has`, "="];
  const mayOperate = useMayOperate();
  const shown = (
    <>
      <span aria-hidden="true">{sign}</span>
      <span class="hidden-text">{said}</span>
    </>
  );
  const isNext = ahead > 0 && to.after.includes(from.name) && mayOperate(to.name);
  return (
    <td class="between" title={said}>
      {isNext ? (
        <a class="promote" href={moveAddress("promotion", to.name)} title={`${said}: promote to ${to.name}`}>
          {shown}
          <span class="hidden-text">: promote to {to.name}</span>
        </a>
      ) : (
        shown
      )}
    </td>
  );
}

function Step({ from, to }: { from: BoardCell | undefined; to: BoardCell | undefined }) {
  return (
    <td class="between" aria-hidden="true">
      {isAhead(from, to) ? <span class="arrow" /> : <span class="same" />}
    </td>
  );
}

function isAhead(from: BoardCell | undefined, to: BoardCell | undefined): boolean {
  return (from?.deployed?.release ?? 0) > (to?.deployed?.release ?? 0);
}

/** The shape of the page while the first answer is on its way: nothing jumps when it comes. */
function Ghost() {
  return (
    <div class="board-page" aria-busy="true">
      <div class="board ghost-board">
        {Array.from({ length: 5 }, (_, row) => (
          <div class="ghost" key={String(row)}>
            …
          </div>
        ))}
      </div>
    </div>
  );
}
