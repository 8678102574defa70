import type { SourceFile } from "../../../findings/source.ts";

/** GitHub reads no workflow file that is larger. Bytes. */
export const MAX_FILE_SIZE = 1024 * 1024;

export type Decoded =
  | { readonly ok: true; readonly source: SourceFile }
  | { readonly ok: false; readonly path: string; readonly reason: string };

/** Makes text of a file's bytes: UTF-8, with or without a byte order mark. */
export function decodeFile(path: string, bytes: Uint8Array): Decoded {
  if (bytes.length > MAX_FILE_SIZE) return { ok: false, path, reason: tooLarge(bytes.length) };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const byteOrderMark = text.startsWith("\uFEFF");
    return { ok: true, source: { path, text: byteOrderMark ? text.slice(1) : text, byteOrderMark } };
  } catch {
    return { ok: false, path, reason: "the file is not UTF-8 text: save it as UTF-8" };
  }
}

export function tooLarge(size: number): string {
  const megabytes = (size / 1024 / 1024).toFixed(1);
  return `the file has ${megabytes} MB and GitHub reads at most 1 MB: split it into several workflows`;
}
