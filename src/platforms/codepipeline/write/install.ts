/** Tools of a job on its build machine: in the version that the job asks for, or the build ends before anything is done. */

import type { Tool } from "../../../model/delivery.ts";
import { shellWord } from "../../../model/shell-word.ts";
import { HIGHEST, type Interval, intervalsOf, overlap, type Version } from "../../../model/version-range.ts";
import { CannotWrite } from "../../generated.ts";
import type { JobPlace } from "./job-place.ts";
import { machineOf } from "./machines.ts";

interface Runtime {
  readonly runtime: string;
  /** Before the number, where the image has it so. */
  readonly mark?: string;
  /** The first is taken where nothing is asked for. */
  readonly versions: readonly string[];
}

const python: Runtime = { runtime: "python", versions: ["3.12", "3.14", "3.13", "3.11", "3.10", "3.9"] };

/** Tools of Amazon Linux, standard 5.0, by the name of the program. Source: the runtimes file of the image. */
const runtimes: Readonly<Record<string, Runtime>> = {
  node: { runtime: "nodejs", versions: ["22", "24", "20", "18"] },
  python,
  python3: python,
  java: { runtime: "java", mark: "corretto", versions: ["21", "25", "17", "11", "8"] },
  go: { runtime: "golang", versions: ["1.25", "1.26", "1.24", "1.23", "1.22", "1.21", "1.20"] },
  ruby: { runtime: "ruby", versions: ["3.4", "4.0", "3.3", "3.2", "3.1"] },
  php: { runtime: "php", versions: ["8.4", "8.5", "8.3", "8.2"] },
  dotnet: { runtime: "dotnet", versions: ["8.0", "10.0", "6.0"] },
};

/** How Amazon Linux gets what its build image lacks; the settings say it otherwise. */
const packages: Readonly<Record<string, (asked: string | undefined) => readonly string[]>> = {
  terraform: (asked) => [
    // The list itself, because what would add it is not on every image.
    "curl -fsSL -o /etc/yum.repos.d/hashicorp.repo https://rpm.releases.hashicorp.com/AmazonLinux/hashicorp.repo",
    `yum -y -q install ${shellWord(packageOf("terraform", asked))}`,
  ],
};

/**
 * Puts a job's tools on the machine and shows their versions; undefined when the job names none.
 *
 * @throws {CannotWrite} for a version that the image does not have.
 */
export function installPhase(place: JobPlace): { readonly commands: readonly string[] } | undefined {
  const { job, options } = place;
  const { install } = options.settings;
  const { image } = machineOf(place);
  const own = (tool: string) => (Object.hasOwn(install, tool) ? install[tool] : undefined);
  const isDefaultImage = /^aws\/codebuild\//.test(image);
  const wanted = isDefaultImage
    ? job.tools.filter(({ name }) => Object.hasOwn(runtimes, name) && own(name) === undefined)
    : [];
  const versions = Object.fromEntries(wanted.map((tool) => [runtimes[tool.name]!.runtime, runtimeOf(tool, place)]));
  const commands = job.tools.flatMap((tool) => {
    const { name, version } = tool;
    const steps = own(name) ?? (isDefaultImage && Object.hasOwn(packages, name) ? packages[name]!(version) : []);
    return [...steps, versionCommand(name), ...(version === undefined ? [] : [checkOf(tool, version, place)])];
  });
  if (commands.length === 0) return undefined;
  return { ...(wanted.length > 0 && { "runtime-versions": versions }), commands };
}

/** The version of the image that a range such as `>=22.13`, `^20` or `3.12` allows. */
function runtimeOf({ name, version }: Tool, place: JobPlace): string {
  const { mark = "", versions } = runtimes[name]!;
  if (version === undefined) return `${mark}${versions[0]}`;
  const asked = rangeOf({ name, version }, place);
  const found = versions.find((one) => asked.some((interval) => overlap(interval, series(one))));
  if (found !== undefined) return `${mark}${found}`;
  throw new CannotWrite(
    `${place.pipeline.name}.${place.name} needs ${name} ${version}, and the build image has ${versions.join(", ")}`,
    `say under install.${name} of baton.codepipeline.yaml how a build machine gets it, or take an image that has it`,
    toolsPath(place),
  );
}

/** Everything that a name such as `22` or `3.12` may stand for. */
function series(name: string): Interval {
  const [major = 0, minor] = name.split(".").map(Number);
  return minor === undefined
    ? { from: [major, 0, 0], below: [major + 1, 0, 0] }
    : { from: [major, minor, 0], below: [major, minor + 1, 0] };
}

function rangeOf({ name, version }: Required<Tool>, place: JobPlace): Interval[] {
  const intervals = intervalsOf(version);
  if (intervals !== undefined && intervals.length > 0) return intervals;
  throw new CannotWrite(
    `${place.pipeline.name}.${place.name} needs ${name} ${version}, which no version can be`,
    "write it like >=1.5 <2",
    toolsPath(place),
  );
}

const toolsPath = ({ pipeline, name }: JobPlace) => ["pipelines", pipeline.name, "jobs", name, "tools"];

/** As the package manager names the newest one of a range; what it cannot be told is seen when the version is checked. */
function packageOf(name: string, asked: string | undefined): string {
  const [interval, ...others] = asked === undefined ? [] : (intervalsOf(asked) ?? []);
  if (interval === undefined || others.length > 0 || interval.below === HIGHEST) return name;
  const { from, below } = interval;
  const [major, minor, patch] = from;
  if (below[0] === major && below[1] === minor && below[2] === patch + 1) return `${name}-${text(from)}`;
  if (patch === 0 && below[0] === major && below[1] === minor + 1) return `${name}-${major}.${minor}.*`;
  if (patch === 0 && minor === 0 && below[0] === major + 1) return `${name}-${major}.*`;
  return `${name} < ${text(below)}`;
}

/** Fails where the tool says that it is of another version, or of none. */
function checkOf({ name }: Tool, version: string, place: JobPlace): string {
  const fits = rangeOf({ name, version }, place).map(({ from, below }) => {
    const least = `[ "$(printf '%s\\n' ${text(from)} "$found" | sort -V | head -n 1)" = ${text(from)} ]`;
    if (below === HIGHEST) return least;
    return `{ ${least} && [ "$(printf '%s\\n' ${text(below)} "$found" | sort -V | tail -n 1)" != "$found" ]; }`;
  });
  return [
    `# Nothing is done with another version of ${name}`,
    `found="$(${versionCommand(name)} 2>&1 | grep -oE '[0-9]+(\\.[0-9]+)+' | head -n 1).0"`,
    'found="$(cut -d . -f 1-3 <<< "$found")"',
    `${fits.join(" || ")} || { echo ${shellWord(`This job needs ${name} ${version}, and here is`)} "$found" >&2; exit 1; }`,
  ].join("\n");
}

const versionCommand = (tool: string) => (tool === "go" ? "go version" : `${shellWord(tool)} --version`);

const text = (version: Version) => version.join(".");
