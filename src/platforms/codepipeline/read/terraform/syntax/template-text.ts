/** The plain text of templates: escapes, and the white space that marks and heredocs take away. */

const simple: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** `"…"` between the quotes. */
export function unescaped(text: string): string {
  if (!/[\\$%]/.test(text)) return text;
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|([$%])\4\{/gs,
    (whole, short, long, sign, mark) => {
      if (mark) return `${mark}{`;
      const code = short ?? long;
      if (code === undefined) return simple[sign] ?? whole;
      const point = Number.parseInt(code, 16);
      return point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole;
    },
  );
}

/** A heredoc, and every text of the JSON spelling: only the beginnings of templates are escaped. */
export function unescapedHeredoc(text: string): string {
  return text.replace(/([$%])\1\{/g, "$1{");
}

/** A piece of a template: text, or something between `${` or `%{` and `}`. */
export type Piece<T> =
  /** `start`: where it begins in what is read, as long as it stands there so. */
  | { readonly kind: "text"; readonly text: string; readonly start: number | undefined }
  /** With `~` before it or after it, where white space is taken away. */
  | { readonly kind: "sequence"; readonly value: T; readonly before: boolean; readonly after: boolean };

export function withoutMarkedSpace<T>(pieces: readonly Piece<T>[]): Piece<T>[] {
  return pieces.map((piece, i) => {
    if (piece.kind !== "text") return piece;
    const [previous, next] = [pieces[i - 1], pieces[i + 1]];
    let trimmed: Text = piece;
    if (previous?.kind === "sequence" && previous.after) trimmed = without(trimmed, spaceBefore(trimmed.text));
    if (next?.kind === "sequence" && next.before) trimmed = { ...trimmed, text: trimmed.text.trimEnd() };
    return trimmed;
  });
}

type Text = Extract<Piece<never>, { readonly kind: "text" }>;

function without({ text, start }: Text, count: number): Text {
  return { kind: "text", text: text.slice(count), start: start === undefined ? undefined : start + count };
}

function spaceBefore(text: string): number {
  return text.length - text.trimStart().length;
}

/** Each line of a heredoc is a text by itself: a mark takes away the white space of one. */
export function inLines<T>(pieces: readonly Piece<T>[]): Piece<T>[] {
  return pieces.flatMap((piece): Piece<T>[] =>
    piece.kind === "text"
      ? [...piece.text.matchAll(/[^\n]*\n|[^\n]+/g)].map(({ 0: text, index }) => {
          return { kind: "text", text, start: piece.start === undefined ? undefined : piece.start + index };
        })
      : [piece],
  );
}

/** `<<-`: lines begin where the one that is indented least begins. Blank lines do not count and stay. */
export function outdented<T>(lines: readonly Piece<T>[]): Piece<T>[] {
  const starts = lines.map((_, i) => {
    const before = lines[i - 1];
    return !before || (before.kind === "text" && before.text.endsWith("\n"));
  });
  const isIndented = (piece: Piece<T>, i: number) =>
    starts[i] && piece.kind === "text" && !(piece.text.trim() === "" && piece.text.endsWith("\n"));
  let depth = Number.POSITIVE_INFINITY;
  for (const [i, piece] of lines.entries()) {
    if (piece.kind === "text" && isIndented(piece, i)) {
      depth = Math.min(depth, spaceBefore(piece.text));
    } else if (piece.kind !== "text" && starts[i]) depth = 0;
  }
  return lines.map((piece, i) => (piece.kind === "text" && isIndented(piece, i) ? without(piece, depth) : piece));
}
