/** Everything that is built once for a release: the function, its layers, and the templates of the stacks. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { synthesise } from "./app.js";

const dist = resolve("dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "layers"), { recursive: true });

pack("function", join(dist, "function.zip"));
/** Each folder is a layer, with the packages in it where functions look for them. */
const layers = readdirSync("layers").map((name) => {
  const stage = mkdtempSync(join(tmpdir(), "layer-"));
  cpSync(join("layers", name), join(stage, "nodejs/node_modules"), { recursive: true });
  const file = join(dist, `${name}.zip`);
  pack(stage, file);
  rmSync(stage, { recursive: true });
  const digest = createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16);
  // What is in it is in its name, so nothing in the bucket is ever written over.
  const key = `layers/${name}-${digest}.zip`;
  renameSync(file, join(dist, key));
  return { name, key };
});

mkdirSync(join(dist, "templates"));
const assembly = synthesise({ layers, outdir: mkdtempSync(join(tmpdir(), "assembly-")) });
for (const { templateFullPath, templateFile } of assembly.stacks) {
  cpSync(templateFullPath, join(dist, "templates", templateFile));
}
rmSync(assembly.directory, { recursive: true });

/** The same files give the same bytes, whenever and wherever they are packed. */
function pack(folder, file) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
  const past = new Date("1980-01-01T00:00:00Z");
  const stage = mkdtempSync(join(tmpdir(), "pack-"));
  for (const name of files) {
    cpSync(join(folder, name), join(stage, name));
    utimesSync(join(stage, name), past, past);
  }
  execFileSync("zip", ["-q", "-X", "-D", file, ...files], { cwd: stage, env: { ...process.env, TZ: "UTC" } });
  rmSync(stage, { recursive: true });
}
