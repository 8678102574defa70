/** A definition before it is written down: what was found in a folder, or what shows how one is written. */

export interface Draft {
  readonly name: string;
  /** Of the environment `dev`. */
  readonly branch: string;
  readonly pipelines: readonly DraftPipeline[];
}

export interface DraftPipeline {
  readonly name: string;
  /** Comment above it, one entry a line. */
  readonly about: readonly string[];
  /** Relative to the definition; absent for its own folder. */
  readonly folder?: string | undefined;
  readonly needs?: readonly string[];
  /** Names of outputs that are texts; an address has the type `url`. */
  readonly outputs: Readonly<Record<string, "string" | "url">>;
  readonly jobs: readonly DraftJob[];
  /** It was found, but not how it is deployed: a comment shows where that belongs. */
  readonly isUndeployed?: true;
}

export interface DraftJob {
  readonly name: string;
  readonly kind: "release" | "deploys";
  readonly needs?: readonly string[];
  readonly tools?: readonly string[];
  readonly uses?: readonly string[];
  /** Outputs of other pipelines, by the variable that holds them. */
  readonly env?: Readonly<Record<string, { readonly pipeline: string; readonly output: string }>>;
  readonly steps: readonly string[];
  readonly artifacts?: Readonly<Record<string, string>>;
}

/** For a folder in which nothing was found. It runs anywhere, and shows what one pipeline hands to another. */
export const starterPipelines: readonly DraftPipeline[] = [
  {
    name: "infra",
    about: ["What others stand on. It hands over an output: a step adds name=value to the file in $BATON_OUTPUT."],
    outputs: { site_url: "url" },
    jobs: [
      {
        name: "apply",
        kind: "deploys",
        steps: ['echo "site_url=https://dev.example.com" >> "$BATON_OUTPUT"'],
      },
    ],
  },
  {
    name: "web",
    about: ["Starts when infra has passed, in the same environment and for the same release."],
    needs: ["infra"],
    outputs: {},
    jobs: [
      {
        name: "build",
        kind: "release",
        steps: ["mkdir -p dist", "echo hello > dist/index.html"],
        artifacts: { dist: "dist" },
      },
      {
        name: "deploy",
        kind: "deploys",
        needs: ["build"],
        uses: ["dist"],
        env: { SITE_URL: { pipeline: "infra", output: "site_url" } },
        steps: ['echo "here dist/ would be put at $SITE_URL"'],
      },
    ],
  },
];
