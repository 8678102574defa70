/** Search in a log: what is loaded at once, the rest page by page as it comes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../../keys.ts";
import { Glyph } from "../../parts/icons.tsx";
import { go, query, withQuery } from "../../route.ts";
import { plain } from "./ansi.tsx";
import type { LogBook } from "./log-book.ts";

/** Lines that are asked for in one go while the whole log is searched. */
const stride = 20_000;
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

/** Indexes of the lines that have it in them, first to last. */
function useFound(book: LogBook, wanted: string): readonly number[] {
  const [found, setFound] = useState<readonly number[]>([]);
  const total = book.total.value;
  useEffect(() => {
    if (wanted === "") {
      setFound([]);
      return;
    }
    let isOver = false;
    const search = async () => {
      const all: number[] = [];
      for (let from = 0; from < total && all.length < mostFound; from += stride) {
        const to = Math.min(total, from + stride);
        await book.need(from, to - 1);
        if (isOver) return;
        for (let index = from; index < to; index++) {
          if (
            plain(book.line(index)?.text ?? "")
              .toLowerCase()
              .includes(wanted)
          )
            all.push(index);
        }
        setFound([...all]);
      }
      setFound([...all]);
    };
    void search();
    return () => {
      isOver = true;
    };
  }, [book, wanted, total]);
  return found;
}
