import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { deliveryOf } from "../../../../src/control/definition/load.ts";
import { loadCode } from "../../../../src/control/definition/load-code.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";

export const exampleFolder = (name: string) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));

/** A delivery of the examples, read as the command reads it. */
export function example(name: string): Delivery {
  const file = `${exampleFolder(name)}/baton.config.ts`;
  const cwd = dirname(file);
  return deliveryOf(loadCode({ file, cwd, limitMs: 10_000, say: () => {} }), file, cwd);
}
