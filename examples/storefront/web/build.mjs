// Builds the site for one environment: the pages, with the address of that environment's API in them.
// Usage: API_URL=… RELEASE=… node build.mjs OUT
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const out = process.argv[2];
const { API_URL, RELEASE } = process.env;
rmSync(out, { recursive: true, force: true });
cpSync(new URL("src", import.meta.url), out, { recursive: true });
const page = join(out, "index.html");
writeFileSync(page, readFileSync(page, "utf8").replace("%API_URL%", API_URL).replace("%RELEASE%", RELEASE));
