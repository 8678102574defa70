import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where AWS CDK is installed. Not a dependency of the project: it is larger than all the others together. */
const modules = [process.env.BATON_CDK_MODULES, fileURLToPath(new URL("../../../node_modules", import.meta.url))].find(
  (folder) => folder !== undefined && existsSync(join(folder, "aws-cdk-lib")),
);

/** Why tests that synthesise stacks are skipped; false: they are not. */
export const missing =
  modules === undefined &&
  "aws-cdk-lib is missing: npm install --prefix FOLDER aws-cdk-lib@2.270.0 constructs, then set BATON_CDK_MODULES=FOLDER/node_modules";

/**
 * A search path with an `npm` whose `ci` sees that lock file and package agree, and then takes packages from this machine
 * instead of the network. All else is left to the real one.
 */
export function pathWithoutNetwork(folder: string): string {
  const real = execFileSync("bash", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "npm");
  writeFileSync(
    file,
    `#!/usr/bin/env bash
set -eo pipefail
if [ "$1" != ci ] || [ ! -d layers ]; then exec '${real}' "$@"; fi
'${real}' ci --dry-run --offline > /dev/null
rm -rf node_modules && mkdir node_modules
ln -s '${modules}'/* node_modules/
for package in layers/*/*; do ln -s "../$package" node_modules/; done
`,
  );
  chmodSync(file, 0o755);
  return `${folder}${delimiter}${process.env.PATH}`;
}
