import type { Known } from "../workflow.ts";
import type { Decoded } from "./decode.ts";

interface Files {
  read(path: string): Decoded | undefined;
}

/** What the clone itself remembers about its origin, read from `.git` without running git. */
export interface CloneFacts {
  readonly defaultBranch: Known<string>;
  readonly slug: Known<string>;
}

export function readCloneFacts(files: Files): CloneFacts {
  const head = textOf(files, ".git/refs/remotes/origin/HEAD");
  const branch = head && /^ref: refs\/remotes\/origin\/(\S+)\s*$/.exec(head)?.[1];
  const config = textOf(files, ".git/config");
  return { defaultBranch: known(branch), slug: known(config && originSlug(config)) };
}

function known(value: string | undefined): Known<string> {
  return value ? { kind: "known", value } : { kind: "unknown" };
}

function textOf(files: Files, path: string): string | undefined {
  const read = files.read(path);
  return read?.ok ? read.source.text : undefined;
}

/** `owner/name` of `url` in `[remote "origin"]`, for the ways to write a GitHub address. */
function originSlug(config: string): string | undefined {
  let inOrigin = false;
  for (const line of config.split(/\r?\n/)) {
    if (line.trimStart().startsWith("[")) inOrigin = line.trim() === '[remote "origin"]';
    const url = inOrigin && /^\s*url\s*=\s*(\S+)\s*$/.exec(line)?.[1];
    if (url) return /(?:^|[@/])github\.com(?::\d+)?[:/]([^/\s]+\/[^/\s]+?)(?:\.git)?\/?$/.exec(url)?.[1];
  }
  return undefined;
}
