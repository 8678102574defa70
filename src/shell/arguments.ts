import type { Key } from "../facts/access.ts";
import { dropLeading, keyText, leadingText, type Word } from "./words.ts";

/** How a program's flags take values: `--name=value` always does; `--name value` as said here. */
export type FlagStyle =
  /** Every flag takes the next word, unless that is a flag itself, except those listed. */
  | { readonly values: "all-except"; readonly flags: readonly string[] }
  | { readonly values: "only"; readonly flags: readonly string[] };

/** A command's words as what they mean to its program. */
export class Arguments {
  /** Words that are neither flags nor their values; the program is not among them. */
  readonly positionals: readonly Word[];
  private readonly options: ReadonlyMap<string, readonly Key[]>;

  constructor(words: readonly Word[], style: FlagStyle) {
    const positionals: Word[] = [];
    const options = new Map<string, Key[]>();
    const add = (name: string, value: Key) => options.set(name, [...(options.get(name) ?? []), value]);
    let onlyPositionals = false;
    for (let i = 0; i < words.length; i++) {
      const { key } = words[i]!;
      const text = leadingText(key);
      if (onlyPositionals || !/^--?[A-Za-z@]/.test(text)) {
        if (keyText(key) === "--") onlyPositionals = true;
        else positionals.push(words[i]!);
        continue;
      }
      const equals = text.indexOf("=");
      if (equals > 0) {
        add(text.slice(0, equals), dropLeading(key, equals + 1));
        continue;
      }
      const next = words[i + 1];
      if (takesValue(text, style) && next && !isFlag(next, style)) {
        add(text, next.key);
        i++;
      } else add(text, []);
    }
    this.positionals = positionals;
    this.options = options;
  }

  /** The value of the first of these flags that is given; empty for a flag without a value. */
  option(...names: readonly string[]): Key | undefined {
    return this.allOptions(...names)[0];
  }

  allOptions(...names: readonly string[]): readonly Key[] {
    return names.flatMap((name) => this.options.get(name) ?? []);
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.options.has(name));
  }

  text(position: number): string | undefined {
    return keyText(this.positionals[position]?.key);
  }
}

function takesValue(flag: string, style: FlagStyle): boolean {
  return style.values === "only" ? style.flags.includes(flag) : !style.flags.includes(flag);
}

function isFlag(word: Word, style: FlagStyle): boolean {
  return style.values === "all-except" && /^--?[A-Za-z]/.test(leadingText(word.key));
}
