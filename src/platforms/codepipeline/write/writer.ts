import type { Writer } from "../../writer.ts";
import { optionsOf } from "../options-of.ts";
import { commandsBefore, createCommand } from "./create-commands.ts";
import { lowerDelivery } from "./lower.ts";
import { writeCodePipeline } from "./write.ts";

/** What the port asks for. */
export const writer: Writer = {
  write(wanted) {
    const { delivery } = wanted;
    const write = optionsOf(wanted);
    const { files, notes } = writeCodePipeline(delivery, write);
    return {
      layout: write.layout,
      format: write.format,
      files,
      notes,
      next(where) {
        const infrastructure = lowerDelivery(delivery, write);
        const created = { delivery: delivery.name, write, where, files, infrastructure, does: "create" } as const;
        return [
          ...commandsBefore(created).map(({ command, place }) => ({ command, why: `first, ${place}` })),
          {
            command: createCommand(created),
            why: "creates it; commit the files first, the builds read them from the source",
          },
        ];
      },
    };
  },
};
