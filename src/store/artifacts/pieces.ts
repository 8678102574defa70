import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { digestOf } from "./listing.ts";

/** Up to here a file is read whole; above, in pieces of this size. */
export const pieceBytes = 1024 * 1024;

/** What an open file holds from its beginning; undefined when that is more than `limitBytes`, whatever its size was said to be. */
export function readWhole(
  descriptor: number,
  { sizeBytes, limitBytes }: { sizeBytes: number; limitBytes: number },
): Buffer | undefined {
  const content = Buffer.allocUnsafe(Math.min(sizeBytes, limitBytes) + 1);
  let length = 0;
  while (length < content.length) {
    const count = readSync(descriptor, content, length, content.length - length, length);
    if (count === 0) return content.subarray(0, length);
    length += count;
  }
  return length > limitBytes ? undefined : readWhole(descriptor, { sizeBytes: limitBytes, limitBytes });
}

/** After so many pieces others may have their turn. */
const piecesInOneGo = 4;

/**
 * Reads an open file from its beginning, piece by piece, and says what it holds; with `to`, an open file, it is written there.
 * At once and not through threads: what they could do at the same time costs more in handing over than it gains.
 */
export async function pass(from: number, to?: number): Promise<{ sizeBytes: number; digest: string }> {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(pieceBytes);
  let sizeBytes = 0;
  for (let pieces = 1; ; pieces++) {
    const length = readSync(from, piece, 0, pieceBytes, sizeBytes);
    if (length === 0) return { sizeBytes, digest: `sha256:${hash.digest("hex")}` };
    const content = piece.subarray(0, length);
    hash.update(content);
    if (to !== undefined) writeFileSync(to, content);
    sizeBytes += length;
    if (pieces % piecesInOneGo === 0) await setImmediate();
  }
}

/** Size and digest of an open file. */
export function hashOpen(file: { descriptor: number; sizeBytes: number }) {
  const content = readWhole(file.descriptor, { sizeBytes: file.sizeBytes, limitBytes: pieceBytes });
  return content === undefined ? pass(file.descriptor) : { sizeBytes: content.length, digest: digestOf(content) };
}

export async function digestOfFile(path: string): Promise<string> {
  const descriptor = openSync(path, "r");
  try {
    return (await hashOpen({ descriptor, sizeBytes: fstatSync(descriptor).size })).digest;
  } finally {
    closeSync(descriptor);
  }
}
