/** What house rules forbid, as data. Who may import whom, and which folders are pure, stands in docs/architecture.md. */

/** What a pure folder must not use, with the remedy. */
export const impure: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  { pattern: /from "node:/, remedy: "take the value as an argument, or move the edge to cli, store, runner or git" },
  { pattern: /\bDate\.now\(|new Date\(\)|performance\.now\(/, remedy: "take the time as an argument (ports: Clock)" },
  { pattern: /\bMath\.random\(|\bcrypto\./, remedy: "take ids as an argument (ports: Ids)" },
  { pattern: /\bset(Timeout|Interval|Immediate)\(/, remedy: "ask the clock port to wake you" },
  { pattern: /\bprocess\.(env|argv|cwd|exit|std)/, remedy: "take it as an argument" },
];

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
