/** `?wall`: a screen that nobody touches shows the board and, in turn with it, whatever runs. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { now } from "./data/live.ts";
import { exactly } from "./data/time.ts";
import { useView } from "./data/views.ts";
import type { Status } from "./data/wire.ts";
import { useKeys } from "./keys.ts";
import { go, path } from "./route.ts";
import { afterPage, wallPages } from "./wall-pages.ts";

const eachMs = 20_000;
export function WallBar({ children }: { children: ComponentChildren }) {
  const { view } = useView<Status>("/api/status?most=12", "");
  const [isHeld, setHeld] = useState(false);
  const pages = wallPages(view?.open ?? []);
  const here = `/${path.value.join("/")}`;
  const next = afterPage(pages, here);
  useEffect(() => {
    if (isHeld || pages.length === 1) return;
    const timer = setTimeout(() => go(next, { replace: true }), eachMs);
    return () => clearTimeout(timer);
  }, [isHeld, next, here, pages.length]);
  const [keys] = useState(() => [
    { keys: " ", does: "Stay on this page, or turn on", act: () => setHeld((held) => !held) },
  ]);
  useKeys("Wall", keys);
  return (
    <header class="wall-bar">
      {pages.length > 1 && (
        <button type="button" class="button button-plain" aria-pressed={isHeld} onClick={() => setHeld(!isHeld)}>
          {isHeld ? "stays here" : `${pages.findIndex((page) => page.startsWith(`${here}?`)) + 1} of ${pages.length}`}
        </button>
      )}
      {children}
      <span class="muted">{exactly(now.value).slice(11, 16)}</span>
    </header>
  );
}
