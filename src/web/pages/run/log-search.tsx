/** Search in a log: what is loaded at once, the rest page by page as it comes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../../keys.ts";
import { Search, wanted } from "../../parts/search.tsx";
import { go, query, withQuery } from "../../route.ts";
import { plain } from "./ansi.tsx";
import type { LogBook } from "./log-book.ts";

const mostFound = 10_000;

export function LogSearch({ book }: { book: LogBook }) {
  const text = wanted();
  const found = useFound(book, text);
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
    { keys: "n", does: "Next line that was found", act: () => latest.current(1) },
    { keys: "N", does: "The one before", act: () => latest.current(-1) },
  ]);
  useKeys("Search in the log", keys);
  const at = found.includes(line) ? found.indexOf(line) + 1 : "–";
  const count = found.length === 0 ? "none" : `${at}/${found.length}`;
  return <Search page="Log" label="Search the log" found={count} move={move} />;
}

/** Indexes of the lines that have it in them, first to last: of what there is in one pass, then of what comes. */
function useFound(book: LogBook, text: string): readonly number[] {
  const [found, setFound] = useState<readonly number[]>([]);
  const all = useRef<number[]>([]);
  /** Lines that were looked at; undefined while the first pass goes on. */
  const searched = useRef<number | undefined>(undefined);
  const total = book.total.value;
  useEffect(() => {
    all.current = [];
    searched.current = undefined;
    setFound([]);
    if (text === "") return;
    const over = new AbortController();
    const pass = async () => {
      let index = 0;
      for await (const lines of book.text(over.signal)) {
        for (const line of lines) {
          if (plain(line).toLowerCase().includes(text)) all.current.push(index);
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
  }, [book, text]);
  useEffect(() => {
    if (searched.current === undefined || text === "") return;
    const before = all.current.length;
    for (; searched.current < total; searched.current++) {
      const line = book.line(searched.current);
      if (line === undefined) break;
      if (plain(line.text).toLowerCase().includes(text)) all.current.push(searched.current);
    }
    if (all.current.length > before) setFound([...all.current]);
  }, [book, text, total]);
  return found;
}
