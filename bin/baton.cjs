// Loads Baton: the bundle where it is up to date, the sources otherwise. Plain JavaScript that an old Node can read.
// CommonJS, which Node loads in less time.
const { existsSync, readFileSync, statSync } = require("node:fs");
const module_ = require("node:module");
const { pathToFileURL } = require("node:url");

const needed = 24;
const root = new URL("../", pathToFileURL(__filename));
if (Number(process.versions.node.split(".")[0]) < needed) {
  process.stderr.write(
    `baton: Node.js ${needed} or newer is needed, this is ${process.versions.node}.\n  next: ${remedy()}\n`,
  );
  process.exit(2);
}

/** Each gives Baton a Node of its own, where `bin/baton` looks for one. */
function remedy() {
  if (existsSync(new URL("src/", root))) return `npm ci  in the clone brings Node.js ${needed} along`;
  if (root.pathname.includes("/_npx/")) return `npx --package node@${needed} --package baton-cd baton`;
  if (existsSync(new URL("../../package.json", root))) {
    return `npm install --save-dev node@${needed}  brings it along for this project, then the same command again`;
  }
  return `install Node.js ${needed} or newer: https://nodejs.org/en/download`;
}

/** In a clone the bundle may be older than the sources; the build wrote down what it read. A package has no sources. */
function bundleIsCurrent(root) {
  if (!existsSync(new URL("dist/cli.cjs", root))) return false;
  if (!existsSync(new URL("src/", root))) return true;
  const inputs = JSON.parse(readFileSync(new URL("dist/inputs.json", root), "utf8"));
  return inputs.every(([file, mtimeMs, size]) => {
    const now = statSync(new URL(file, root), { throwIfNoEntry: false });
    return now !== undefined && now.mtimeMs === mtimeMs && now.size === size;
  });
}

/** The sources need what the bundle holds already. */
function requirePackages() {
  try {
    require.resolve("commander");
  } catch {
    process.stderr.write("baton: the packages that it is built from are not installed in this clone\n");
    process.stderr.write("  next: npm ci  in the clone brings them\n");
    process.exit(2);
  }
}

module_.enableCompileCache?.();
if (bundleIsCurrent(root)) {
  require("../dist/cli.cjs");
} else {
  requirePackages();
  import(new URL("src/cli/main.ts", root).href);
}
