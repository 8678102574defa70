import { type GateOptions, gatedLine } from "./gate.ts";
import { fit, widthOf } from "./width.ts";

/** The part of a terminal that is written to. */
export interface TerminalStream {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

const up = (lines: number) => (lines > 0 ? `\x1b[${lines}A` : "");
const toLineStart = "\r";
const clearToEnd = "\x1b[J";
const clearLine = "\x1b[K";
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
// A terminal that knows these holds the picture back until the second; the others ignore them.
const beginFrame = "\x1b[?2026h";
const endFrame = "\x1b[?2026l";

/**
 * A block of lines at the bottom of a terminal that is redrawn in place. Lines are cut to the width of the terminal and
 * the block to its height. After a resize the terminal may have wrapped what was drawn; the rows it now takes are
 * counted anew, so that nothing is left behind or overwritten.
 */
export class Screen {
  readonly #stream: TerminalStream;
  readonly #gate: GateOptions;
  #drawn: string[] = [];
  #cursorHidden = false;

  constructor(stream: TerminalStream, gate: GateOptions) {
    this.#stream = stream;
    this.#gate = gate;
  }

  get columns(): number {
    return Math.max(20, this.#stream.columns ?? 80);
  }

  get rows(): number {
    return Math.max(4, this.#stream.rows ?? 24);
  }

  /** Replaces the block. */
  draw(lines: string[]): void {
    const next = lines.slice(0, this.rows - 1).map((line) => fit(line, this.columns - 1));
    if (next.length === this.#drawn.length && next.every((line, at) => line === this.#drawn[at])) return;
    const cursor = this.#cursorHidden ? "" : hideCursor;
    const body = this.#text(next);
    this.#stream.write(beginFrame + cursor + this.#home() + body + clearToEnd + endFrame);
    this.#cursorHidden = true;
    this.#drawn = next;
  }

  /** Writes lines that stay, above the block; the block is drawn again below them. */
  print(lines: string[]): void {
    if (lines.length === 0) return;
    const block = this.#text(this.#drawn);
    this.#stream.write(beginFrame + this.#home() + this.#text(lines) + clearToEnd + block + endFrame);
  }

  /** Removes the block and gives the cursor back. */
  close(): void {
    if (this.#drawn.length === 0 && !this.#cursorHidden) return;
    this.#stream.write(this.#home() + clearToEnd + (this.#cursorHidden ? showCursor : ""));
    this.#drawn = [];
    this.#cursorHidden = false;
  }

  #text(lines: readonly string[]): string {
    return lines.map((line) => `${gatedLine(line, this.#gate)}${clearLine}\n`).join("");
  }

  #home(): string {
    const columns = this.#stream.columns ?? 80;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return toLineStart + up(Math.min(rows, this.rows - 1));
  }
}
