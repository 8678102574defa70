import { gatedJson } from "./gate.ts";

/** The most that is shown of one value, in UTF-16 code units. */
const LONGEST = 200;

/** An output's value on one line: as JSON when it has line ends or control characters, and cut when it is long. */
export function shownValue(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const text = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(value) ? gatedJson(value) : value;
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST).toWellFormed()}… (${value.length} characters; baton outputs --json has all of them)`;
}
