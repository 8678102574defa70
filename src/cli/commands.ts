import type { CommandEntry } from "./command.ts";

/** Every command, in the order in which help lists them. A new command is one file and one entry. */
export const commands: readonly CommandEntry[] = [
  {
    name: "read-definition",
    summary: "load a definition and print its model",
    group: "Author",
    hidden: true,
    load: () => import("./commands/read-definition.ts"),
  },
];
