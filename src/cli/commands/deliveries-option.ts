import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { DeliveriesFile } from "../../server/deliveries-file.ts";
import { UsageError } from "../problem.ts";

/** What stands in the file of `--deliveries`, with whole paths. @throws {UsageError} */
export async function deliveriesIn(given: string, cwd: string): Promise<DeliveriesFile> {
  const { readDeliveriesFile } = await import("../../server/deliveries-file.ts");
  const path = resolve(cwd, given);
  const next = "docs/host.md has such a file, under “Several deliveries”";
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`--deliveries ${given}: ${(error as Error).message.split("\n")[0]}`, { next });
  }
  const read = readDeliveriesFile(content);
  if ("problem" in read) throw new UsageError(`--deliveries ${given}: ${read.problem}`, { next });
  const from = (relative: string) => resolve(dirname(path), relative);
  const deliveries = [...read.file.deliveries].map(([name, settings]) => {
    const { folder, secretsFile } = settings;
    return [name, { ...settings, folder: from(folder), secretsFile: secretsFile && from(secretsFile) }] as const;
  });
  return { state: from(read.file.state), deliveries: new Map(deliveries) };
}
