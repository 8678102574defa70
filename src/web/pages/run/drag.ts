/** A large drawing is moved by its ground, as a map is; a finger scrolls it anyway. */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Calls `turn` with the direction for a pinch, or a wheel with Ctrl held. */
export function useDrag(element: RefObject<HTMLElement | null>, turn: ((by: 1 | -1) => void) | undefined): void {
  useLayoutEffect(() => {
    const box = element.current;
    if (box === null) return;
    const over = new AbortController();
    const { signal } = over;
    let from: { x: number; y: number } | undefined;
    const onGround = (event: PointerEvent) => (event.target as Element).closest("button, a") === null;
    box.addEventListener(
      "pointerdown",
      (event) => {
        if (event.pointerType !== "mouse" || event.button !== 0 || !onGround(event)) return;
        // Beside what is drawn are the bars that scroll it.
        if (event.offsetX > box.clientWidth && event.target === box) return;
        from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
        box.setPointerCapture(event.pointerId);
        box.classList.add("is-dragged");
      },
      { signal },
    );
    box.addEventListener(
      "pointermove",
      (event) => {
        if (from === undefined) return;
        box.scrollTo(from.x - event.clientX, from.y - event.clientY);
      },
      { signal },
    );
    const end = () => {
      from = undefined;
      box.classList.remove("is-dragged");
    };
    box.addEventListener("pointerup", end, { signal });
    box.addEventListener("pointercancel", end, { signal });
    if (turn !== undefined) {
      box.addEventListener(
        "wheel",
        (event) => {
          if (!event.ctrlKey) return;
          event.preventDefault();
          turn(event.deltaY < 0 ? 1 : -1);
        },
        { signal, passive: false },
      );
    }
    return () => over.abort();
  }, [element, turn]);
}
