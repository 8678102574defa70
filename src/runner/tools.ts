import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Tool } from "../model/delivery.ts";
import { findVersion, satisfies, type Version } from "../model/version-range.ts";

/** Checks that the programs a job needs are there. What was found out about a program is kept until its file changes. */
export interface ToolCheck {
  /** One sentence about the first tool that is missing or of another version; undefined when all are right. */
  problem(tools: readonly Tool[], env: Record<string, string>): Promise<string | undefined>;
}

const VERSION_LIMIT_MS = 20_000;
const LATE_OUTPUT_MS = 1_000;
const VERSION_OUTPUT_LIMIT = 65_536;

export function createToolCheck(): ToolCheck {
  const known = new Map<string, Promise<Version | undefined>>();

  function versionOf(path: string, env: Record<string, string>): Promise<Version | undefined> {
    const key = `${path} ${statSync(path).mtimeMs}`;
    let version = known.get(key);
    if (version === undefined) {
      version = askVersion(path, env);
      known.set(key, version);
    }
    return version;
  }

  return {
    async problem(tools, env) {
      for (const { name, version: range } of tools) {
        const path = findProgram(name, env.PATH ?? "");
        if (path === undefined) {
          return `this job needs '${name}', which is not on the PATH; install it, or add its folder to the PATH, and run 'baton retry'`;
        }
        if (range === undefined) continue;
        const found = await versionOf(path, env);
        if (found === undefined) {
          return `this job needs '${name}' ${range}, but '${path} --version' does not say which version it is; take 'version' out of the job's tools or install another build of it`;
        }
        const fits = satisfies(found, range);
        if (fits === undefined)
          return `the version range '${range}' of the tool '${name}' cannot be read; write it like '>=1.5 <2'`;
        if (!fits) {
          return `this job needs '${name}' ${range}, but ${path} is ${found.join(".")}; install a fitting version and run 'baton retry'`;
        }
      }
      return undefined;
    },
  };
}

export function findProgram(name: string, path: string): string | undefined {
  const candidates = name.includes("/")
    ? isAbsolute(name)
      ? [name]
      : []
    : path.split(delimiter).map((dir) => join(dir || ".", name));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return statSync(candidate).isFile();
    } catch {
      return false;
    }
  });
}

function askVersion(path: string, env: Record<string, string>): Promise<Version | undefined> {
  return new Promise((resolve) => {
    const child = spawn(path, ["--version"], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: VERSION_LIMIT_MS,
      killSignal: "SIGKILL",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        if (output.length < VERSION_OUTPUT_LIMIT) output += data.toString();
      });
    }
    child.on("error", () => resolve(undefined));
    child.on("close", () => resolve(findVersion(output)));
    // A tool that leaves a daemon behind keeps the pipes open; what it had to say it has said.
    child.on("exit", () => setTimeout(() => resolve(findVersion(output)), LATE_OUTPUT_MS).unref());
  });
}
