import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cdkModules } from "../../lane/programs.ts";

/**
 * A search path with an `npm` whose `ci` sees that lock file and package agree, and then takes packages from this machine
 * instead of the network. All else is left to the real one, and what is on `path`.
 */
export function pathWithoutNetwork(folder: string, path = process.env.PATH): string {
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
ln -s '${cdkModules("aws-cdk-lib")}'/* node_modules/
for package in layers/*/*; do ln -s "../$package" node_modules/; done
`,
  );
  chmodSync(file, 0o755);
  return `${folder}${delimiter}${path}`;
}
