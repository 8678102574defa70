import type { Access } from "../facts/access.ts";
import type { CommandCall } from "./call.ts";
import { lower, resourceAccess } from "./rows.ts";
import { interpreters, taskRunners } from "./tables/task-runners.ts";
import { harmlessWords, imageWords, type Told, telling } from "./tables/telling-words.ts";
import { joinKeys, keyText, leadingText, type Word } from "./words.ts";

/** Scripts and tasks of the repository itself, which only their names tell about: `./deploy.sh prod`, `make release`. */
export function readNamedScript(call: CommandCall): readonly Access[] {
  const name = taskName(call);
  const told = name && tells(name);
  if (!told || call.args.has("--help", "--check")) return [];
  const words = call.command.words;
  return [
    resourceAccess({
      tool: name,
      resource: told.resource,
      mode: told.effect === "destroy" ? "replace" : "write",
      effect: told.effect,
      // Arguments are part of the name: `deploy.sh staging` and `deploy.sh production` change different things.
      key: joinKeys([...(call.folder.length > 0 ? [call.folder] : []), ...words.map(({ key }) => key)], " "),
      at: call.command.at,
      confidence: lower(call.confidence, told.confidence),
    }),
  ];
}

/** The name of the script or task that is run. */
function taskName({ args, command, program, setting }: CommandCall): string | undefined {
  const first = keyText(command.words[0]?.key) ?? leadingText(command.words[0]?.key ?? []);
  const runner = taskRunners.find(
    ({ words }) => words[0] === program && words.slice(1).every((w, i) => args.text(i) === w),
  );
  if (runner) return namesOf(args.positionals.slice(runner.words.length - 1));
  if (interpreters.has(program)) {
    const module = args.option("-m");
    return module ? keyText(module) : keyText(args.positionals[0]?.key);
  }
  // `deployer deploy-hub prod`: a tool of one's own, in a job that has signed in somewhere.
  const verb = args.text(0);
  if (setting.state.signedIn && verb !== undefined && deploying.test(verb) && !sayingOrLooking.has(program))
    return verb;
  // `./cloud deploy staging`, `scripts/deploy.sh`, `bin/release`
  if (!first.includes("/") && !/\.(sh|py|js|mjs|ts|rb|ps1|pl)$/.test(first)) return undefined;
  if (tells(program)) return program;
  const next = args.text(0);
  return next !== undefined && /^[a-z:_-]+$/.test(next) ? next : program;
}

const deploying = /^deploy(?:[:-][a-z][a-z:-]*)?$/;
const sayingOrLooking = new Set(
  "echo printf cd pushd ls cat head tail mkdir rmdir rm cp mv touch chmod test grep find which export set source jq yq sed awk tar zip unzip git curl docker cargo".split(
    " ",
  ),
);

/** The first word that is no `NAME=value`, or the telling one among several tasks. */
function namesOf(words: readonly Word[]): string | undefined {
  const names = words.flatMap(({ key }) => keyText(key) ?? []).filter((text) => !text.includes("="));
  return names.find((name) => tells(name)) ?? names[0];
}

/** Most names have nothing to tell, and this is asked of every command. */
const mayTell = new RegExp(["push", ...telling.flatMap((row) => row.words)].join("|"), "i");

/** What the name of a script, task or action says that it does. */
export function tells(name: string): Told | undefined {
  if (!mayTell.test(name)) return undefined;
  const words = name
    .slice(name.lastIndexOf("/") + 1)
    .replace(/\.(sh|py|js|mjs|ts|rb|ps1|pl)$/, "")
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  if (words.includes("push") && words.some((word) => imageWords.has(word))) {
    return { resource: "image", effect: "publish", confidence: "medium" };
  }
  if (words.some((word) => harmlessWords.has(word))) return undefined;
  return telling.find(
    (row) => words.some((word) => row.words.includes(word)) && !row.unless?.some((word) => words.includes(word)),
  );
}
