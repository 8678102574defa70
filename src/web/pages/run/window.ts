import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

export interface Window {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** What of a scrolling element can be seen, in its own pixels; told again when it scrolls or its size changes. */
export function useWindow(element: RefObject<HTMLElement | null>): Window {
  const [seen, setSeen] = useState<Window>({ top: 0, left: 0, width: 1600, height: 900 });
  useLayoutEffect(() => {
    const box = element.current;
    if (box === null) return;
    const look = () =>
      setSeen({ top: box.scrollTop, left: box.scrollLeft, width: box.clientWidth, height: box.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(box);
    box.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, [element]);
  return seen;
}
