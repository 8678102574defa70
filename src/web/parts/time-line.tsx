/**
 * Everything that happened, as a line that can be dragged or walked with the arrow keys: the page shows what was true at the
 * moment that is chosen. The moment stands in the address, as `?at=EVENT`; at the end of the line it is now.
 */
import "./time-line.css";
import { useMemo, useRef, useState } from "preact/hooks";
import { now } from "../data/live.ts";
import { indexOf, momentsOf, type ToldMoment } from "../data/moments.ts";
import { exactly } from "../data/time.ts";
import { useView } from "../data/views.ts";
import type { Notice, Problem } from "../data/wire.ts";
import { useKeys } from "../keys.ts";
import { go, query, withQuery } from "../route.ts";
import { Glyph, StateIcon } from "./icons.tsx";
import { Ago } from "./parts.tsx";

/** The event that the page is to be of; undefined: as it is now. */
export function momentAsked(): number | undefined {
  const asked = query.value.get("at");
  return asked !== null && /^\d{1,15}$/.test(asked) ? Number(asked) : undefined;
}

/** What a page shows: as it is now (`at` is undefined), or as it was when the event `at` had happened. */
export interface InTime<View> {
  readonly view: View;
  readonly at: number | undefined;
}

/**
 * Of a view and the address of the same at a moment: what is shown. While another moment is on its way, that is the one from
 * before, which says which it is; undefined when there is none yet.
 */
export function useInTime<View>(
  present: View,
  address: string,
): { shown: InTime<View> | undefined; problem?: Problem } {
  const at = momentAsked();
  const { view, problem } = useView<View>(at === undefined ? undefined : `${address}?at=${at}`, undefined);
  const kept = useRef<InTime<View> | undefined>(undefined);
  if (at === undefined) kept.current = { view: present, at };
  else if (view !== undefined) kept.current = { view, at };
  return { shown: kept.current, ...(problem && { problem }) };
}

interface Told {
  /** Absent: they are on their way, and this is their place. */
  notices: readonly Notice[] | undefined;
  /** What is shown now may be the work of others: it is a moment of its own behind all that was told. */
  hasNow?: true;
}

export function TimeLine({ notices, ...more }: Told) {
  return notices === undefined ? <div class="panel time-line" /> : <Line notices={notices} {...more} />;
}

function Line({ notices, hasNow }: { notices: readonly Notice[]; hasNow?: true }) {
  const told = useMemo(() => momentsOf(notices), [notices]);
  const moments = hasNow ? [...told, { seq: Number.POSITIVE_INFINITY, at: now.value, said: "now" }] : told;
  const asked = momentAsked();
  const last = moments.length - 1;
  const index = indexOf(moments, asked);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(last, to));
    go(withQuery({ at: next === last ? undefined : String(moments[next]!.seq) }), { replace: true });
  };
  const [box] = useState({ by: (_: 1 | -1) => {}, now: () => {} });
  box.by = (by) => move(index + by);
  box.now = () => move(last);
  const [keys] = useState(() => [
    { keys: "[", does: "A moment back", act: () => box.by(-1) },
    { keys: "]", does: "A moment on", act: () => box.by(1) },
    { keys: "}", does: "Back to now", act: () => box.now() },
  ]);
  useKeys("Time", keys);
  const moment = moments[index];
  if (moment === undefined) return null;
  const isPast = asked !== undefined;
  return (
    <section class={`panel time-line ${isPast ? "is-past" : ""}`} aria-label="Time">
      <button
        type="button"
        class="button button-plain button-icon"
        disabled={index === 0}
        title="A moment back ([)"
        onClick={() => move(index - 1)}
      >
        <Glyph name="before" />
        <span class="hidden-text">A moment back</span>
      </button>
      <button
        type="button"
        class="button button-plain button-icon"
        disabled={index === last}
        title="A moment on (])"
        onClick={() => move(index + 1)}
      >
        <Glyph name="next" />
        <span class="hidden-text">A moment on</span>
      </button>
      <div class="time-room">
        <Ticks moments={moments} />
        <input
          type="range"
          min={0}
          max={last}
          value={index}
          aria-label="Moment"
          aria-valuetext={`${index + 1} of ${moments.length}: ${moment.said}`}
          onInput={({ currentTarget }) => move(Number(currentTarget.value))}
        />
      </div>
      <p class="time-said">
        {moment.state && (
          <span class={`state state-${moment.state}`}>
            <StateIcon state={moment.state} />
          </span>
        )}
        <span class="time-sentence" title={`${exactly(moment.at)}: ${moment.said}`}>
          {moment.said}
        </span>
        <span class="faint">
          <Ago at={moment.at} />
        </span>
      </p>
      <button
        type="button"
        class="button time-now"
        disabled={!isPast}
        title="Back to now (})"
        onClick={() => move(last)}
      >
        Now
      </button>
    </section>
  );
}

/** More than these could not be told apart. */
const mostTicks = 240;

function Ticks({ moments }: { moments: readonly ToldMoment[] }) {
  const last = Math.max(1, moments.length - 1);
  const all = moments.map(({ state }, index) => ({ state, index }));
  const shown = all.length > mostTicks ? all.filter(({ state }) => state !== undefined) : all;
  return (
    <div class="time-ticks" aria-hidden="true">
      {shown.slice(0, mostTicks).map(({ state, index }) => (
        <i key={index} class={state ? `is-marked state-${state}` : ""} style={{ left: `${(index / last) * 100}%` }} />
      ))}
    </div>
  );
}
