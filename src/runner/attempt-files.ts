import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { OUTPUT_FILE_LIMIT_BYTES } from "./output-file.ts";

/**
 * The files steps write for Baton. Their names hold the attempt's token, so that a process of an older attempt writes to a
 * file that nobody reads any more.
 */
export interface AttemptFiles {
  /** For `$BATON_OUTPUT` and `$BATON_SERVICE`, absolute. */
  output: string;
  service: string;
  read(path: string): FileText;
  remove(): void;
}

/** An absent file is an empty text. `problem` goes behind the words "the file in $BATON_OUTPUT". */
export type FileText = { kind: "text"; text: string } | { kind: "problem"; problem: string };

export function attemptFiles(stateFolder: string, token: string): AttemptFiles {
  const base = join(stateFolder, "attempts", encodeURIComponent(token));
  const output = `${base}.output`;
  const service = `${base}.service`;
  return {
    output,
    service,
    read: readSmallText,
    remove() {
      for (const path of [output, service]) if (existsSync(path)) rmSync(path, { force: true, recursive: true });
    },
  };
}

export function createEmptyFile(path: string): void {
  closeSync(openSync(path, "w", 0o600));
}

export function createAttemptsFolder(stateFolder: string): void {
  mkdirSync(join(stateFolder, "attempts"), { recursive: true, mode: 0o700 });
}

function readSmallText(path: string): FileText {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) return { kind: "text", text: "" };
  if (!file.isFile()) return { kind: "problem", problem: "was replaced by something that is no file" };
  if (file.size > OUTPUT_FILE_LIMIT_BYTES) {
    return {
      kind: "problem",
      problem: `holds ${file.size} bytes, more than the ${OUTPUT_FILE_LIMIT_BYTES} that are allowed`,
    };
  }
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)) };
  } catch {
    return { kind: "problem", problem: "is not valid UTF-8" };
  }
}
