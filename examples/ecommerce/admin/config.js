/** Writes what differs between environments: `API_URL`, into `config.json` of the folder that is given. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
writeFileSync(join(folder, "config.json"), JSON.stringify({ apiUrl: new URL(process.env.API_URL).href }));
