/** How many lines stand around a change. */
const around = 3;

export interface Change {
  path: string;
  before: string;
  after: string;
}

/** The lines of a unified diff; none when nothing changed. */
export function lineDiff({ path, before, after }: Change): string[] {
  if (before === after) return [];
  const edits = compare(linesOf(before), linesOf(after));
  const head = [before === "" ? "--- /dev/null" : `--- a/${path}`, after === "" ? "+++ /dev/null" : `+++ b/${path}`];
  return [...head, ...hunks(edits)];
}

type Edit = { sign: " " | "-" | "+"; text: string };

const linesOf = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

function compare(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  const keep = (text: string): Edit => ({ sign: " ", text });
  return [
    ...before.slice(0, start).map(keep),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(keep),
  ];
}

/** Beyond this many cells a longest common subsequence costs more than it is worth. */
const mostCells = 4_000_000;

function middle(before: readonly string[], after: readonly string[]): Edit[] {
  const gone = (text: string): Edit => ({ sign: "-", text });
  const come = (text: string): Edit => ({ sign: "+", text });
  if (before.length * after.length > mostCells) return [...before.map(gone), ...after.map(come)];
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] =
        before[i] === after[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      edits.push({ sign: " ", text: before[i]! });
      i++;
      j++;
    } else if (
      j === after.length ||
      (i < before.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    ) {
      edits.push(gone(before[i++]!));
    } else edits.push(come(after[j++]!));
  }
  return edits;
}

function hunks(edits: readonly Edit[]): string[] {
  const out: string[] = [];
  let before = 1;
  let after = 1;
  let index = 0;
  while (index < edits.length) {
    const first = edits.findIndex(({ sign }, i) => i >= index && sign !== " ");
    if (first === -1) break;
    const start = Math.max(index, first - around);
    let end = first;
    for (let i = first; i < edits.length && i <= end + 2 * around; i++) if (edits[i]!.sign !== " ") end = i;
    const stop = Math.min(edits.length, end + around + 1);
    before += start - index;
    after += start - index;
    const part = edits.slice(start, stop);
    const gone = part.filter(({ sign }) => sign !== "+").length;
    const come = part.filter(({ sign }) => sign !== "-").length;
    out.push(`@@ -${gone === 0 ? before - 1 : before},${gone} +${come === 0 ? after - 1 : after},${come} @@`);
    for (const { sign, text } of part) out.push(`${sign}${text}`);
    before += gone;
    after += come;
    index = stop;
  }
  return out;
}
