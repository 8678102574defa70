/** The small parts that every page is made of. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { now } from "../data/live.ts";
import type { Mark } from "../data/states.ts";
import { ago, duration, exactly } from "../data/time.ts";
import type { Problem } from "../data/wire.ts";
import { Glyph, StateIcon } from "./icons.tsx";

export function StateMark({ mark, filled = false }: { mark: Mark; filled?: boolean }) {
  return (
    <span class={`state state-${mark.state} ${filled ? "state-filled" : ""}`}>
      <StateIcon {...mark} />
      {mark.word}
    </span>
  );
}

/** How long ago; the exact time on hover, and for whoever reads the page by machine. */
export function Ago({ at, bare = false }: { at: number; bare?: boolean }) {
  const said = ago(now.value - at);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at)}>
      {bare ? said.replace(" ago", "") : said}
    </time>
  );
}

/** How long something took, or takes until now. */
export function Took({ ms, since }: { ms?: number | undefined; since?: number | undefined }) {
  const value = ms ?? (since === undefined ? undefined : now.value - since);
  if (value === undefined) return null;
  return <span>{duration(value)}</span>;
}

/** A commit as people say it; uncommitted changes are told by a plus. */
export function Commit({ commit }: { commit: string }) {
  const [id = "", extra] = commit.split("+");
  return (
    <span class="mono commit" title={commit}>
      {id.slice(0, 7)}
      {extra === undefined ? "" : "+"}
    </span>
  );
}

export function Problems({ problem }: { problem: Problem | undefined }) {
  if (problem === undefined) return null;
  return (
    <div class="problem" role="alert">
      <StateIcon state="failed" />
      <div>
        <p>{problem.title}</p>
        {problem.next && <p>{problem.next}</p>}
      </div>
    </div>
  );
}

/** The place of what is on its way; or why it could not be had. */
export function Loading({ problem }: { problem: Problem | undefined }) {
  if (problem !== undefined) return <Problems problem={problem} />;
  return (
    <div class="loading" aria-busy="true">
      <div class="ghost">…</div>
      <div class="ghost">…</div>
      <div class="ghost">…</div>
    </div>
  );
}

/** `isPage`: there is nothing else on the page. */
export function Nothing(props: { title: string; isPage?: true; children?: ComponentChildren }) {
  const { title, isPage, children } = props;
  return (
    <div class="nothing">
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  );
}

/** A dialog of the browser: it keeps the focus, closes on Escape and gives the focus back. */
export function Sheet({ title, close, children }: { title: string; close(): void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it by itself
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="sheet" tabIndex={-1} autofocus>
        <div class="sheet-head">
          <h2>{title}</h2>
          <button type="button" class="button button-plain button-icon" onClick={() => dialog.current?.close()}>
            <Glyph name="close" />
            <span class="hidden-text">Close</span>
          </button>
        </div>
        <div class="sheet-body">{children}</div>
      </div>
    </dialog>
  );
}

/** One line of a `<dl>`. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Why somebody does something, for the record. */
export function ReasonField({ value, onInput }: { value: string; onInput(text: string): void }) {
  return (
    <label class="field">
      Reason
      <input
        type="text"
        value={value}
        placeholder="kept in the journal with your name"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
