/** The program that the workflows of a delivery share: local actions of shell and jq, and the delivery as data. */

import { readFileSync } from "node:fs";
import type { Delivery } from "../../../model/delivery.ts";
import { markOf, type WrittenFile } from "../../generated.ts";
import { withCaches } from "./caches.ts";
import type { WriteOptions } from "./options.ts";
import { pinnedActions, pinOf } from "./pinned-actions.ts";

export type LocalAction =
  | "begin"
  | "plan"
  | "place"
  | "pack"
  | "publish"
  | "record"
  | "approve"
  | "withdraw"
  | "renew"
  | "look"
  | "drift"
  | "preview"
  | "report"
  | "comment"
  | "keep"
  | "read";

/** One folder for each delivery: two of them in a repository keep out of each other's way. */
export const programFolder = (delivery: Delivery) => `.github/actions/${delivery.name}`;

export function localAction(delivery: Delivery, name: LocalAction): `./${string}` {
  return `./${programFolder(delivery)}/${name}`;
}

/** Everything of the program, by the action that needs it; what all of them need is under the empty name. */
const parts: Readonly<Record<LocalAction | "", readonly string[]>> = {
  "": ["base.sh", "answers.sh", "deployed.sh", "decide.jq", "facts.jq"],
  begin: ["action.yml", "begin.sh"],
  plan: ["action.yml", "plan.sh", "places.jq", "strangers.jq", "run.jq", "environment.jq", "link.jq"],
  place: ["action.yml", "place.sh"],
  pack: ["action.yml", "pack.sh"],
  publish: ["action.yml", "publish.sh", "publish.jq"],
  record: ["action.yml", "record.sh", "record.jq", "settle.sh"],
  approve: ["action.yml", "approve.sh"],
  withdraw: ["action.yml", "withdraw.sh"],
  renew: ["action.yml", "renew.sh"],
  look: ["action.yml", "look.sh", "look.jq"],
  drift: ["action.yml", "drift.sh"],
  preview: ["action.yml", "preview.sh"],
  report: ["action.yml", "report.sh", "masked.jq", "shown.jq"],
  comment: ["action.yml", "comment.sh"],
  keep: ["action.yml", "keep.sh"],
  read: ["action.yml", "read.sh"],
};

/** A file of the program as it is in the source, without its head. */
export function programText(path: string): string {
  return readFileSync(new URL(`./workflow-program/${path}`, import.meta.url), "utf8");
}

interface ProgramOptions {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  /** Actions that some workflow uses. */
  readonly used: ReadonlySet<string>;
  /** Names of caches that some job has use for. */
  readonly caches: readonly string[];
  /** Outputs of the planning and of the publishing action. */
  readonly outputs: Readonly<Partial<Record<LocalAction, readonly string[]>>>;
  readonly data: string;
}

export function programFiles({ delivery, options, used, caches, outputs, data }: ProgramOptions): WrittenFile[] {
  const folder = programFolder(delivery);
  const files = (Object.keys(parts) as (keyof typeof parts)[]).flatMap((action) =>
    action !== "" && !used.has(action)
      ? []
      : parts[action].map((name): WrittenFile => {
          const path = action === "" ? name : `${action}/${name}`;
          const declared = action === "" ? [] : (outputs[action] ?? []);
          return {
            path: `${folder}/${path}`,
            text: filled(withCaches(programText(path), caches), {
              delivery,
              options,
              declared,
              action,
            }),
          };
        }),
  );
  return [
    ...files,
    { path: `${folder}/.gitattributes`, text: lineEnds(delivery) },
    { path: `${folder}/delivery.json`, text: data },
  ];
}

/** Git for Windows gives text files the line ends of Windows, with which no shell reads a program. */
const lineEnds = (delivery: Delivery) => `# ${markOf(delivery.name)}\n* text eol=lf\n`;

function filled(
  text: string,
  {
    delivery,
    options,
    declared,
    action,
  }: { delivery: Delivery; options: WriteOptions; declared: readonly string[]; action: string },
): string {
  const pins = Object.values(pinnedActions).map((pin) => pinOf(pin, options.actions));
  let result = text.replaceAll(".github/actions/DELIVERY", programFolder(delivery));
  for (const pin of pins) {
    result = result.replaceAll(`uses: ${pin.action}@pinned`, `uses: ${pin.action}@${pin.sha} # ${pin.version}`);
  }
  // Names that differ in case alone are one to GitHub.
  const names = [...new Map(declared.map((name) => [name.toLowerCase(), name])).values()];
  const lines = names.map((name) => `  ${name}: { value: "\${{ steps.${action}.outputs.${name} }}" }\n`);
  result =
    lines.length === 0
      ? result.replace(/^outputs:\n {2}# OUTPUTS\n/m, "")
      : result.replace("  # OUTPUTS\n", lines.join(""));
  const head = `# ${markOf(delivery.name)} Do not edit; it comes with Baton and is run without it.\n`;
  const shebang = /^#!.*\n/.exec(result)?.[0] ?? "";
  return `${shebang}${head}${result.slice(shebang.length)}`;
}
