/** The builds that leave candidates: one buildspec for all of them, with the program that `program/keep.sh` is. */

import { header, type WrittenFile } from "../../../generated.ts";
import { printedBuildspec } from "../buildspec.ts";
import { path } from "../names.ts";
import { commandOf, type WriteOptions } from "../options.ts";
import { givenTo } from "../shell.ts";
import type { LineStages } from "../stages.ts";
import { keepProgram } from "./program.ts";

/** Relative to the definition. No job's can be called so: theirs have a hyphen. */
export const keepBuildspecPath = ({ folder }: Pick<WriteOptions, "folder">) => path(folder, "buildspecs", "keep.yml");

/** None without sets. */
export function keepBuildspec(
  lines: readonly LineStages[],
  { delivery, options }: { delivery: string; options: WriteOptions },
): WrittenFile[] {
  if (!lines.some(({ line }) => line.joined)) return [];
  const spec = {
    version: 0.2,
    env: { shell: "bash" },
    phases: { build: { commands: [givenTo("bash", keepProgram())] } },
  };
  const above = header(["Keeps what a build of a pipeline has left: the same for all of them."], {
    delivery,
    command: commandOf(options),
  });
  return [{ path: keepBuildspecPath(options), text: printedBuildspec(spec, above) }];
}
