/** Fails on scripts that cannot be parsed, and on pages that do not say where the API is. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

for (const folder of ["src", "function", "test"]) {
  for (const name of readdirSync(folder)) {
    if (/\.m?js$/.test(name)) execFileSync(process.execPath, ["--check", `${folder}/${name}`], { stdio: "inherit" });
  }
}
if (!readFileSync("src/index.html", "utf8").includes("__API_URL__"))
  throw new Error("src/index.html has no __API_URL__");
