/**
 * Loads the packs that build/bundle.ts makes; it lies beside them in `dist/`. `require("./packs.cjs").run("x.cjs")` is what
 * `require("./x.cjs")` would be if that part were a file of its own.
 *
 * Node keeps what V8 makes of a file as soon as it has read it, which leaves out every function that was not called yet. They are a
 * fifth of the time that a command takes to start. So once a command has ended, what it has used of a pack is kept, one file
 * for each command, where Node keeps its own: NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE count here as well.
 */
"use strict";
const { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { getCompileCacheDir } = require("node:module");
const { join } = require("node:path");
const { constants, Script } = require("node:vm");

/** The build fills both in: the names of the packs, and what they are, as V8 compares nothing but their lengths. */
const { names, identity } = PACKS;

/** Options alone (`--version`) take less time than a checksum does. */
const command = /^[a-z][a-z-]{0,30}$/.exec(process.argv[2] ?? "")?.[0];
const folder = command && getCompileCacheDir?.();

for (const name of names) {
  let parts;
  exports[name] = (part) => {
    parts ??= load(name);
    return parts[part];
  };
}

function load(name) {
  const filename = join(__dirname, `${name}.pack.js`);
  const place = folder && join(folder, `baton-${name}-${command}-${sha256(filename).slice(0, 16)}`);
  const cachedData = place && kept(place);
  const script = new Script(readFileSync(filename, "latin1"), {
    filename,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (place && (!cachedData || script.cachedDataRejected))
    process.once("exit", (code) => code < 2 && keep(place, script));
  return script.runInThisContext()(require, join(__dirname, `${name}.cjs`));
}

/** What was kept, when nobody but this user can have written it and all of it is there: V8 believes whatever it is given. */
function kept(place) {
  let file;
  try {
    file = openSync(place, "r");
    const { uid, mode } = fstatSync(file);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    const text = readFileSync(file);
    const data = text.subarray(64);
    return text.latin1Slice(0, 64) === checksum(data) ? data : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Whatever is in the way of it is none of the command's business. */
function keep(place, script) {
  const fresh = `${place}.${process.pid}`;
  try {
    const data = script.createCachedData();
    writeFileSync(fresh, Buffer.concat([Buffer.from(checksum(data)), data]), { flag: "wx", mode: 0o600 });
    renameSync(fresh, place);
  } catch {
    rmSync(fresh, { force: true });
  }
}

const checksum = (data) => sha256(Buffer.concat([Buffer.from(identity), data]));

function sha256(data) {
  return require("node:crypto").hash("sha256", data);
}
