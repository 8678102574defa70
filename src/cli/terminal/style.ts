import { styleText } from "node:util";

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

type Format = Parameters<typeof styleText>[0];

function paint(format: Format): (text: string) => string {
  return (text) => (text === "" ? "" : styleText(format, text, { validateStream: false }));
}

const colours: Style = {
  good: paint("green"),
  bad: paint("red"),
  warning: paint("yellow"),
  active: paint("cyan"),
  faint: paint("dim"),
  strong: paint("bold"),
};

export interface Stream {
  isTTY?: boolean;
}

/** https://no-color.org: any value but the empty one turns colours off. `FORCE_COLOR` turns them on for a pipe. */
export function styleFor(stream: Stream, env: NodeJS.ProcessEnv): Style {
  if (env.NO_COLOR) return noStyle;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false") return colours;
  return stream.isTTY === true && env.TERM !== "dumb" ? colours : noStyle;
}

/** Whether lines may be redrawn in place: on a terminal that can, with a person in front of it. */
export function canRedraw(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== "dumb" && !isSet(env.CI);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
