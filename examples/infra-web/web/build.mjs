/** Copies the pages to the folder given, with the address of the API of this environment. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const [target] = process.argv.slice(2);
const { API_URL } = process.env;
if (!API_URL) throw new Error("API_URL is not set: the infra pipeline hands it over");
rmSync(target, { recursive: true, force: true });
cpSync("src", target, { recursive: true });
const page = `${target}/index.html`;
writeFileSync(page, readFileSync(page, "utf8").replace("__API_URL__", API_URL.replace(/\/$/, "")));
