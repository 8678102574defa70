/** Runs a function once: `run-function.mjs FOLDER FILE.EXPORT`, the event on stdin, the answer as the last line of stdout. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const [folder, handler] = process.argv.slice(2);
const [file, name] = handler.split(".");
const code = ["mjs", "js"].map((ending) => join(folder, `${file}.${ending}`)).find(existsSync);
const module = await import(pathToFileURL(code).href);
const answer = await (module[name] ?? module.default[name])(JSON.parse(await text(process.stdin)), {});
process.stdout.write(`\n${JSON.stringify(answer)}`);
