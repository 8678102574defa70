/**
 * Every action that generated files use, pinned to the commit of a release. A tag can be moved; a commit cannot.
 *
 * To update: `node src/platforms/github/write/update-pinned-actions.ts` looks up the newest release of each with `gh` and
 * rewrites this table; read the releases' notes, then `baton generate github` writes the files anew. `using` is what its
 * `action.yml` says it runs on. `lookedUpOn` and `runtimes` are all the dates there are: a test refuses a runtime that is no longer
 * supported, and a table that nobody has looked up for half a year.
 */
export const pinnedActions = {
  checkout: {
    action: "actions/checkout",
    sha: "3d3c42e5aac5ba805825da76410c181273ba90b1",
    version: "v7.0.1",
    using: "node24",
  },
  uploadArtifact: {
    action: "actions/upload-artifact",
    sha: "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
    version: "v7.0.0",
    using: "node24",
  },
  downloadArtifact: {
    action: "actions/download-artifact",
    sha: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    version: "v8.0.1",
    using: "node24",
  },
  setupNode: {
    action: "actions/setup-node",
    sha: "820762786026740c76f36085b0efc47a31fe5020",
    version: "v7.0.0",
    using: "node24",
  },
  setupPython: {
    action: "actions/setup-python",
    sha: "5fda3b95a4ea91299a34e894583c3862153e4b97",
    version: "v7.0.0",
    using: "node24",
  },
  cache: {
    action: "actions/cache",
    sha: "27d5ce7f107fe9357f9df03efb73ab90386fccae",
    version: "v5.0.5",
    using: "node24",
  },
  setupTerraform: {
    action: "hashicorp/setup-terraform",
    sha: "dfe3c3f87815947d99a8997f908cb6525fc44e9e",
    version: "v4.0.1",
    using: "node24",
  },
  awsCredentials: {
    action: "aws-actions/configure-aws-credentials",
    sha: "e6de054238d6b7531b4efff3b6587d9aade6a06c",
    version: "v6.2.3",
    using: "node24",
  },
  googleAuth: {
    action: "google-github-actions/auth",
    sha: "7c6bc770dae815cd3e89ee6cdf493a5fab2cc093",
    version: "v3.0.0",
    using: "node24",
  },
  azureLogin: {
    action: "azure/login",
    sha: "f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca",
    version: "v3.0.1",
    using: "node24",
  },
  attest: {
    action: "actions/attest-build-provenance",
    sha: "a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32",
    version: "v4.1.0",
    using: "composite",
  },
} as const;

/** The day on which the whole table was compared with the newest releases. */
export const lookedUpOn = "2026-11-29";

/** What actions run on, with the last day on which it is supported; undefined: as long as what they are made of. */
export const runtimes: Readonly<Record<string, string | undefined>> = {
  // GitHub took it from its runners: github.blog, changelog of 19 September 2025, with the dates as they were moved since.
  node20: "2026-09-22",
  // GitHub has not said when it goes; Node.js itself supports it until then.
  node24: "2028-04-30",
  composite: undefined,
};

export interface PinnedAction {
  readonly action: string;
  /** All 40 digits. */
  readonly sha: string;
  /** The release it is, for people and for what updates pins. */
  readonly version: string;
}

/** Pins that take the place of the table's, by action: those of the settings file, and newer ones in committed files. */
export type MovedPins = Readonly<Record<string, Omit<PinnedAction, "action">>>;

/** The pin to write. */
export function pinOf(pin: PinnedAction, moved: MovedPins = {}): PinnedAction {
  return Object.hasOwn(moved, pin.action) ? { action: pin.action, ...moved[pin.action]! } : pin;
}

/**
 * Dependabot and Renovate move pins in the files themselves. What they moved forward is kept: of each action the newest
 * release that the committed texts name, where it is newer than the table's.
 */
export function pinsMovedIn(texts: readonly string[]): MovedPins {
  const ours = new Map<string, PinnedAction>(Object.values(pinnedActions).map((pin) => [pin.action, pin]));
  const moved: Record<string, Omit<PinnedAction, "action">> = {};
  for (const text of texts) {
    for (const [, action, sha, version] of text.matchAll(
      /uses: ([\w.-]+\/[\w./-]+)@([0-9a-f]{40}) # (v\d+(?:\.\d+)*)/g,
    )) {
      const known = ours.get(action!);
      if (known !== undefined && isNewer(version!, (moved[action!] ?? known).version))
        moved[action!] = { sha: sha!, version: version! };
    }
  }
  return moved;
}

function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((one) => one.slice(1).split(".").map(Number)) as [number[], number[]];
  for (const index of [0, 1, 2]) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
