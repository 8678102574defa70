import { z } from "zod";

/** What a server of several deliveries serves. Paths are as they stand in the file: relative to its folder. */
export interface DeliveriesFile {
  /** Where the server's own tokens and sessions lie. */
  state: string;
  /** By the name in their addresses. */
  deliveries: ReadonlyMap<string, DeliverySettings>;
}

export interface DeliverySettings {
  /** That the delivery is in. */
  folder: string;
  /** The definition, from that folder; absent: the nearest one. */
  config?: string | undefined;
  deliver: readonly string[];
  drift?: string | undefined;
  secretsFile?: string | undefined;
}

const delivery = z.strictObject({
  folder: z.string().min(1),
  config: z.string().min(1).optional(),
  deliver: z.array(z.string().min(1)).default([]),
  drift: z.string().optional(),
  "secrets-file": z.string().min(1).optional(),
});

/** It stands in addresses, in the scope of tokens and in labels. */
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/, "is a name of small letters, digits and -");

const file = z.strictObject({
  state: z.string().min(1).default(".baton-server"),
  deliveries: z.record(name, delivery).refine((all) => Object.keys(all).length > 0, "there is none"),
});

/** What stands in the file of `--deliveries`, or in one sentence why it cannot be used. */
export function readDeliveriesFile(given: unknown): { file: DeliveriesFile } | { problem: string } {
  const read = file.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { problem: `${issue!.path.join(".") || "the file"}: ${issue!.message}` };
  }
  const { state, deliveries } = read.data;
  const named = Object.entries(deliveries).map(([name, { "secrets-file": secretsFile, ...settings }]) => {
    return [name, { ...settings, secretsFile }] as const;
  });
  return { file: { state, deliveries: new Map(named) } };
}
