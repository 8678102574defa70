import type { OutputType } from "../model/delivery.ts";

/** Outputs are small named values: a file that is larger holds something else. */
export const OUTPUT_FILE_LIMIT_BYTES = 1024 * 1024;

export type OutputFile = { kind: "read"; values: Map<string, string> } | { kind: "unreadable"; problem: string };

/**
 * Reads what steps wrote to the file in `$BATON_OUTPUT`: lines `name=value`, or `name<<MARK`, the value's lines, `MARK`.
 * A later value of the same name wins; `\r\n` counts as `\n`. `problem` is one sentence that repeats no value.
 */
export function parseOutputFile(text: string): OutputFile {
  const values = new Map<string, string>();
  const lines = text.replace(/\r\n/g, "\n").split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line.trim() === "") continue;
    const place = `line ${index + 1} of the output file`;
    const match = /^\s*([^\s=<]+)(=|<<)(.*)$/s.exec(line);
    if (match === null) return unreadable(`${place} is neither name=value nor name<<MARK`);
    const [, name, sign, rest] = match as unknown as [string, string, string, string];
    if (sign === "=") {
      values.set(name, rest);
      continue;
    }
    const mark = rest.trim();
    if (mark === "") return unreadable(`${place} opens the value of '${name}' with << and no mark after it`);
    const end = lines.indexOf(mark, index + 1);
    if (end === -1) return unreadable(`${place} opens the value of '${name}' and its closing mark never comes`);
    values.set(name, lines.slice(index + 1, end).join("\n"));
    index = end;
  }
  return { kind: "read", values };
}

/** What is wrong with the value as a value of this type, without repeating it; undefined when nothing is. */
export function typeProblem(value: string, type: OutputType): string | undefined {
  if (value.includes("\0")) return "holds a zero character";
  switch (type) {
    case "string":
      return undefined;
    case "number":
      if (DECIMAL.test(value) && Number.isFinite(Number(value))) return undefined;
      return DECIMAL.test(value.trim())
        ? "has blanks around it"
        : "is not a decimal number as JSON writes it (7, -0.5, 1e6)";
    case "boolean":
      return value === "true" || value === "false" ? undefined : "is neither true nor false";
    case "url":
      // It will be a link on a page: nothing that a browser would run, and nothing that shows as another address.
      return WEB_ADDRESS.test(value) && URL.canParse(value) ? undefined : "is not an absolute http or https URL";
    case "json":
      try {
        JSON.parse(value);
        return undefined;
      } catch {
        return "is not valid JSON";
      }
    default:
      return type satisfies never;
  }
}

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WEB_ADDRESS = /^https?:\/\/[^\s\p{Cc}\p{Cf}\\]+$/iu;

function unreadable(problem: string): OutputFile {
  return { kind: "unreadable", problem };
}
