/**
 * Makes a program's output safe to store and to show again: lines end in `\n`, colours (SGR sequences) stay, every other
 * control sequence goes, so that no output can move the cursor, retitle a window, hide text or turn the order of a line.
 * Afterwards an escape character only ever begins a complete SGR sequence.
 */
export interface TextCleaner {
  /** `text` may be cut anywhere; what cannot be decided yet is held back. */
  push(text: string): string;
  end(): string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const SUSPECT = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  /\r\n?|\x1b\[[0-9;:]*m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const SGR = /^\x1b\[[0-9;:]*m$/;
const EXTENDED_COLOUR = /[345]8[;:](?:5[;:]\d*|2(?:[;:]\d*){3})/g;
/** The parameter that hides what is printed after it. */
const CONCEALS = /(?:\[|;)0*8(?=[;m])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const UNFINISHED = /(?:\r|\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)?)$/;
/** A sequence longer than this is not waited for: it is not one that a person would miss. */
const LONGEST_SEQUENCE = 4096;

export function createTextCleaner(): TextCleaner {
  let held = "";
  return {
    push(text) {
      if (held === "" && !SUSPECT.test(text)) return text;
      const all = held + text;
      const tail = all.slice(-LONGEST_SEQUENCE);
      const unfinished = UNFINISHED.exec(tail);
      held = unfinished !== null && unfinished[0].length < LONGEST_SEQUENCE ? unfinished[0] : "";
      return clean(held === "" ? all : all.slice(0, all.length - held.length));
    },
    end() {
      const rest = clean(held);
      held = "";
      return rest;
    },
  };
}

/** Cleans a text that is complete. */
export function clean(text: string): string {
  return text.replace(SEQUENCE, (sequence) => {
    if (sequence[0] === "\r") return "\n";
    return SGR.test(sequence) && !CONCEALS.test(sequence.replace(EXTENDED_COLOUR, "")) ? sequence : "";
  });
}
