/** Why files cannot be kept or laid down: one sentence that names the entry, and what to do. */
export class ArtifactError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ArtifactError";
  }
}

/** How an entry is called in messages; the artifact itself has the empty path. */
export function entryName(path: string): string {
  return path === "" ? "it" : `'${path}'`;
}
