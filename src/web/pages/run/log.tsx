/** What a job printed: only the lines that are seen are in the page, however many there are. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Mark } from "../../data/states.ts";
import { duration } from "../../data/time.ts";
import type { GraphJob, JobView, LogLine } from "../../data/wire.ts";
import { useKeys } from "../../keys.ts";
import { Glyph } from "../../parts/icons.tsx";
import { Nothing, Problems, StateMark } from "../../parts/parts.tsx";
import { go, query, withQuery } from "../../route.ts";
import { AnsiLine } from "./ansi.tsx";
import { LogBook } from "./log-book.ts";
import { LogSearch } from "./log-search.tsx";
import { useWindow } from "./window.ts";

const lineHeight = 18;
/** Browsers end an element somewhere above this height; longer logs are scrolled in larger steps. */
const mostPixels = 15_000_000;

/** Follows the end as long as somebody has not scrolled away from it. */
const follows = signal(true);

interface Props {
  run: string;
  planned: GraphJob;
  job: JobView | undefined;
  mark: Mark;
  /** What was printed later is faint; absent: it is now. */
  until: number | undefined;
}

export function Log({ run, planned, job, mark, until }: Props) {
  const asked = query.value.get("attempt");
  // In the past the newest attempt is the newest one of then.
  const newest = until !== undefined && job !== undefined && job.attempts > 0 ? job.attempts : undefined;
  const attempt = asked === null ? newest : Number(asked);
  // Another attempt is another log; while one runs it is the same log, which grows.
  const begun = job?.attempts ?? 0;
  const hasFailed = job?.failure !== undefined && until === undefined;
  const book = useMemo(() => new LogBook(run, planned.id, attempt), [run, planned.id, attempt, begun, hasFailed]);
  const [isOpen, setOpen] = useState(false);
  const line = query.value.get("line");
  const chosen = line === null ? undefined : Number(line) - 1;
  // What failed is opened where it failed, unless the address says another place.
  useEffect(() => {
    setOpen(false);
    const isFree = query.peek().get("line") === null;
    follows.value = isFree;
    void book.open(hasFailed && isFree ? "failure" : "end").then((failing) => {
      setOpen(true);
      if (failing !== undefined) go(withQuery({ line: String(failing + 1) }), { replace: true });
    });
    return () => book.close();
  }, [book]);

  return (
    <section class="log" aria-label={`Log of ${planned.id}`}>
      <header class="log-head">
        <div class="log-title">
          <h2>{planned.id}</h2>
          <StateMark mark={mark} />
          {job?.durationMs !== undefined && <span class="muted">{duration(job.durationMs)}</span>}
          {(job?.attempts ?? 0) > 1 && <Attempts of={job!} shown={attempt} />}
        </div>
        <LogTools run={run} job={planned.id} book={book} />
      </header>
      {job?.failure && <p class="log-failure">{job.failure.message}</p>}
      {book.cut.value !== undefined && (
        <p class="log-cut">
          The log was full, and lines were left out:{" "}
          <a class="link" href={withQuery({ line: String(book.cut.value + 1) })}>
            line {book.cut.value + 1}
          </a>{" "}
          says how many.
        </p>
      )}
      <Problems problem={book.problem.value} />
      {isOpen && book.total.value === 0 && book.problem.value === undefined ? (
        <NoLines book={book} planned={planned} mark={mark} />
      ) : (
        <Lines book={book} chosen={chosen} planned={planned} until={until} />
      )}
    </section>
  );
}

function NoLines({ book, planned, mark }: { book: LogBook; planned: GraphJob; mark: Mark }) {
  const said = {
    complete: "It printed nothing.",
    underway: mark.state === "running" ? "It has printed nothing yet." : "It has not started yet.",
    left: "It has printed nothing, and nobody goes on with the run.",
    "not-started": "It has not started.",
    nowhere: "Nothing is kept of what it printed.",
  }[book.end.value ?? "not-started"];
  return (
    <Nothing title={said}>
      <p>{planned.reason.charAt(0).toUpperCase() + planned.reason.slice(1)}.</p>
    </Nothing>
  );
}

function Attempts({ of: { attempts }, shown }: { of: JobView; shown: number | undefined }) {
  return (
    <label class="log-attempt">
      <span class="hidden-text">Attempt</span>
      <select
        value={shown ?? attempts}
        onChange={({ currentTarget }) =>
          go(
            withQuery({
              attempt: Number(currentTarget.value) === attempts ? undefined : currentTarget.value,
              line: undefined,
            }),
          )
        }
      >
        {Array.from({ length: attempts }, (_, index) => (
          <option key={String(index)} value={index + 1}>
            attempt {index + 1} of {attempts}
          </option>
        ))}
      </select>
    </label>
  );
}

function LogTools({ run, job, book }: { run: string; job: string; book: LogBook }) {
  const address = `/api/runs/${encodeURIComponent(run)}/logs/${encodeURIComponent(job)}/text`;
  const keys = useMemo(
    () => [
      {
        keys: "f",
        does: "Follow the end of the log",
        act: () => {
          follows.value = !follows.peek();
        },
      },
    ],
    [],
  );
  useKeys("Log", keys);
  return (
    <div class="log-tools">
      <LogSearch book={book} />
      {book.end.value === "underway" && (
        <button
          type="button"
          class="button button-plain button-icon"
          aria-pressed={follows.value}
          title="Follow the end (f)"
          onClick={() => {
            follows.value = !follows.value;
          }}
        >
          <Glyph name="follow" />
          <span class="hidden-text">Follow</span>
        </button>
      )}
      <a class="button button-plain button-icon" href={address} download title="Download">
        <Glyph name="download" />
        <span class="hidden-text">Download</span>
      </a>
    </div>
  );
}

interface Shown {
  book: LogBook;
  chosen: number | undefined;
  planned: GraphJob;
  until: number | undefined;
}

function Lines({ book, chosen, planned, until }: Shown) {
  const box = useRef<HTMLDivElement>(null);
  const seen = useWindow(box);
  book.version.value;
  const total = book.total.value;
  const height = Math.min(mostPixels, total * lineHeight);
  // Of a log that is too long for the browser, the scroll bar's part is the part of the lines.
  const scale = height / Math.max(1, total * lineHeight);
  const rows = Math.ceil(seen.height / lineHeight);
  const first = Math.max(0, Math.min(total - rows, Math.floor(seen.top / scale / lineHeight)) - 10);
  const last = Math.min(total - 1, first + rows + 30);
  const begin = book.line(0)?.at ?? book.line(first)?.at;

  useEffect(() => {
    if (last >= first) void book.need(first, last);
  }, [book, first, last]);
  useEffect(() => {
    if (chosen === undefined || box.current === null) return;
    follows.value = false;
    const top = chosen * lineHeight * scale;
    const { scrollTop, clientHeight } = box.current;
    if (top < scrollTop || top > scrollTop + clientHeight - 2 * lineHeight)
      box.current.scrollTop = top - clientHeight / 3;
  }, [chosen, total > 0, book]);
  useEffect(() => {
    if (follows.value && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [total, follows.value]);

  const onWheel = (event: WheelEvent) => {
    if (event.deltaY < 0) follows.value = false;
  };
  const found = query.value.get("find") ?? undefined;
  const digits = String(total).length;
  const indexes = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must get to it
    <div class="log-lines" ref={box} onWheel={onWheel} tabIndex={0} role="log" aria-live="off" aria-label="Lines">
      <ol style={{ height: `${height}px` }}>
        {indexes.map((index) => {
          const line = book.line(index);
          const top = first * lineHeight * scale + (index - first) * lineHeight;
          return (
            <li
              key={index}
              class={`log-line ${index === chosen ? "is-chosen" : ""} ${line && until !== undefined && line.at > until ? "is-later" : ""}`}
              style={{ transform: `translateY(${Math.min(top, height - lineHeight)}px)` }}
            >
              <a class="log-number" href={withQuery({ line: String(index + 1) })} style={{ width: `${digits + 3}ch` }}>
                {index + 1}
              </a>
              <span class="log-at">{line && begin !== undefined ? seconds(line.at - begin) : ""}</span>
              <span class="log-text">{line ? <AnsiLine text={line.text} found={found || undefined} /> : "…"}</span>
              {line && isFirstOfStep(book, line, index) && (
                <span class="log-step">{planned.steps[line.step] ?? `Step ${line.step + 1}`}</span>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

const seconds = (ms: number) => `+${(Math.max(0, ms) / 1000).toFixed(1)}`;

function isFirstOfStep(book: LogBook, line: LogLine, index: number): boolean {
  return index === 0 || (book.line(index - 1) !== undefined && book.line(index - 1)!.step !== line.step);
}
