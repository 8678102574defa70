/** Programs that only run another one: what follows them is the command. */

export interface Prefix {
  readonly words: readonly string[];
  /** Flags that take the next word as their value. */
  readonly flagsWithValue?: readonly string[];
  /** Words of its own before the command, flags aside. */
  readonly positionals?: number;
}

export const prefixes: readonly Prefix[] = [
  { words: ["sudo"], flagsWithValue: ["-u", "-g", "-H", "--user"] },
  { words: ["env"], flagsWithValue: ["-u", "-C"] },
  { words: ["exec"] },
  { words: ["nohup"] },
  { words: ["command"] },
  { words: ["builtin"] },
  { words: ["eval"] },
  { words: ["nice"], flagsWithValue: ["-n"] },
  { words: ["timeout"], flagsWithValue: ["-s", "-k", "--signal", "--kill-after"], positionals: 1 },
  { words: ["xargs"], flagsWithValue: ["-I", "-n", "-P", "-L", "-d"] },
  { words: ["retry"], flagsWithValue: ["-t", "-d", "--times", "--delay"] },
  { words: ["npx"], flagsWithValue: ["-p", "--package", "-c"] },
  { words: ["bunx"] },
  { words: ["npm", "exec"], flagsWithValue: ["-w", "--workspace", "-p", "--package"] },
  { words: ["pnpm", "exec"], flagsWithValue: ["--filter", "-F", "-C", "--dir"] },
  { words: ["pnpm", "dlx"], flagsWithValue: ["--package"] },
  { words: ["pnpx"] },
  { words: ["yarn", "dlx"], flagsWithValue: ["-p", "--package"] },
  { words: ["yarn", "exec"] },
  { words: ["poetry", "run"] },
  { words: ["pipenv", "run"] },
  {
    words: ["uv", "run"],
    flagsWithValue: ["--with", "--extra", "--group", "--project", "-p", "--python", "--directory"],
  },
  { words: ["uvx"], flagsWithValue: ["--from", "--with"] },
  { words: ["pipx", "run"], flagsWithValue: ["--spec"] },
  { words: ["rye", "run"] },
  { words: ["pdm", "run"] },
  { words: ["hatch", "run"] },
  { words: ["bundle", "exec"] },
  { words: ["ddev"] },
  { words: ["lando"] },
  { words: ["doppler", "run"], flagsWithValue: ["-p", "-c", "--project", "--config"] },
  { words: ["op", "run"], flagsWithValue: ["--env-file"] },
  { words: ["dotenv"], flagsWithValue: ["-e", "-c", "-f"] },
  { words: ["aws-vault", "exec"], positionals: 1 },
  { words: ["chamber", "exec"], positionals: 1 },
  { words: ["infisical", "run"], flagsWithValue: ["--env", "--path", "--projectId"] },
  { words: ["mise", "exec"] },
  { words: ["mise", "x"] },
  { words: ["asdf", "exec"] },
  { words: ["nix", "develop"], flagsWithValue: ["--command", "-c"] },
  { words: ["devbox", "run"] },
  { words: ["xvfb-run"], flagsWithValue: ["-s", "--server-args"] },
  { words: ["cross-env"] },
  { words: ["winpty"] },
  {
    words: ["tfcmt"],
    flagsWithValue: ["-owner", "-repo", "-sha", "-pr", "-var", "-config", "-build-url", "-output", "-log-level"],
    positionals: 1,
  },
];
