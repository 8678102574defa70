import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { fullDepth, needs } from "../lane/needs.ts";
import { batonFile, sandbox } from "./sandbox.ts";

/** Of each kind of system call, how often the whole run made it, all its processes together. */
type Calls = Record<string, number>;

/**
 * What one job more costs, in system calls: they are the same on every machine, however busy. A limit is what is needed and a
 * little; whoever can lower one does.
 */
const limits: { calls: string[]; most: number; why: string }[] = [
  { calls: ["execve"], most: 1.2, why: "the step's bash" },
  { calls: ["clone", "clone3", "fork", "vfork"], most: 1.2, why: "the step's bash" },
  // What ends within the window shares a commit.
  { calls: ["fsync", "fdatasync"], most: 1.5, why: "one commit of the journal for an end and the next start" },
  { calls: ["getdents", "getdents64"], most: 3, why: "no look at all processes, nor at the files of the checkout" },
  { calls: ["open", "openat"], most: 20, why: "bash and its libraries, the pipe, the log" },
];

const jobs = 20;

test("a job costs no more system calls than are known and accounted for", fullDepth("strace", "perl"), async (t) => {
  const definition = `import { delivery, env, pipeline, sh } from "baton-cd";
const [few, many] = [1, ${jobs}].map((count) => {
  const names = Array.from({ length: count }, (_, job) => \`j\${job}\`);
  const jobs = names.map((name, job) => [name, { per: "release", needs: names.slice(Math.max(job - 1, 0), job), steps: [sh("echo hello")] }]);
  return pipeline(count === 1 ? "few" : "many", { jobs: Object.fromEntries(jobs) });
});
export default delivery("calls", { pipelines: [few, many], environments: [env("dev")] });
`;
  const { root } = sandbox(t, { files: { "baton.config.ts": definition, ".gitignore": ".baton\n" } });

  async function callsOf(pipeline: string): Promise<Calls> {
    rmSync(join(root, ".baton"), { recursive: true, force: true });
    const table = join(root, "..", `${pipeline}.strace`);
    const run = [batonFile, "run", "--env", "dev", "--pipeline", pipeline, "--parallel", "2"];
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: "C", GIT_CONFIG_GLOBAL: "/dev/null" };
    await promisify(execFile)("strace", ["-f", "-c", "-o", table, ...run], { cwd: root, env });
    const rows = readFileSync(table, "utf8").matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$/gm);
    rmSync(table);
    return Object.fromEntries(Array.from(rows, ([, count, call]) => [call!, Number(count)]));
  }

  // The first start of a clone may bundle it anew.
  await callsOf("few");
  const [one, all] = [await callsOf("few"), await callsOf("many")];
  assert.ok((one.execve ?? 0) > 0 && (all.execve ?? 0) > jobs, "strace has counted");
  assert.ok((all.fsync ?? 0) + (all.fdatasync ?? 0) >= 2, "that a run was made and how it ended is on the disk");
  for (const { calls, most, why } of limits) {
    const more = calls.map((call) => (all[call] ?? 0) - (one[call] ?? 0)).reduce((sum, each) => sum + each, 0);
    const each = more / (jobs - 1);
    t.diagnostic(`${calls.join(", ")}: ${each.toFixed(2)} for each job, at most ${most}`);
    assert.ok(each <= most, `${each} of ${calls.join(", ")} for each job, and ${most} are accounted for: ${why}`);
  }
});

test("with nothing to do Baton starts only git, syncs nothing, loads little", needs("strace"), async (t) => {
  const definition = `import { delivery, env, pipeline, sh } from "baton-cd";
const app = pipeline("app", { jobs: { deploy: { deploys: true, steps: [sh("true")] } } });
export default delivery("calls", { pipelines: [app], environments: [env("dev")] });
`;
  const { root } = sandbox(t, { files: { "baton.config.ts": definition, ".gitignore": ".baton\n" } });
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, GIT_CONFIG_GLOBAL: "/dev/null" };
  const run = ["run", "--env", "dev"];
  await promisify(execFile)(batonFile, run, { cwd: root, env });
  const logs = join(root, "../strace");
  mkdirSync(logs);
  // A file for each thread, as otherwise calls are cut in two by those of others.
  const trace = ["-ff", "-qq", "-o", join(logs, "of"), "-e", "trace=execve,fsync,fdatasync,openat"];
  const { stderr } = await promisify(execFile)("strace", [...trace, batonFile, ...run], { cwd: root, env });
  assert.match(stderr, /^nothing to do: /m);
  const lines = readdirSync(logs).flatMap((file) => readFileSync(join(logs, file), "utf8").split("\n"));
  rmSync(logs, { recursive: true });
  const calls = lines.filter((line) => / = \d+$/.test(line));
  const pathsOf = (call: string) =>
    calls.flatMap((line) => new RegExp(`^${call}\\((?:AT_FDCWD, )?"([^"]+)"`).exec(line)?.[1] ?? []);
  const namesOf = (paths: readonly string[]) => [...new Set(paths.map((path) => basename(path)))].sort();
  const started = pathsOf("execve");
  assert.deepEqual([started.length, namesOf(started)], [3, ["baton", "git", "node"]]);
  const synced = calls.filter((line) => /^f(data)?sync\(/.test(line));
  assert.deepEqual(synced, []);
  // A clone looks whether its bundle is up to date besides.
  const loaded = pathsOf("openat").filter((path) => path.includes("/dist/") && !path.endsWith("/inputs.json"));
  assert.deepEqual(
    namesOf(loaded),
    ["cli.cjs", "cli.pack.js", "index.cjs", "packs.cjs", "run.pack.js"],
    "the bundle is not up to date (npm run build), or what is loaded leads to more: see build/bundle.ts",
  );
  const bytes = [...new Set(loaded)].reduce((sum, path) => sum + statSync(path).size, 0);
  t.diagnostic(`${bytes} bytes of it are loaded`);
  assert.ok(bytes < 580_000, `${bytes} bytes are loaded to do nothing`);
});
