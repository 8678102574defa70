/** Text of a repository made fit for a terminal or a log: it must not move the cursor, colour lines or forge output. */

const controls = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/** Control characters and changes of writing direction as `\u{…}`; tabs and line ends stay. */
export function visible(text: string): string {
  return text.replace(controls, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visible(text.replace(/\s*\n\s*/g, " "));
}
