/** Why files cannot be kept or laid down: one sentence that names the entry, and what to do. */
export class ArtifactError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ArtifactError";
  }
}

/** What an artifact consists of is not, or not any more, in the store. */
export class LostContent extends ArtifactError {
  private constructor(digest: string, how: string) {
    super(`${digest} ${how} the artifact store: a new run has the job that makes it run again`);
    this.name = "LostContent";
  }

  static gone(digest: string): LostContent {
    return new LostContent(digest, "is not in");
  }

  static damaged(digest: string): LostContent {
    return new LostContent(digest, "was damaged in");
  }
}

/** There is more of it than is taken. */
export class TooMuch extends ArtifactError {}

/** How an entry is called in messages; the artifact itself has the empty path. */
export function entryName(path: string): string {
  return path === "" ? "it" : `'${path}'`;
}
