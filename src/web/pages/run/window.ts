import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

export interface Window {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** Whoever draws a little more than what is seen need not hear of every pixel. */
const quantum = 64;

const isNear = (one: Window, other: Window) =>
  one.width === other.width &&
  one.height === other.height &&
  Math.abs(one.top - other.top) < quantum &&
  Math.abs(one.left - other.left) < quantum;

/**
 * What of a scrolling element can be seen, in its own pixels; told again when it was scrolled by more than
 * a few rows or its size changes.
 */
export function useWindow(element: RefObject<HTMLElement | null>): Window {
  const [seen, setSeen] = useState<Window>({ top: 0, left: 0, width: 1600, height: 900 });
  useLayoutEffect(() => {
    const box = element.current;
    if (box === null) return;
    const look = () => {
      const next = { top: box.scrollTop, left: box.scrollLeft, width: box.clientWidth, height: box.clientHeight };
      setSeen((before) => (isNear(before, next) ? before : next));
    };
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
