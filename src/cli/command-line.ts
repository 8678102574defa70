import { shellWord } from "../model/shell-word.ts";

type Given = Record<string, string | true | readonly string[] | undefined>;

/**
 * The command that does this, with the options that were given: `baton run --to prod --param size=2`. Options by their
 * names as commander keeps them (`inPlace` for `--in-place`).
 */
export function commandLine(name: string, options: Given, args: readonly string[] = []): string {
  const flags = Object.entries(options).flatMap(([option, value]) => {
    const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined) return [];
    if (value === true) return [flag];
    return (typeof value === "string" ? [value] : value).map((one) => `${flag} ${shellWord(one)}`);
  });
  return ["baton", name, ...args.map(shellWord), ...flags].join(" ");
}
