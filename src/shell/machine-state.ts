import type { Key, TokenUse } from "../facts/access.ts";

/** What earlier scripts on one machine leave for later ones: logins, credentials, backends, files. */
export interface MachineState {
  /** What `git push` signs in with: those that the last checkout left behind. */
  credentials: TokenUse;
  /** Whether anything signed in to a place where commands could change something. */
  signedIn: boolean;
  /** Region and role of the cloud account that was signed in to. */
  account: ReadonlyMap<string, Key>;
  /** By folder: how the Terraform state there is told from others. */
  readonly backends: Map<string, ReadonlyMap<string, Key>>;
  readonly workspaces: Map<string, Key>;
  /** Contents of small files that scripts wrote, by path. */
  readonly files: Map<string, Key>;
  /** Names of images with their tags that a step has made up, by its id in lower case. */
  readonly imageNames: Map<string, readonly Key[]>;
  /** Tags made in the clone and not pushed yet. */
  readonly tags: Key[];
  /** A throw-away cluster was made: what is deployed there is a test. */
  localCluster: boolean;
  /** What was run of the repository's own files: how many times, how many characters, and the texts since somebody last took them. */
  called: number;
  read: number;
  opened: string[];
}

export function freshState(): MachineState {
  return {
    credentials: { kind: "unknown" },
    signedIn: false,
    account: new Map(),
    backends: new Map(),
    workspaces: new Map(),
    files: new Map(),
    imageNames: new Map(),
    tags: [],
    localCluster: false,
    called: 0,
    read: 0,
    opened: [],
  };
}
