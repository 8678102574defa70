/** How the delivery goes: one question for each chart, and the numbers beside their bars. */
import "./figures.css";
import { useEffect } from "preact/hooks";
import { askAgain, noRun, useView } from "../../data/views.ts";
import type { Report } from "../../data/wire.ts";
import { Loading, Nothing, Problems, StateMark } from "../../parts/parts.tsx";
import { query, withQuery } from "../../route.ts";
import { type Bar, type Chart, chartsOf, isEmpty, type Row } from "./charts.ts";

const spans = [
  { days: 7, said: "7 days" },
  { days: 30, said: "30 days" },
  { days: 90, said: "90 days" },
  { days: 365, said: "a year" },
] as const;

const usual = 90;
/** No event says that a figure has changed, as most of them change a little with each. */
const againMs = 60_000;

export function FiguresPage() {
  const asked = Number(query.value.get("days") ?? usual);
  const days = spans.find((one) => one.days === asked)?.days ?? usual;
  const path = `/api/report?days=${days}`;
  const { view, problem } = useView<Report>(path, noRun);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || askAgain(path), againMs);
    return () => clearInterval(timer);
  }, [path]);
  return (
    <div class="figures">
      <header class="figures-head">
        <h1>Figures</h1>
        <nav aria-label="How far back" class="figures-span">
          {spans.map((one) => (
            <a
              key={one.days}
              class="button"
              href={withQuery({ days: one.days === usual ? undefined : String(one.days) })}
              aria-current={one.days === days ? "true" : undefined}
            >
              {one.said}
            </a>
          ))}
        </nav>
      </header>
      {view !== undefined && <Problems problem={problem} />}
      {view === undefined ? (
        <Loading problem={problem} />
      ) : isEmpty(view) ? (
        <Nothing title="Nothing was run in this time">
          <p>Figures are made of runs: how often, how long, what failed, who was waited for.</p>
          <code class="command">baton run</code>
        </Nothing>
      ) : (
        <div class="figures-charts">
          {chartsOf(view).map((chart) => (
            <ChartPanel key={chart.question} chart={chart} />
          ))}
        </div>
      )}
    </div>
  );
}

function ChartPanel({ chart: { question, answer, wrong, scale, columns, rows } }: { chart: Chart }) {
  return (
    <section class="panel figure" aria-label={question}>
      <h2>{question}</h2>
      <p class="figure-answer">{answer}</p>
      {wrong !== undefined && (
        <p>
          <StateMark mark={{ state: "failed", word: wrong }} />
        </p>
      )}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden-text">Of</span>
              </th>
              <th scope="col" class="figure-scale">
                <span class="hidden-text">Drawn, from </span>0<span>{scale}</span>
              </th>
              {columns.map(({ name, drawn }) => (
                <th key={name} scope="col">
                  {drawn !== undefined && <i class={`figure-key is-${drawn}`} aria-hidden="true" />}
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <ChartRow key={`${row.name} ${index}`} row={row} names={columns.map(({ name }) => name)} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function ChartRow({ row: { name, isPart, to, bar, cells }, names }: { row: Row; names: readonly string[] }) {
  return (
    <tr class={isPart ? "is-part" : ""}>
      <th scope="row" title={name}>
        {to === undefined ? name : <a href={to}>{name}</a>}
      </th>
      <td class="figure-drawn">
        <Drawn bar={bar} />
      </td>
      {cells.map((cell, at) => (
        <td key={names[at]} data-name={names[at]} class={cell === "" ? "is-empty" : ""}>
          {cell}
        </td>
      ))}
    </tr>
  );
}

/** The numbers beside it say the same. */
function Drawn({ bar }: { bar: Bar }) {
  const wide = (share: number | undefined) => ({ width: `${(share ?? 0) * 100}%` });
  return (
    <span class="figure-bar" aria-hidden="true">
      {bar.pale !== undefined && <i class="is-pale" style={wide(bar.pale)} />}
      {bar.solid !== undefined && <i class="is-solid" style={wide(bar.solid)} />}
      {bar.failed !== undefined && bar.failed > 0 && <i class="is-failed" style={wide(bar.failed)} />}
      {bar.tick !== undefined && <i class="is-tick" style={{ left: `${bar.tick * 100}%` }} />}
    </span>
  );
}
