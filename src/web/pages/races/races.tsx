/** What `check` finds in the repository: each finding on the graph, with both sides lit, and the order that breaks step by step. */
import "../run/run.css";
import "./races.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useView } from "../../data/views.ts";
import type { Finding, Findings } from "../../data/wire.ts";
import { useKeys } from "../../keys.ts";
import { Glyph, StateIcon } from "../../parts/icons.tsx";
import { Loading, Nothing, StateMark } from "../../parts/parts.tsx";
import { go, query, withQuery } from "../../route.ts";
import { RunGraph } from "../run/graph.tsx";
import { factsAt, graphOf, stateOfSeverity } from "./replay.ts";

export function RacesPage() {
  const { view, problem } = useView<Findings>("/api/findings", "");
  if (view === undefined) {
    return (
      <div class="races">
        <h1>Races</h1>
        <Loading problem={problem} />
      </div>
    );
  }
  if (view.findings.length === 0) return <Clean view={view} />;
  return <Found view={view} />;
}

const counted = (n: number, name: string) => `${n} ${name}${n === 1 ? "" : "s"}`;

function readOf({ workflows, pipelines, rules }: Findings): string {
  return `${counted(workflows, "workflow")} and ${counted(pipelines, "pipeline")} read by ${rules} rules`;
}

function Clean({ view }: { view: Findings }) {
  const { workflows, pipelines, suppressed } = view;
  if (workflows + pipelines === 0) {
    return (
      <Nothing isPage title="There is nothing to check here">
        <p>No GitHub workflows and no CodePipelines lie in this repository.</p>
        <code class="command">baton check PATH</code>
      </Nothing>
    );
  }
  return (
    <Nothing isPage title="No race was found">
      <p>
        {readOf(view)}
        {suppressed > 0 && `, ${counted(suppressed, "finding")} accepted where they stand`}.
      </p>
      <a class="link" href="/map">
        The map
      </a>
    </Nothing>
  );
}

const order = ["error", "warning", "note"] as const;

function Found({ view }: { view: Findings }) {
  const findings = useMemo(
    () => view.findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity)),
    [view],
  );
  const asked = query.value.get("finding");
  const chosen = findings.find(({ id }) => id === asked) ?? findings[0]!;
  const at = findings.indexOf(chosen);
  const [box] = useState({ by: (_: 1 | -1) => {} });
  box.by = (by) => {
    const next = findings[at + by];
    if (next) go(withQuery({ finding: next.id, step: undefined }));
  };
  const [keys] = useState(() => [
    { keys: "j", does: "Next finding", act: () => box.by(1) },
    { keys: "k", does: "Finding before", act: () => box.by(-1) },
  ]);
  useKeys("Races", keys);
  return (
    <div class={`races ${asked === null ? "" : "has-chosen"}`}>
      <header class="races-head">
        <h1>
          Races
          <span class="title-more">{counted(findings.length, "finding")}</span>
        </h1>
        <span class="muted">{readOf(view)}</span>
      </header>
      <div class="races-columns">
        <nav class="panel races-list" aria-label="Findings">
          {findings.map((finding) => (
            <a
              key={finding.id}
              class={`race-line state-${stateOfSeverity[finding.severity]}`}
              href={withQuery({ finding: finding.id, step: undefined })}
              aria-current={finding === chosen ? "true" : undefined}
            >
              <StateIcon state={stateOfSeverity[finding.severity]} />
              <span>
                <b>
                  <span class="hidden-text">{finding.severity}: </span>
                  {finding.title ?? finding.rule}
                </b>
                <span class="race-place mono">
                  {finding.at.file}:{finding.at.line}
                </span>
              </span>
            </a>
          ))}
        </nav>
        <Race key={chosen.id} view={view} finding={chosen} />
      </div>
    </div>
  );
}

function Race({ view, finding }: { view: Findings; finding: Finding }) {
  const last = finding.replay.length - 1;
  const asked = query.value.get("step");
  const step = asked !== null && /^\d{1,4}$/.test(asked) ? Math.min(last, Number(asked)) : last;
  const graph = useMemo(() => graphOf(view.graph, finding), [view, finding]);
  const facts = useMemo(() => factsAt(graph, finding, step), [graph, finding, step]);
  const isBad = step === last;
  return (
    <article class="race">
      <a class="link races-back" href={withQuery({ finding: undefined, step: undefined })}>
        All findings
      </a>
      <header>
        <h2>{finding.title ?? finding.rule}</h2>
        <p>
          <StateMark filled mark={{ state: stateOfSeverity[finding.severity], word: finding.severity }} />{" "}
          <span class="muted">
            {[finding.kind, `${finding.confidence} confidence`].filter(Boolean).join(", ")} ·{" "}
            <span class="mono">{finding.rule}</span>
          </span>
        </p>
        <p class="race-message">
          <Said text={finding.message} />
        </p>
      </header>
      {graph.jobs.length > 0 && (
        <section class={`panel race-graph ${isBad ? "is-bad" : ""}`} aria-label="On the graph">
          {last > 0 && <Player finding={finding} step={step} />}
          <RunGraph graph={graph} facts={facts} chosen={undefined} once="" choose={() => {}} />
        </section>
      )}
      <div class="race-columns">
        <section class="panel race-part" aria-label="The order that breaks">
          <h3>The order that breaks</h3>
          {last > 0 ? (
            <ol class="race-steps">
              {finding.replay.map(({ words, isKey }, index) => (
                <li key={String(index)} class={`${isKey ? "is-key" : ""} ${index > step ? "is-ahead" : ""}`}>
                  <a href={withQuery({ step: String(index) })} aria-current={index === step ? "step" : undefined}>
                    {words}
                  </a>
                </li>
              ))}
            </ol>
          ) : (
            <ol class="race-steps">
              {finding.schedule.map((words, index) => (
                <li key={String(index)} class="is-key">
                  <span>{words}</span>
                </li>
              ))}
              {finding.schedule.length === 0 && <li class="muted">No order is needed: it is always so.</li>}
            </ol>
          )}
        </section>
        <section class="panel race-part" aria-label="What to do">
          <h3>Why it matters</h3>
          <p>
            <Said text={finding.why} />
          </p>
          <h3>What to do</h3>
          <p>
            <Said text={finding.help} />
          </p>
          {finding.url?.startsWith("https://") && (
            <a class="link" href={finding.url} target="_blank" rel="noreferrer">
              Documentation
            </a>
          )}
          <h3>Where</h3>
          <ul class="race-places">
            <li>
              <span class="mono">
                {finding.at.file}:{finding.at.line}
              </span>
            </li>
            {finding.related.map(({ file, line, message }) => (
              <li key={`${file} ${line} ${message}`}>
                <span class="mono">
                  {file}:{line}
                </span>{" "}
                <span class="muted">{message}</span>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </article>
  );
}

/** What stands between backticks is code. */
function Said({ text }: { text: string }) {
  return (
    <>{text.split("`").map((part, index) => (index % 2 === 1 ? <code key={String(index)}>{part}</code> : part))}</>
  );
}

const everyMs = 900;

/** Play, pause, and step by step; at the end is what must not happen. */
function Player({ finding, step }: { finding: Finding; step: number }) {
  const last = finding.replay.length - 1;
  const [isPlaying, setPlaying] = useState(false);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(last, to));
    go(withQuery({ step: next === last ? undefined : String(next) }), { replace: true });
  };
  useEffect(() => {
    if (!isPlaying) return;
    if (step >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => move(step + 1), everyMs);
    return () => clearTimeout(timer);
  }, [isPlaying, step]);
  const [box] = useState({ by: (_: 1 | -1) => {}, play: () => {} });
  box.by = (by) => {
    setPlaying(false);
    move(step + by);
  };
  box.play = () => {
    if (!isPlaying && step >= last) move(0);
    setPlaying(!isPlaying);
  };
  const [keys] = useState(() => [
    { keys: " ", does: "Play or pause", act: () => box.play() },
    { keys: "[", does: "A step back", act: () => box.by(-1) },
    { keys: "]", does: "A step on", act: () => box.by(1) },
  ]);
  useKeys("The order that breaks", keys);
  const moment = finding.replay[step]!;
  return (
    <div class="player">
      <button
        type="button"
        class="button button-plain button-icon"
        title="Play or pause (space)"
        onClick={() => box.play()}
      >
        <Glyph name={isPlaying ? "pause" : "play"} />
        <span class="hidden-text">{isPlaying ? "Pause" : "Play"}</span>
      </button>
      <button
        type="button"
        class="button button-plain button-icon"
        disabled={step === 0}
        title="A step back ([)"
        onClick={() => box.by(-1)}
      >
        <Glyph name="before" />
        <span class="hidden-text">A step back</span>
      </button>
      <button
        type="button"
        class="button button-plain button-icon"
        disabled={step === last}
        title="A step on (])"
        onClick={() => box.by(1)}
      >
        <Glyph name="next" />
        <span class="hidden-text">A step on</span>
      </button>
      <p role="status">
        <span class="faint">
          {step + 1} of {last + 1}
        </span>
        <span class={moment.isKey ? "is-key" : ""}>{moment.words}</span>
        {step === last && (
          <span class="state state-failed player-end">
            <StateIcon state="failed" />
            this must not be
          </span>
        )}
      </p>
    </div>
  );
}
