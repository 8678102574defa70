/** Where a file can be taken apart when something in it is wrong: at what begins a line, and after a brace that is one. */

export interface Section {
  readonly start: number;
  readonly end: number;
}

const boundary = /^[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*[{=]|(?<=^\}[^\n]*\n)/gm;

export function sectionsOf(text: string): Section[] {
  const starts = new Set([...text.matchAll(boundary)].map(({ index }) => index));
  const bounds = [0, ...[...starts].filter((start) => start > 0 && start < text.length), text.length];
  return bounds.slice(1).map((end, i) => ({ start: bounds[i]!, end }));
}
