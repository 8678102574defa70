import { accessSync, constants, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What the build compiles from the sources in C beside this file, where it can; all works without them. */
export type NativeProgram = "step-starter" | "tree-looker";

const known = new Map<NativeProgram, string | undefined>();

/** The path of a program for this machine; undefined where there is none. */
export function nativeProgram(name: NativeProgram): string | undefined {
  if (!known.has(name)) known.set(name, find(name));
  return known.get(name);
}

function find(name: NativeProgram): string | undefined {
  if (process.platform !== "linux") return undefined;
  const isBundled = !import.meta.url.endsWith(".ts");
  const folder = isBundled ? "./native" : "../../dist/native";
  const path = fileURLToPath(new URL(`${folder}/linux-${process.arch}/${name}`, import.meta.url));
  try {
    accessSync(path, constants.X_OK);
    if (isBundled) return path;
    // In a clone it may have been built from another source.
    const sources = [`./${name}.c`, "./requests.h"].map((source) => fileURLToPath(new URL(source, import.meta.url)));
    return sources.every((source) => statSync(path).mtimeMs >= statSync(source).mtimeMs) ? path : undefined;
  } catch {
    return undefined;
  }
}
