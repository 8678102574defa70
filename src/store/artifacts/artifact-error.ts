/** Why files cannot be kept or laid down: one sentence that names the entry, and what to do. */
export class ArtifactError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ArtifactError";
  }
}

/** What an artifact consists of is not, or not any more, in the store. */
export class LostContent extends ArtifactError {
  constructor(digest: string, how: "is not in the artifact store" | "was damaged in the artifact store") {
    super(`${digest} ${how}: the job that makes it has to run again (\`baton run --force\` runs it)`);
    this.name = "LostContent";
  }
}

/** How an entry is called in messages; the artifact itself has the empty path. */
export function entryName(path: string): string {
  return path === "" ? "it" : `'${path}'`;
}
