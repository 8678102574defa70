/** What the writer reads out of the commands of steps. */

import type { Step } from "../../../model/delivery.ts";
import { Arguments } from "../../../shell/arguments.ts";
import { type Command, readScript } from "../../../shell/script.ts";
import { flagStyles, noValues } from "../../../shell/tables/flag-styles.ts";
import { keyText } from "../../../shell/words.ts";

/**
 * Whether the commands of a step are seen to need no rights on AWS. In a job that deploys, whatever is not known to be harmless
 * may need some; elsewhere only what is known to act on AWS does, and all else goes without.
 */
export function needsNoRights(step: Pick<Step, "run">, job: "deploys" | "deploys nothing"): boolean {
  return commandsOf(step.run).every((command) =>
    job === "deploys" ? isHarmless(command) : !actsOnAws(command) || isHarmless(command),
  );
}

/** The commands of a step, in order. */
export function commandsOf(run: string): readonly Command[] {
  const at = { source: { path: "", text: run, byteOrderMark: false }, start: 0, end: run.length };
  const script = { raw: run, parts: [{ kind: "text" as const, text: run }], at };
  return readScript([script], { values: new Map(), roots: new Set() });
}

/** Programs that act on AWS with the credentials that they find. */
const acting = new Set(
  "aws cdk sam terraform tofu terragrunt pulumi eb ecs ecs-cli copilot eksctl serverless sls amplify chalice kubectl helm".split(
    " ",
  ),
);

function actsOnAws({ program, words }: Command): boolean {
  if (program === undefined) return false;
  return acting.has(program) || (program === "docker" && /^(push|login)$/.test(argument(words, 0) ?? ""));
}

/** What shells and their usual companions do reaches no further than the machine, or needs no rights there. */
const companions = new Set(
  (
    "[ [[ : true false test echo printf cat cd pushd popd mkdir rmdir rm cp mv ln touch chmod chown ls grep egrep sed cut sort uniq " +
    "head tail tr wc tee sleep seq date basename dirname realpath readlink mktemp export set unset local declare readonly read " +
    "return exit shift wait type which umask tar gzip gunzip zip unzip zstd jq yq diff cmp sha256sum md5sum base64 curl wget git " +
    "env printenv break continue"
  ).split(" "),
);

/** Commands of other programs that only look, build, or install what the job uses itself; by program, the first words. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  aws: ["sts get-caller-identity", "configure"],
  terraform: ["fmt", "validate", "version", "-version", "--version"],
  tofu: ["fmt", "validate", "version", "--version"],
  cdk: ["synth", "ls", "list", "--version"],
  sam: ["build", "validate", "--version"],
  docker: ["build", "buildx build", "run", "tag", "images", "inspect", "version"],
  npm: ["ci", "install", "test", "run build", "run test", "run lint", "run check", "run typecheck"],
  pnpm: ["install", "test", "build", "run build", "run test", "run lint"],
  yarn: ["install", "test", "build", "run build", "run test", "run lint"],
  pip: ["install"],
  pip3: ["install"],
  mvn: ["package", "verify", "test"],
  gradle: ["build", "test"],
  go: ["build", "test", "vet"],
  cargo: ["build", "test"],
};

function isHarmless(command: Command): boolean {
  const { program, words } = command;
  if (program === undefined) return false;
  // A file of the repository that is called like a program is another one.
  if (words[0]!.key.some((part) => part.kind === "text" && part.text.includes("/"))) return false;
  if (companions.has(program)) return true;
  if (words.length === 2 && /^-?-version$/.test(argument(words, 0) ?? "")) return true;
  const given = new Arguments(words.slice(1), flagStyles.get(program) ?? noValues).positionals;
  const begins = (all: string) => all.split(" ").every((one, at) => given[at] !== undefined && isText(one)(given[at]));
  // Without its state it only fetches providers.
  if (program === "terraform" && begins("init")) return words.some(isText("-backend=false"));
  const known = Object.hasOwn(harmless, program) ? harmless[program]! : [];
  return known.some(begins);
}

const isText =
  (wanted: string) =>
  ({ key }: Command["words"][number]) =>
    keyText(key) === wanted;

const argument = (words: Command["words"], index: number) => words[index + 1] && keyText(words[index + 1]!.key);
