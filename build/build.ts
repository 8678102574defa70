/**
 * Bundles Baton into `dist/`: `cli.js` for the command, `index.js` for definitions, types beside them. Bundled because
 * a command that starts often should read one file instead of hundreds; split so that each command loads only its own.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import { buildWeb } from "./web.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

// Beside what was built before: a command that is started meanwhile finds all of that, and so does one after a build that failed.
const dist = `${root}/dist.${process.pid}`;
const before = `${dist}.before`;
process.once("exit", () => {
  for (const folder of [dist, before]) rmSync(folder, { recursive: true, force: true });
});
mkdirSync(dist);
const bundled = await bundle(root, dist);

// Read at run time, from beside the bundle: see src/store/migrations.ts and postgres/schema.ts.
for (const folder of ["migrations", "postgres/migrations"])
  cpSync(`${root}/src/store/${folder}`, `${dist}/migrations`, { recursive: true });

// Written out as it is: see src/platforms/github/write/actions.ts.
cpSync(`${root}/src/platforms/github/write/workflow-program`, `${dist}/workflow-program`, { recursive: true });

// The same: see src/platforms/codepipeline/write/separate/program.ts and functions/function-program.ts.
for (const folder of ["separate/program", "functions/program"])
  cpSync(`${root}/src/platforms/codepipeline/write/${folder}`, `${dist}/program`, { recursive: true });

// The parser of Terraform's language, with what its authors ask to be kept with it: see syntax/parser.ts.
const parser = {
  "web-tree-sitter": "web-tree-sitter",
  "tree-sitter-terraform": "@tree-sitter-grammars/tree-sitter-hcl",
};
for (const [name, from] of Object.entries(parser)) {
  cpSync(`${root}/node_modules/${from}/${name}.wasm`, `${dist}/hcl/${name}.wasm`);
  cpSync(`${root}/node_modules/${from}/LICENSE`, `${dist}/hcl/${name}.LICENSE`);
}

// What `baton serve` shows at its address.
await buildWeb(root, `${dist}/web`);

// What is done in C for speed: see src/runner/native-program.ts. Without a compiler there is none of it, and all works.
const native = ["step-starter", "tree-looker"].map((name) => ({ name, source: `src/runner/${name}.c` }));
const notBuilt = process.platform === "linux" ? native.filter(({ name, source }) => !compiled(name, source)) : [];
if (notBuilt.length > 0) {
  console.error(
    `not built without a C compiler, and only needed for speed: ${notBuilt.map(({ name }) => name).join(", ")}`,
  );
}

function compiled(name: string, source: string): boolean {
  const folder = `${dist}/native/linux-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  // Linked to the C library of the system: 15 KB in place of 700. Where there is another one they do not start, and all works.
  const words = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-pthread", "-s", "-o", `${folder}/${name}`, source];
  const { status, error, stderr } = spawnSync(process.env.CC ?? "cc", words, {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (error === undefined && status !== 0) console.error(stderr.trimEnd());
  return status === 0;
}

const inputs = [...bundled, ...native.map(({ source }) => source), "src/runner/requests.h"]
  .filter((file) => !file.startsWith("node_modules/"))
  .map((file) => {
    const { mtimeMs, size } = statSync(`${root}/${file}`);
    return [file, mtimeMs, size];
  });
writeFileSync(`${dist}/inputs.json`, JSON.stringify(inputs));

const types = ["-p", `${root}/build/tsconfig.types.json`, "--outDir", `${dist}/types`];
execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, ...types], { stdio: "inherit" });

if (existsSync(`${root}/dist`)) renameSync(`${root}/dist`, before);
renameSync(dist, `${root}/dist`);
