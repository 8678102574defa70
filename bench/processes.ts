import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Spent } from "./bench.ts";
import { versionOf } from "./machine.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let installed = "";

/**
 * Lays out what the package holds, to be measured as people have it: a clone looks at each start whether its sources are newer
 * than its bundle.
 */
export function installBaton(workFolder: string): void {
  installed = join(workFolder, "installed/node_modules/baton-cd");
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  const names = ["package.json", ...files].filter((name) => !name.startsWith("!"));
  for (const name of names) cpSync(join(root, name), join(installed, name), { recursive: true });
}

/** The path of the installed command. */
export const baton = (): string => join(installed, "bin/baton");

/** The numbers of prctl(2) and getrusage(2). */
const SYSTEM_CALLS: Partial<Record<NodeJS.Architecture, [prctl: number, getrusage: number]>> = {
  x64: [157, 98],
  arm64: [167, 165],
  riscv64: [167, 165],
};

/** Runs a program to its end, its output thrown away; what that took, with all that it started. */
export function timeOf(program: string, args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Spent {
  const numbers = process.platform === "linux" ? SYSTEM_CALLS[process.arch] : undefined;
  const env = environment(options.env);
  const failed = (how: unknown) => new Error(`${program} ${args.join(" ")} in ${options.cwd} ended with ${how}`);
  if (numbers === undefined || versionOf("perl") === undefined) {
    const start = performance.now();
    const { status, error } = spawnSync(program, args, { cwd: options.cwd, env, stdio: "ignore" });
    if (status !== 0) throw failed(status ?? error);
    return { wallMs: performance.now() - start };
  }
  const script = fileURLToPath(new URL("spent.pl", import.meta.url));
  const words = [script, ...numbers.map(String), program, ...args];
  const { stdout } = spawnSync("perl", words, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "ignore"] });
  const { status, ...spent } = JSON.parse(String(stdout)) as Spent & { status: number };
  if (status !== 0) throw failed(status >> 8);
  return spent;
}

/** The most memory that a run of Baton itself had at a time (its jobs not counted), in MB. */
export function memoryOf(args: string[], { cwd }: { cwd: string }): number {
  const file = `${cwd}/max-rss`;
  const preload = new URL("note-memory.mjs", import.meta.url).href;
  timeOf(baton(), args, { cwd, env: { NODE_OPTIONS: `--import=${preload}`, BENCH_MEMORY_FILE: file } });
  return Number(readFileSync(file, "utf8"));
}

/** Runs a script of this folder in a process of its own; what it says is the measurement. */
export function answerOf<Answer>(script: string, args: string[]): Answer {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    encoding: "utf8",
    env: environment(),
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")} failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** `{ missing: "…" }` for a side whose program is not on this machine. */
export function needs(program: string, debianPackage: string): { missing?: string } {
  return versionOf(program) === undefined ? { missing: `apt install ${debianPackage}` } : {};
}

/** As in a terminal of nobody: no CI, no colours, nothing that would change what is done. */
function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  // The installed command takes its Node from the path.
  return {
    PATH: `${dirname(process.execPath)}${delimiter}${PATH}`,
    HOME,
    ...(TMPDIR && { TMPDIR }),
    GIT_CONFIG_GLOBAL: "/dev/null",
    ...more,
  };
}
