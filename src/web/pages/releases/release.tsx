/** One release: its way so far, what it holds, and what is between it and any other or what an environment has. */
import "./releases.css";
import { useEffect, useState } from "preact/hooks";
import { bytes } from "../../data/amounts.ts";
import { useMayOperate } from "../../data/may.ts";
import { merged } from "../../data/moments.ts";
import { markOfPlace } from "../../data/states.ts";
import { ask, useView } from "../../data/views.ts";
import type { Board, Notice, Release, ReleaseDiff, Releases, RunEvents } from "../../data/wire.ts";
import { Diff } from "../../parts/diff.tsx";
import { StateIcon } from "../../parts/icons.tsx";
import { moveAddress } from "../../parts/move.tsx";
import { Ago, Commit, Fact, Loading, Nothing, Problems } from "../../parts/parts.tsx";
import { TimeLine, useInTime } from "../../parts/time-line.tsx";
import { go, query, runAddress, withQuery } from "../../route.ts";

export function ReleasePage({ named }: { named: string }) {
  const { view: release, problem } = useView<Release>(`/api/releases/${encodeURIComponent(named)}`, "");
  const { view: board } = useView<Board>("/api/board", "");
  if (problem && release === undefined) {
    return (
      <Nothing isPage title={problem.title}>
        {problem.next && <p>{problem.next}</p>}
        <a class="link" href="/releases">
          All releases
        </a>
      </Nothing>
    );
  }
  if (release === undefined || board === undefined) return <Loading problem={problem} />;
  return <InTime release={release} board={board} />;
}

/** The release as it is now, or as it was at the moment that is asked for. */
function InTime({ release, board }: { release: Release; board: Board }) {
  const runs = [...new Set([release.run, ...release.visits.map(({ run }) => run)])];
  const [notices, setNotices] = useState<readonly Notice[]>();
  useEffect(() => {
    let isOver = false;
    const asked = runs.map((run) => ask<RunEvents>(`/api/runs/${encodeURIComponent(run)}/events`));
    void Promise.all(asked).then((answers) => {
      if (!isOver) setNotices(merged(answers.map((answer) => ("view" in answer ? answer.view.events : []))));
    });
    return () => {
      isOver = true;
    };
  }, [release]);
  const { shown, problem } = useInTime(release, `/api/releases/${release.release}`);
  if (shown === undefined) return <Loading problem={problem} />;
  return (
    <div class="release-page">
      <Head release={shown.view} />
      <Problems problem={problem} />
      <TimeLine hasNow notices={notices} />
      <Journey release={shown.view} board={board} isPast={shown.at !== undefined} />
      <div class="release-columns">
        <Compared release={shown.view} board={board} />
        <Holds release={shown.view} />
      </div>
    </div>
  );
}

function Head({ release: { release, subject, author, by, commit, branch, at, run, comment } }: { release: Release }) {
  return (
    <header class="release-head">
      <h1>
        Release {release}
        {subject && <span class="title-more">{subject}</span>}
      </h1>
      <dl class="facts">
        {author && <Fact name="Author">{author}</Fact>}
        <Fact name="Commit">
          <Commit commit={commit} />
          {branch && <span class="muted"> on {branch}</span>}
        </Fact>
        <Fact name="Made">
          <Ago at={at} />
          {by && <span class="muted"> by {by}</span>}
        </Fact>
        <Fact name="Run">
          <a class="link mono" href={runAddress(run)}>
            {run}
          </a>
        </Fact>
      </dl>
      {comment && <p class="muted">{comment}</p>}
    </header>
  );
}

/** What may be asked for a release in an environment; which of the two, is told by what is there now. */
function MoveLink({ release, board, to }: { release: Release; board: Board; to: string }) {
  const mayOperate = useMayOperate();
  const environment = board.environments.find(({ name }) => name === to);
  if (environment === undefined || !mayOperate(to)) return null;
  const here = Math.max(0, ...board.pipelines.map((pipeline) => pipeline.in[to]?.deployed?.release ?? 0));
  const state = release.environments.find((one) => one.environment === to)?.state;
  if (state === "here" || state === "under-way") return null;
  const isProvenBefore =
    environment.after.length > 0 && environment.after.every((name) => release.proven.includes(name));
  if (release.release >= here && isProvenBefore) {
    return (
      <a class="button" href={moveAddress("promotion", to, release.release)}>
        Promote to {to}
      </a>
    );
  }
  if (release.release > here || !release.proven.includes(to)) return null;
  return (
    <a class="button" href={moveAddress("rollback", to, release.release)}>
      Roll {to} back to {release.release}
    </a>
  );
}

const came = { run: "came with its run", promotion: "promoted", rollback: "rolled back to it" } as const;
const ended = { whole: "passed", part: "in part", open: "under way" } as const;

/** Environments from left to right; in each, every time the release came there. */
function Journey({ release, board, isPast }: { release: Release; board: Board; isPast: boolean }) {
  const places = new Map(release.environments.map(({ environment, state }) => [environment, state]));
  const names = new Set([...board.environments.map(({ name }) => name), ...places.keys()]);
  return (
    <ol class="panel journey" aria-label="Its way so far">
      {[...names].map((name) => {
        const state = places.get(name);
        const visits = release.visits.filter(({ environment }) => environment === name);
        return (
          <li key={name} class={state === undefined ? "is-ahead" : `state-${markOfPlace(state).state}`}>
            <span class="station">
              {state === undefined ? <i class="station-empty" /> : <StateIcon {...markOfPlace(state)} />}
            </span>
            <div class="journey-place">
              <h2>{name}</h2>
              {state === undefined ? (
                <span class="faint">not there yet</span>
              ) : (
                <span class={`state state-${markOfPlace(state).state} ${state === "here" ? "state-filled" : ""}`}>
                  {markOfPlace(state).word}
                </span>
              )}
            </div>
            <ul class="visits">
              {visits.map(({ run, kind, at, by, comment, outcome, answers }) => (
                <li key={`${run} ${at}`}>
                  <a href={runAddress(run)}>
                    {came[kind]} <Ago at={at} />
                  </a>
                  {by && <span class="muted"> by {by}</span>}
                  {outcome !== "whole" && <span class="muted">, {ended[outcome]}</span>}
                  {comment && <q>{comment}</q>}
                  {answers.map((answer) => (
                    <span key={answer.at} class="visit-answer">
                      {answer.answer} by {answer.by}
                      {answer.comment && <q>{answer.comment}</q>}
                    </span>
                  ))}
                </li>
              ))}
            </ul>
            {!isPast && <MoveLink release={release} board={board} to={name} />}
          </li>
        );
      })}
    </ol>
  );
}

/** What it holds, as it passed in the environment that is chosen. */
function Holds({ release: { proven, pipelines, parameters } }: { release: Release }) {
  const asked = query.value.get("in");
  const shown = asked !== null && proven.includes(asked) ? asked : proven.at(-1);
  if (shown === undefined) {
    return (
      <section class="panel release-part" aria-label="What it holds">
        <Nothing title="It is proven nowhere yet">
          <p>What it holds stands here once all of it has passed in an environment.</p>
        </Nothing>
      </section>
    );
  }
  const given = Object.entries(parameters);
  return (
    <section class="panel release-part" aria-label="What it holds">
      <div class="part-head">
        <h2>What it holds</h2>
        <nav class="choices" aria-label="Environment">
          {proven.map((name) => (
            <a key={name} href={withQuery({ in: name })} aria-current={name === shown ? "true" : undefined}>
              {name}
            </a>
          ))}
        </nav>
      </div>
      <ul class="holds">
        {pipelines.map(({ pipeline, versions }) => {
          const version = versions[shown];
          if (version === undefined) return null;
          const [outputs, artifacts] = [Object.entries(version.outputs), Object.entries(version.artifacts)];
          return (
            <li key={pipeline}>
              <h3>
                {pipeline}
                <span class="holds-commit">
                  <Commit commit={version.commit} />
                </span>
              </h3>
              {artifacts.length + outputs.length > 0 && (
                <dl class="diff-values">
                  {artifacts.map(([name, { digest, sizeBytes }]) => (
                    <Fact key={name} name={`file ${name}`}>
                      <code title={digest}>{digest.replace(/^sha256:/, "").slice(0, 12)}</code>{" "}
                      <span class="faint">{bytes(sizeBytes)}</span>
                    </Fact>
                  ))}
                  {outputs.map(([name, value]) => (
                    <Fact key={name} name={`output ${name}`}>
                      <code>{value}</code>
                    </Fact>
                  ))}
                </dl>
              )}
            </li>
          );
        })}
        {given.length > 0 && (
          <li>
            <h3>Parameters</h3>
            <dl class="diff-values">
              {given.map(([name, value]) => (
                <Fact key={name} name={name}>
                  <code>{value}</code>
                </Fact>
              ))}
            </dl>
          </li>
        )}
      </ul>
    </section>
  );
}

/** Against the one before it unless another, or an environment, is chosen. */
function Compared({ release: { release, changes }, board }: { release: Release; board: Board }) {
  const { view: all } = useView<Releases>("/api/releases?most=200", "");
  const chosen = query.value.get("from");
  const address =
    chosen === null ? undefined : `/api/compare?from=${encodeURIComponent(chosen)}&to=${encodeURIComponent(release)}`;
  const { view, problem } = useView<ReleaseDiff>(address, "");
  const diff = chosen === null ? changes : view;
  return (
    <section class="panel release-part" aria-label="What is different">
      <div class="part-head">
        <h2>Different from</h2>
        <select
          aria-label="Compared with"
          value={chosen ?? ""}
          onChange={({ currentTarget: { value } }) =>
            go(withQuery({ from: value === "" ? undefined : value }), { replace: true })
          }
        >
          {changes && <option value="">the release before it ({changes.from.release})</option>}
          {!changes && <option value="">choose one</option>}
          <optgroup label="What an environment has now">
            {board.environments.map(({ name }) => (
              <option key={name} value={name}>
                {name} now
              </option>
            ))}
          </optgroup>
          <optgroup label="Releases">
            {all?.releases
              .filter((one) => one.release !== release)
              .map(({ release: other, subject }) => (
                <option key={other} value={String(other)}>
                  {other} {subject}
                </option>
              ))}
          </optgroup>
        </select>
      </div>
      <div class="part-body">
        <Problems problem={problem} />
        {diff ? <Diff diff={diff} /> : chosen === null && <p class="muted">It is the first one.</p>}
      </div>
    </section>
  );
}
