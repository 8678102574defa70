/** The site in `dist`, the same for every environment: what differs is in `config.json`, which is written when it is deployed. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
const digest = createHash("sha256");
for (const name of readdirSync("src/assets").sort()) {
  const text = readFileSync(`src/assets/${name}`);
  for (const [, imported] of String(text).matchAll(/\bfrom "\.\/([^"]+)"/g)) readFileSync(`src/assets/${imported}`);
  digest.update(`${name}\n${text}`);
}
// A folder of its own for each build: a browser never mixes files of two.
const folder = `assets-${digest.digest("hex").slice(0, 12)}`;
cpSync("src/assets", `dist/${folder}`, { recursive: true });
const page = readFileSync("src/index.html", "utf8").replaceAll('"/assets/', `"/${folder}/`);
for (const [, name] of page.matchAll(/"\/(assets-[^"]+)"/g)) readFileSync(`dist/${name}`);
writeFileSync("dist/index.html", page);
