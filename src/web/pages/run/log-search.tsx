/** Search in a log: what is loaded at once, the rest page by page as it comes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../../keys.ts";
import { Glyph } from "../../parts/icons.tsx";
import { go, query, withQuery } from "../../route.ts";
import { plain } from "./ansi.tsx";
import type { LogBook } from "./log-book.ts";

const mostFound = 10_000;

export function LogSearch({ book }: { book: LogBook }) {
  const input = useRef<HTMLInputElement>(null);
  const wanted = query.value.get("find") ?? "";
  const found = useFound(book, wanted.toLowerCase());
  const line = Number(query.value.get("line") ?? 0) - 1;
  const move = (by: 1 | -1) => {
    if (found.length === 0) return;
    const next =
      by === 1 ? (found.find((at) => at > line) ?? found[0]!) : (found.findLast((at) => at < line) ?? found.at(-1)!);
    go(withQuery({ line: String(next + 1) }), { replace: true });
  };
  const latest = useRef(move);
  latest.current = move;
  const [keys] = useState(() => [
    { keys: "/", does: "Search the log", act: () => input.current?.focus() },
    { keys: "n", does: "Next line that was found", act: () => latest.current(1) },
    { keys: "N", does: "The one before", act: () => latest.current(-1) },
  ]);
  useKeys("Search in the log", keys);
  return (
    <search class="log-search">
      <Glyph name="search" />
      <input
        ref={input}
        type="search"
        aria-label="Search the log"
        placeholder="Search"
        value={wanted}
        onInput={({ currentTarget }) => go(withQuery({ find: currentTarget.value || undefined }), { replace: true })}
        onKeyDown={(event) => {
          if (event.key === "Enter") move(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") input.current?.blur();
        }}
      />
      {wanted !== "" && (
        <span class="log-found" role="status">
          {found.length === 0 ? "none" : `${found.includes(line) ? found.indexOf(line) + 1 : "–"}/${found.length}`}
        </span>
      )}
    </search>
  );
}

/** Indexes of the lines that have it in them, first to last: of what there is in one pass, then of what comes. */
function useFound(book: LogBook, wanted: string): readonly number[] {
  const [found, setFound] = useState<readonly number[]>([]);
  const all = useRef<number[]>([]);
  /** Lines that were looked at; undefined while the first pass goes on. */
  const searched = useRef<number | undefined>(undefined);
  const total = book.total.value;
  useEffect(() => {
    all.current = [];
    searched.current = undefined;
    setFound([]);
    if (wanted === "") return;
    const over = new AbortController();
    const pass = async () => {
      let index = 0;
      for await (const lines of book.text(over.signal)) {
        for (const line of lines) {
          if (plain(line).toLowerCase().includes(wanted)) all.current.push(index);
          index++;
        }
        setFound([...all.current]);
        if (all.current.length >= mostFound) return;
      }
      searched.current = index;
    };
    // Typed on before it was over, or the server is away: what was found so far stays.
    pass().catch(() => {});
    return () => over.abort();
  }, [book, wanted]);
  useEffect(() => {
    if (searched.current === undefined || wanted === "") return;
    const before = all.current.length;
    for (; searched.current < total; searched.current++) {
      const line = book.line(searched.current);
      if (line === undefined) break;
      if (plain(line.text).toLowerCase().includes(wanted)) all.current.push(searched.current);
    }
    if (all.current.length > before) setFound([...all.current]);
  }, [book, wanted, total]);
  return found;
}
