import type { Tool } from "../../../model/delivery.ts";
import type { JobPlace } from "./job-place.ts";
import { shellWord } from "./shell.ts";

/** Tools of the build image itself, by the name of its runtime. */
const runtimes: Readonly<Record<string, { runtime: string; versions: readonly string[] }>> = {
  node: { runtime: "nodejs", versions: ["24", "22", "20", "18"] },
  python: { runtime: "python", versions: ["3.13", "3.12", "3.11", "3.10", "3.9"] },
  python3: { runtime: "python", versions: ["3.13", "3.12", "3.11", "3.10", "3.9"] },
};

/** How Amazon Linux gets what its build image lacks; the settings say it otherwise. */
const packages: Readonly<Record<string, readonly string[]>> = {
  terraform: [
    "yum-config-manager --add-repo https://rpm.releases.hashicorp.com/AmazonLinux/hashicorp.repo",
    "yum -y -q install terraform",
  ],
};

/** Puts a job's tools on the machine and shows their versions; undefined when the job names none. */
export function installPhase({ job, options }: JobPlace): object | undefined {
  const { install, image } = options.settings;
  const own = (tool: string) => (Object.hasOwn(install, tool) ? install[tool] : undefined);
  const isDefaultImage = /^aws\/codebuild\//.test(image);
  const wanted = isDefaultImage
    ? job.tools.filter(({ name }) => Object.hasOwn(runtimes, name) && own(name) === undefined)
    : [];
  const versions = Object.fromEntries(wanted.map((tool) => [runtimes[tool.name]!.runtime, versionOf(tool)]));
  const commands = job.tools.flatMap(({ name }) => {
    const steps = own(name) ?? (isDefaultImage && Object.hasOwn(packages, name) ? packages[name]! : []);
    return [...steps, `${shellWord(name)} --version`];
  });
  if (commands.length === 0) return undefined;
  return { ...(wanted.length > 0 && { "runtime-versions": versions }), commands };
}

/** The newest version of the image that a range such as `>=22.13`, `^20` or `3.12` names. */
function versionOf({ name, version }: Tool): string {
  const { versions } = runtimes[name]!;
  if (version === undefined) return versions[1]!;
  const parts = name === "node" ? 1 : 2;
  const named = /\d+(\.\d+)?/.exec(version)?.[0].split(".").slice(0, parts).join(".");
  return versions.find((one) => one === named) ?? versions[1]!;
}
