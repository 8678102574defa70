/** Every key that does something, with what it does: the list that `?` shows is made of what is in force. */
import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

export interface Shortcut {
  /** As `KeyboardEvent.key` has it, or two of them one after the other: `g b`. */
  readonly keys: string;
  readonly does: string;
  readonly act: () => void;
}

interface Group {
  readonly title: string;
  readonly keys: readonly Shortcut[];
}

export const inForce = signal<readonly Group[]>([]);

/** Puts keys in force as long as the component is shown, from the moment it is: who sees the page may press them. */
export function useKeys(title: string, keys: readonly Shortcut[]): void {
  useLayoutEffect(() => {
    const group = { title, keys };
    inForce.value = [...inForce.peek(), group];
    return () => {
      inForce.value = inForce.peek().filter((one) => one !== group);
    };
  }, [title, ...keys.map(({ act }) => act)]);
}

let before = "";
let beforeAt = 0;

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const pair = event.timeStamp - beforeAt < 1000 ? `${before} ${event.key}` : "";
    before = event.key;
    beforeAt = event.timeStamp;
    const all = inForce.peek().flatMap(({ keys }) => keys);
    const found = all.findLast(({ keys }) => keys === pair) ?? all.findLast(({ keys }) => keys === event.key);
    if (!found) return;
    event.preventDefault();
    before = "";
    found.act();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);
}
