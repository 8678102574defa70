/** What is looked for on a page: in the address, like everything that is chosen. */
import { useRef, useState } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { go, query, withQuery } from "../route.ts";
import { Glyph } from "./icons.tsx";

interface Searching {
  /** Of the keys that it puts in force. */
  page: string;
  /** `Search the map`. */
  label: string;
  /** How much was found, in a word. */
  found: string;
  /** To the next of what was found, or the one before. */
  move?: (by: 1 | -1) => void;
}

/** What is in the box, as it is compared. */
export const wanted = () => query.value.get("find")?.toLowerCase() ?? "";

export function Search({ page, label, found, move }: Searching) {
  const input = useRef<HTMLInputElement>(null);
  const [keys] = useState(() => [{ keys: "/", does: label, act: () => input.current?.focus() }]);
  useKeys(page, keys);
  const value = query.value.get("find") ?? "";
  return (
    <search class="search">
      <Glyph name="search" />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder="Search"
        value={value}
        onInput={({ currentTarget }) => go(withQuery({ find: currentTarget.value || undefined }), { replace: true })}
        onKeyDown={(event) => {
          if (event.key === "Enter") move?.(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") input.current?.blur();
        }}
      />
      {value !== "" && (
        <span class="search-found" role="status">
          {found}
        </span>
      )}
    </search>
  );
}
