/** Programs that run a task of the repository by its name: the next word is the task. */

export interface TaskRunner {
  readonly words: readonly string[];
}

/** Longer ones first: `npm run deploy` is the task `deploy`. */
export const taskRunners: readonly TaskRunner[] = [
  { words: ["npm", "run"] },
  { words: ["npm", "run-script"] },
  { words: ["pnpm", "run"] },
  { words: ["yarn", "run"] },
  { words: ["bun", "run"] },
  { words: ["deno", "task"] },
  { words: ["nx", "run"] },
  { words: ["nx"] },
  { words: ["turbo", "run"] },
  { words: ["turbo"] },
  { words: ["composer", "run"] },
  { words: ["composer", "run-script"] },
  { words: ["mise", "run"] },
  { words: ["mage"] },
  { words: ["make"] },
  { words: ["just"] },
  { words: ["task"] },
  { words: ["rake"] },
  { words: ["invoke"] },
  { words: ["inv"] },
  { words: ["fab"] },
  { words: ["robo"] },
  { words: ["gulp"] },
  { words: ["grunt"] },
  { words: ["pnpm"] },
  { words: ["yarn"] },
  { words: ["cap"] },
  { words: ["fastlane"] },
  { words: ["earthly"] },
  { words: ["poe"] },
  { words: ["nox"] },
  { words: ["gradle"] },
  { words: ["gradlew"] },
  { words: ["mvn"] },
  { words: ["mvnw"] },
  { words: ["sbt"] },
  { words: ["lein"] },
  { words: ["mix"] },
];

/** Programs that run a file: the next word is the script. */
export const interpreters: ReadonlySet<string> = new Set([
  "bash",
  "sh",
  "zsh",
  "dash",
  "source",
  ".",
  "python",
  "python3",
  "node",
  "tsx",
  "ts-node",
  "bun",
  "deno",
  "ruby",
  "perl",
  "php",
  "pwsh",
  "powershell",
]);
