import type { DefinitionPlace } from "./refusal.ts";

/**
 * Where builders were called. Capturing a stack is cheap because V8 writes its text only when asked for it; so every
 * builder captures one, and only a refusal reads it. Kept beside the objects, never in them: the model stays plain JSON.
 */
const stacks = new WeakMap<object, { stack?: string }>();

const framesKept = 12;

/** Remembers the caller of `builder` as the place where `thing` was declared. */
export function rememberCallSite<T extends object>(thing: T, builder: (...args: never[]) => unknown): T {
  const limit = Error.stackTraceLimit;
  const holder: { stack?: string } = {};
  Error.stackTraceLimit = framesKept;
  Error.captureStackTrace(holder, builder);
  Error.stackTraceLimit = limit;
  stacks.set(thing, holder);
  return thing;
}

/** The first frame outside Baton's own code, so that a step made by an action points at the team's line. */
export function callSiteOf(thing: object): DefinitionPlace | undefined {
  const stack = stacks.get(thing)?.stack;
  if (stack === undefined) return undefined;
  for (const line of stack.split("\n")) {
    const place = placeOfFrame(line);
    if (place && !isOurs(place.file)) return place;
  }
  return undefined;
}

// `src/` in development, the bundle's folder in the package.
const ourFolder = filePath(new URL(import.meta.url.endsWith(".ts") ? "../" : "./", import.meta.url).href);

function isOurs(file: string): boolean {
  return file.startsWith(ourFolder) || file.startsWith("node:");
}

/** Reads `at name (file:///a/b.ts?x:12:5)` and the forms without a name or with a plain path. */
function placeOfFrame(frame: string): DefinitionPlace | undefined {
  const match = /(?:\(|at (?:async )?)((?:file:\/\/|node:|\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/.exec(frame.trim());
  if (!match) return undefined;
  const [, address, line, column] = match;
  const file = address!.startsWith("file://") ? filePath(address!) : address!;
  return { file, line: Number(line), column: Number(column) };
}

function filePath(address: string): string {
  const path = decodeURIComponent(new URL(address).pathname);
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path;
}
