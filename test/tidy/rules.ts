/** What house rules forbid, as data. Who may import whom, and which folders are pure, stands in docs/architecture.md. */

/** What a pure folder must not use, with the remedy. */
export const impure: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  { pattern: /from "node:/, remedy: "take the value as an argument, or move the edge to cli, store, runner or git" },
  { pattern: /\bDate\.now\(|new Date\(\)|performance\.now\(/, remedy: "take the time as an argument (ports: Clock)" },
  { pattern: /\bMath\.random\(|\bcrypto\./, remedy: "take ids as an argument (ports: Ids)" },
  { pattern: /\bset(Timeout|Interval|Immediate)\(/, remedy: "ask the clock port to wake you" },
  { pattern: /\bprocess\.(env|argv|cwd|exit|std)/, remedy: "take it as an argument" },
];

/** Files of pure folders that are not pure all the same, and why. An entry that is not needed any more is refused. */
export const impureFiles: Readonly<Record<string, string>> = {
  "src/control/request/secrets.ts": "reads the file of secrets that was named",
  "src/control/request/source.ts": "asks the clone what is to be delivered",
  "src/control/verbs/answer.ts": "says when a person answered",
  "src/control/verbs/cancel.ts": "says when a person cancelled",
  "src/control/verbs/run.ts": "compares what was planned with what is there now",
  "src/control/verbs/services.ts": "ends the services that jobs left running",
  "src/control/verbs/status.ts": "says how long something has been waiting",
  "src/engine/trace-context.ts": "makes ids by a digest",
  "src/platforms/codepipeline/write/create-commands.ts": "joins paths for a person's own shell",
  "src/platforms/codepipeline/write/functions/function-program.ts":
    "reads the program that it writes out, from beside it",
  "src/platforms/codepipeline/write/names.ts": "shortens names by a digest",
  "src/platforms/codepipeline/write/separate/program.ts": "reads the program that it writes out, from beside it",
  "src/platforms/github/write/actions.ts": "reads the program that it writes out, from beside it",
  "src/platforms/github/write/update-pinned-actions.ts": "a program of ours: asks git for newer pins",
};

/** What only some places may do; `in` are path prefixes. */
export const reserved: readonly {
  readonly pattern: RegExp;
  readonly in: readonly string[];
  readonly remedy: string;
}[] = [
  {
    pattern: /\.turn\(/,
    in: ["src/engine/", "src/store/"],
    remedy: "a second writer of the truth can make it unreadable: ask the engine",
  },
  {
    pattern: /\b(openStore|openEngine|createRunner)\(/,
    in: ["src/engine/", "src/store/", "src/runner/", "src/control/local/", "src/agent/"],
    remedy: "ask control/local for the host of this machine",
  },
];

/** Folders in which one exported type name may stand. More of them, and the name has to be explained each time. */
export const mostFoldersOfAType = 2;

/** In any source file, with the remedy. */
export const banned: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  { pattern: /\b(TODO|FIXME|XXX)\b/, remedy: "do it now, or write it into the issue tracker" },
  { pattern: /\bnot implemented\b/i, remedy: "implement it, or leave it out" },
  { pattern: /@ts-ignore|@ts-nocheck/, remedy: "give it a type" },
  { pattern: /\b(test|it|describe|suite)\.(only|skip|todo)\(/, remedy: "run every test" },
];

/** Names that say nothing about what is inside. */
export const emptyNames = /^(helpers?|utils?\d*|common|misc|manager|stuff|shared)$/;

/** Lines of a source file. Data tables stand in files of their own and are exempt. */
export const maxLines = 600;
