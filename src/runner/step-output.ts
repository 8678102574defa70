import { createTextCleaner } from "./clean-text.ts";
import type { Masking } from "./masking.ts";
import { openPipe, type PipeReader } from "./pipe-reader.ts";

/** A line that is longer is broken, so that memory stays bounded whatever a program prints. In UTF-16 code units. */
export const LONGEST_LINE = 16_384;

export interface StepOutputOptions {
  pipe: string;
  masking: Masking;
  /** Complete lines that arrived together. They are clean and masked. */
  onLines(texts: string[]): void;
}

/** What one step prints, from its pipe to lines. `close` gives out a last line that has no end; call it once all is read. */
export interface StepOutput extends PipeReader {
  close(): void;
}

export function openStepOutput({ pipe, masking, onLines }: StepOutputOptions): StepOutput {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const cleaner = createTextCleaner();
  const masked = masking.stream();
  let partial = "";

  function take(text: string): void {
    if (text === "") return;
    const lines = (partial + text).split("\n");
    partial = lines.pop()!;
    const texts = lines.some((line) => line.length > LONGEST_LINE) ? lines.flatMap(breakLine) : lines;
    if (partial.length > LONGEST_LINE) {
      const pieces = breakLine(partial);
      partial = pieces.pop()!;
      texts.push(...pieces);
    }
    if (texts.length > 0) onLines(texts);
  }

  const reader = openPipe(pipe, (data) => take(masked.push(cleaner.push(decoder.decode(data, { stream: true })))));
  return {
    ...reader,
    close() {
      take(masked.push(cleaner.push(decoder.decode()) + cleaner.end()) + masked.end());
      if (partial !== "") onLines([partial]);
      partial = "";
    },
  };
}

/** Never between the two halves of a character. */
function breakLine(line: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (line.length - from > LONGEST_LINE) {
    const code = line.charCodeAt(from + LONGEST_LINE - 1);
    const to = from + LONGEST_LINE - (code >= 0xd800 && code < 0xdc00 ? 1 : 0);
    pieces.push(line.slice(from, to));
    from = to;
  }
  pieces.push(line.slice(from));
  return pieces;
}
