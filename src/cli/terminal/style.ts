import { colourMark } from "./gate.ts";

/** Words that carry a meaning on the screen; the colour is only a second sign of it, never the only one. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  warning(text: string): string;
  active(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

const plain = (text: string) => text;

export const noStyle: Style = { good: plain, bad: plain, warning: plain, active: plain, faint: plain, strong: plain };

/** SGR parameters that turn something on and off. */
function paint(on: string, off: string): (text: string) => string {
  return (text) => (text === "" ? "" : colourMark(on) + text + colourMark(off));
}

/** The colours come out of the gate: see gate.ts. */
export const colouredStyle: Style = {
  good: paint("32", "39"),
  bad: paint("31", "39"),
  warning: paint("33", "39"),
  active: paint("36", "39"),
  faint: paint("2", "22"),
  strong: paint("1", "22"),
};

export interface Stream {
  isTTY?: boolean;
}

/** https://no-color.org: any value but the empty one turns colours off. `FORCE_COLOR` turns them on for a pipe. */
export function styleFor(stream: Stream, env: NodeJS.ProcessEnv): Style {
  if (env.NO_COLOR) return noStyle;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false") return colouredStyle;
  return stream.isTTY === true && env.TERM !== "dumb" ? colouredStyle : noStyle;
}

/** Whether lines may be redrawn in place: on a terminal that can, with a person in front of it. */
export function canRedraw(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== "dumb" && !isSet(env.CI);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
