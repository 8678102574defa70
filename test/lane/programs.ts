/** The programs that tests use as real counterparts and that Baton itself does not need, with how to get each. */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cdkPackages } from "../../src/platforms/codepipeline/write/cdk-packages.ts";

const debian = (name: string) => `apt-get install ${name}`;
/** No dependency of the project: larger than all the others together. */
const cdk = `npm install --prefix FOLDER ${cdkPackages.join(" ")}; BATON_TEST_CDK_MODULES=FOLDER/node_modules`;

export const howToGet = {
  aws: "the AWS CLI, version 2",
  "aws-cdk": cdk,
  "aws-cdk-lib": cdk,
  "cdk-nag": `${cdk}; npm install --prefix FOLDER cdk-nag@2.38.2`,
  "@cdklabs/cdk-validator-cfnguard": `${cdk}; npm install --prefix FOLDER @cdklabs/cdk-validator-cfnguard@0.0.62`,
  cc: debian("gcc libc6-dev"),
  chromium: debian("chromium"),
  "cfn-lint": "pip install cfn-lint",
  curl: debian("curl"),
  diff: debian("diffutils"),
  dot: debian("graphviz"),
  gh: debian("gh"),
  grep: debian("grep"),
  jq: debian("jq"),
  make: debian("make"),
  moto_server: "pip install 'moto[server]'",
  npx: "it comes with npm",
  perl: debian("perl-base"),
  postgres: debian("postgresql"),
  ps: debian("procps"),
  python3: debian("python3"),
  sed: debian("sed"),
  setsid: debian("util-linux"),
  taskset: debian("util-linux"),
  shellcheck: debian("shellcheck"),
  strace: debian("strace"),
  tar: debian("tar"),
  terraform: "https://developer.hashicorp.com/terraform/install",
  tmux: debian("tmux"),
  unzip: debian("unzip"),
  zip: debian("zip"),
} as const;

export type Program = keyof typeof howToGet;

const modules = [process.env.BATON_TEST_CDK_MODULES, fileURLToPath(new URL("../../node_modules", import.meta.url))];

const ofTheCdk = ["aws-cdk", "aws-cdk-lib", "cdk-nag", "@cdklabs/cdk-validator-cfnguard"] as const;
type CdkPackage = (typeof ofTheCdk)[number];

/** The folder that has all packages of the CDK that are asked for; empty when there is none. */
export function cdkModules(...packages: CdkPackage[]): string {
  return modules.find((folder) => folder && packages.every((name) => existsSync(join(folder, name)))) ?? "";
}

/** Where it lies on the path. */
export function programAt(program: string): string | undefined {
  const places = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The folder of PostgreSQL's own programs, which Debian keeps off the path; of the newest version. */
export function postgresPrograms(): string | undefined {
  const below = "/usr/lib/postgresql";
  const versions = existsSync(below) ? readdirSync(below).sort((a, b) => Number(b) - Number(a)) : [];
  const debians = versions.map((version) => join(below, version, "bin"));
  const onPath = (process.env.PATH ?? "").split(delimiter);
  return [...debians, ...onPath].find((folder) =>
    ["initdb", "postgres"].every((name) => existsSync(join(folder, name))),
  );
}

function isThere(program: Program): boolean {
  if (program === "postgres") return postgresPrograms() !== undefined;
  const own = ofTheCdk.find((name) => name === program);
  if (own !== undefined) return cdkModules(own) !== "";
  return programAt(program) !== undefined;
}

export function missingOf(programs: readonly Program[]): Program[] {
  return programs.filter((program) => !isThere(program));
}
