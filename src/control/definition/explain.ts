import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nearestName } from "../../findings/nearest-name.ts";
import { type Refusal, refusalText } from "../../model/refusal.ts";
import { type Refused, refused } from "../control.ts";
import { ourselves } from "./module-hooks.ts";
import { placeText, type SourcePlace, shortPath, sourceFrame } from "./source-frame.ts";

/** Puts what went wrong while a definition was loaded into words: where, what, and what to do. */
export function explainLoadError(error: unknown, file: string, cwd: string): Refused {
  if (!(error instanceof Error)) {
    return definitionRefused(
      file,
      `${shortPath(file, cwd)} threw ${JSON.stringify(error) ?? String(error)} while it was loaded`,
      "throw an Error, so that it says where it was thrown",
    );
  }
  if (error.name === "DefinitionError" && "refusals" in error) return explainRefusals(error.refusals as Refusal[], cwd);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return explainMissingImport(error, file, cwd);
  if (error instanceof SyntaxError || error.name === "SyntaxError") return explainSyntax(error, file, cwd);
  return located(`${error.name}: ${error.message}`, firstFrame(error.stack ?? "") ?? { file, line: 1 }, cwd, {
    verb: "threw while it was loaded",
    next: correctIt,
  });
}

/** What there is to do about a mistake in a file that only its author can know the meaning of. */
const correctIt = "correct it there, then the same command again";

export function explainRefusals(refusals: readonly Refusal[], cwd: string): Refused {
  const blocks = refusals.map((refusal) => {
    const place = refusal.place && { ...refusal.place, file: shortPath(refusal.place.file, cwd) };
    const related = refusal.related.map((item) =>
      item.place ? { ...item, place: { ...item.place, file: shortPath(item.place.file, cwd) } } : item,
    );
    const text = refusalText({ ...refusal, ...(place && { place }), related }).split("\n");
    const frame = refusal.place ? sourceFrame(refusal.place) : [];
    return [text[0], ...frame, ...text.slice(1)].join("\n");
  });
  const count = refusals.length === 1 ? "one problem" : `${refusals.length} problems`;
  const file = refusals.find(({ place }) => place !== undefined)?.place?.file ?? "";
  return definitionRefused(file, `the definition is not accepted: ${count}\n${blocks.join("\n")}`);
}

export function explainTimeout(file: string, limitMs: number, cwd: string): Refused {
  return definitionRefused(
    file,
    `${shortPath(file, cwd)} did not finish loading within ${limitMs / 1000} seconds: a loop or an await in it never ends`,
    "a definition only describes; move waiting and network calls into steps (BATON_DEFINITION_LIMIT_MS allows more)",
  );
}

export function explainExit(file: string, cwd: string): Refused {
  return definitionRefused(
    file,
    `${shortPath(file, cwd)} called process.exit() while it was loaded: nothing was run`,
    "throw an Error instead, or leave the check to a step",
  );
}

function located(message: string, place: SourcePlace, cwd: string, extra: { verb?: string; next?: string }): Refused {
  const verb = extra.verb ? ` ${extra.verb}` : "";
  const lines = [`${placeText(place, cwd)}${verb}: ${message}`, ...sourceFrame(place)];
  return definitionRefused(place.file, lines.join("\n"), extra.next);
}

function definitionRefused(file: string, because: string, remedy?: string): Refused {
  return refused("definition-refused", { subject: file, because, ...(remedy !== undefined && { remedy }) });
}

/** V8 puts `file:line`, the source line and carets before the stack of a syntax error. */
function explainSyntax(error: Error, file: string, cwd: string): Refused {
  const [head = "", ...excerpt] = (error.stack ?? "").split("\n");
  const match = /^(.+):(\d+)$/.exec(head);
  const carets = excerpt.find((line) => /^\s*\^+\s*$/.test(line));
  const column = carets === undefined ? undefined : carets.indexOf("^") + 1;
  const place: SourcePlace = match ? { file: asPath(match[1]!), line: Number(match[2]), column } : { file, line: 1 };
  const missing = /^The requested module 'baton-cd' does not provide an export named '(.+)'$/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return located(`baton-cd has nothing called "${missing}"`, place, cwd, { next: nearExport(missing) });
  }
  if ((error as NodeJS.ErrnoException).code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return located(error.message, place, cwd, { verb: "cannot be read", next: correctIt });
  }
  return located(error.message.replace(" in strip-only mode", ""), place, cwd, {
    verb: "uses TypeScript that has to be compiled",
    next: "types are only stripped here: write a union or a plain object instead of an enum, fields instead of parameter properties",
  });
}

/** What of ours was probably meant. */
function nearExport(missing: string): string {
  const known = Object.keys(createRequire(import.meta.url)(fileURLToPath(ourselves)) as object);
  const near = nearestName(missing, known);
  return near === undefined ? `it has ${known.join(", ")}` : `did you mean "${near}"?`;
}

/** `Cannot find package 'x' imported from /a/b.ts`, and the same with `module` and an absolute path. */
function explainMissingImport(error: Error, file: string, cwd: string): Refused {
  const match = /Cannot find (?:package|module) '([^']+)' imported from (\S+)/.exec(error.message);
  if (!match) return located(error.message.split("\n")[0]!, { file, line: 1 }, cwd, {});
  const wanted = asPath(match[1]!);
  const importer = asPath(match[2]!);
  const found = findImport(importer, wanted);
  const place: SourcePlace = { file: importer, line: found?.line ?? 1, column: found?.column };
  const isFile = wanted.startsWith("/") || /^[A-Za-z]:/.test(wanted);
  if (!isFile) {
    // Nobody is to install a package whose name is a slip of ours.
    const near = nearestName(wanted, ["baton-cd"]);
    const next = near === undefined ? `npm install ${wanted}` : `did you mean "${near}"?`;
    return located(`the package "${wanted}" is not installed`, place, cwd, { next });
  }
  return located(`the imported file ${shortPath(wanted, cwd)} does not exist`, place, cwd, { next: nearFile(wanted) });
}

/** The file beside it that was probably meant. */
function nearFile(wanted: string): string {
  const folder = dirname(wanted);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const stem = (name: string) => name.replace(/\.[cm]?[jt]s$/, "");
  const near = nearestName(stem(basename(wanted)), files.map(stem));
  const file = files.find((name) => stem(name) === near);
  if (file !== undefined) return `did you mean ${file}?`;
  return `create it, or correct the path of the import`;
}

function findImport(importer: string, wanted: string): { line: number; column: number } | undefined {
  let text: string;
  try {
    text = readFileSync(importer, "utf8");
  } catch {
    return undefined;
  }
  for (const match of text.matchAll(/(?:from|import|import\(|require\()\s*(["'])([^"']+)\1/g)) {
    const specifier = match[2]!;
    const isWanted = specifier.startsWith(".")
      ? resolve(dirname(importer), specifier) === wanted
      : specifier === wanted || specifier.startsWith(`${wanted}/`);
    if (!isWanted) continue;
    const before = text.slice(0, match.index + match[0].indexOf(specifier)).split("\n");
    return { line: before.length, column: before.at(-1)!.length + 1 };
  }
  return undefined;
}

/** The first frame of a stack that is in a file of the user's. */
function firstFrame(stack: string): SourcePlace | undefined {
  for (const line of stack.split("\n")) {
    const match = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/.exec(line.trim());
    if (match && !match[1]!.includes("node:")) {
      return { file: asPath(match[1]!), line: Number(match[2]), column: Number(match[3]) };
    }
  }
  return undefined;
}

function asPath(address: string): string {
  return address.startsWith("file://") ? fileURLToPath(address) : address;
}
