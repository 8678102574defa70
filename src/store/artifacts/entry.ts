/**
 * One thing in an artifact. `path` is relative to the artifact, `/`-separated; the artifact itself, a folder or a single
 * file, has the empty path. Of a file's mode only "executable by its owner" counts: the rest is the machine's own.
 */
export type Entry =
  | { kind: "directory"; path: string }
  | { kind: "file"; path: string; executable: boolean; sizeBytes: number; digest: string }
  | { kind: "link"; path: string; target: string };
