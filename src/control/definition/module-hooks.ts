/**
 * How the files of a definition are found and read, whatever the project around it is. A definition is written for Baton,
 * so neither the `"type"` that `npm init` put into package.json nor an ending that only a compiler adds may be in its way.
 */

import { readFileSync } from "node:fs";
import { type LoadHookContext, type ResolveHookContext, registerHooks, stripTypeScriptTypes } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

/** For the time that a definition loads; files of packages are Node's alone. */
export function registerDefinitionHooks(): { deregister(): void } {
  return registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "baton-cd") return { url: ourselves, shortCircuit: true };
      try {
        return next(specifier, context);
      } catch (error) {
        for (const other of otherSpellings(specifier, context)) {
          try {
            return next(other, context);
          } catch {
            // The first error speaks of what was written.
          }
        }
        throw error;
      }
    },
    load(url, context, next) {
      if (url === ourselves) return next(url, context);
      const format = formatOf(url, context);
      return next(url, format === undefined ? context : { ...context, format });
    },
  });
}

/**
 * `import … from "baton-cd"` means the Baton that runs, wherever the definition lies and whatever is installed beside it:
 * the sources in a clone, the bundle in a package.
 */
export const ourselves = import.meta.url.endsWith(".ts")
  ? new URL("../../index.ts", import.meta.url).href
  : new URL("./index.cjs", import.meta.url).href;

const isOfPackage = (url: string | undefined) => url === undefined || url.includes("/node_modules/");

/** `./part` and `./part.js` for part.ts: as TypeScript's own compiler takes them. */
function* otherSpellings(specifier: string, { parentURL }: ResolveHookContext): Generator<string> {
  if (!/^\.\.?\//.test(specifier) || isOfPackage(parentURL)) return;
  const ending = /\.([cm]?)js$/.exec(specifier);
  if (ending) yield `${specifier.slice(0, ending.index)}.${ending[1]}ts`;
  for (const more of [".ts", ".js", ".mts", ".mjs", "/index.ts", "/index.js"]) yield specifier + more;
}

/** `.ts` and `.js` are what is written in them; Node goes by package.json, and warns where that says nothing. */
function formatOf(url: string, { format }: LoadHookContext): "module" | "module-typescript" | undefined {
  const isTyped = extname(url) === ".ts";
  if (format === "module" || format === "module-typescript") return undefined;
  if (!url.startsWith("file:") || (!isTyped && extname(url) !== ".js") || isOfPackage(url)) return undefined;
  const text = readFileSync(fileURLToPath(url), "utf8");
  if (!beginsAsModule.test(text) && !isModule(text, isTyped)) return undefined;
  return isTyped ? "module-typescript" : "module";
}

/**
 * The first words tell of most modules what they are; taking the types out of a text, to ask V8, takes longer than all the rest
 * of a start. What only speaks of types tells nothing, as nothing is left of it.
 */
export const beginsAsModule =
  /^(?:\s|\/\/[^\n]*\n|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*(?:import\s*(?:["'{*]|\s(?!type\b)[\w$]+\s*(?:,|from\b))|export\s*(?:default\b|const\b|let\b|function\b|class\b|async\b|\*|\{))/;

/** What Node itself looks for where package.json says nothing: V8's complaints about a module that is no module. */
const moduleOnly = /^Cannot use (import statement|'import\.meta') outside a module$|^Unexpected token 'export'$/;

export function isModule(text: string, isTyped: boolean): boolean {
  let script: string;
  try {
    script = isTyped ? stripTypeScriptTypes(text) : text;
  } catch {
    // Node will find the same mistake, and its place.
    return false;
  }
  const complaint = complaintOf(`(async () => {${script}\n})`);
  if (complaint !== undefined) return moduleOnly.test(complaint);
  return complaintOf(`(() => {${script}\n})`) !== undefined;
}

function complaintOf(script: string): string | undefined {
  try {
    new Script(script);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
