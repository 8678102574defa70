/** What is on this machine: the generated files, whether the source has them, the program of the chosen format. */

import { relative } from "node:path";
import { count } from "../../../findings/count.ts";
import { findChanges } from "../../changes.ts";
import { markOf } from "../../generated.ts";
import { commandOf } from "../write/options.ts";
import type { Found, WantedOnAws } from "./found.ts";

export function generatedFiles({ here, delivery, write, files }: WantedOnAws): Found {
  const name = "generated files";
  const changes = findChanges({ root: here.root, files, mark: markOf(delivery.name) });
  const stale = changes.filter(({ status }) => status !== "unchanged");
  if (stale.length === 0)
    return { checkUp: { name, verdict: "ok", text: `${count(files.length, "file")} up to date` } };
  const command = commandOf(write);
  const isNew = stale.every(({ status }) => status === "new");
  const text = isNew ? "not written yet" : `${stale.length} of ${changes.length} are not what the definition says`;
  return { checkUp: { name, verdict: "warn", text, remedy: command }, before: command };
}

/** Builds read their commands from the source, so it has to have them. */
export async function sourceFound({ here, write }: WantedOnAws, generated: Found): Promise<Found> {
  const name = "source";
  if (here.repository === undefined) {
    const remedy = "git init, and push it to where the connection leads";
    return { checkUp: { name, verdict: "fail", text: "this is not a git repository", remedy } };
  }
  const folder = relative(here.repository, here.root);
  const inside = folder === "" ? `${write.folder}/` : `${folder}/${write.folder}/`;
  const own = (await here.uncommitted()).filter((path) => path.startsWith(inside));
  const unpushed = await here.unpushed();
  const isStale = generated.checkUp.verdict !== "ok";
  if (own.length === 0 && unpushed === 0 && !isStale) {
    return { checkUp: { name, verdict: "ok", text: "the generated files are committed and pushed" } };
  }
  const add = `git add ${here.where === "." ? "" : `${here.where}/`}${write.folder} && git commit --message "Generate the pipelines"`;
  const command = own.length > 0 || isStale ? `${add} && git push` : "git push";
  const text =
    own.length > 0
      ? `${count(own.length, "generated file")} not committed`
      : isStale
        ? "the generated files are still to be committed"
        : unpushed === undefined
          ? "the branch follows no remote, so nobody can say whether it is pushed"
          : `${count(unpushed, "commit")} not pushed`;
  return { checkUp: { name, verdict: "warn", text, remedy: command }, before: command };
}

/** What the chosen format needs on this machine. */
export function toolFound({ write, here }: WantedOnAws): Found[] {
  const has = (program: string) => here.findProgram(program) !== undefined;
  const needs = (program: string, remedy: string): Found[] => [
    has(program)
      ? { checkUp: { name: program, verdict: "ok", text: `on the path, for the format ${write.format}` } }
      : {
          checkUp: {
            name: program,
            verdict: "fail",
            text: `not on the path, and the format ${write.format} needs it`,
            remedy,
          },
        },
  ];
  switch (write.format) {
    case "cloudformation":
      return [];
    case "terraform":
      return needs("terraform", "install Terraform 1.5 or newer: https://developer.hashicorp.com/terraform/install");
    case "cdk":
      return needs("npx", "install npm: it comes with Node.js");
    default:
      return write.format satisfies never;
  }
}
