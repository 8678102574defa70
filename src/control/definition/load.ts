import { readFileSync } from "node:fs";
import type { Delivery } from "../../model/delivery.ts";
import { deliveryFromModule } from "../../model/from-module.ts";
import { locateRefusals } from "../../model/refusal.ts";
import { type Caller, refused } from "../control.ts";
import { explainRefusals } from "./explain.ts";
import { loadCode, NeedsProcess } from "./load-code.ts";
import { shortPath } from "./source-frame.ts";

/** How long a definition written as code may take to load, without the time in which the machine had no processor for it. */
const defaultLimitMs = 10_000;

/** @throws {Refused} that says where and what is wrong. */
export async function loadDefinition(file: string, { cwd, env, entry, say, isLasting }: Caller): Promise<Delivery> {
  if (/\.(ya?ml|json)$/.test(file)) return await loadText(file, cwd);
  const limitMs = limitOf(env);
  const inChild = async () => {
    const { loadInChild } = await import("./load-in-child.ts");
    return await loadInChild({ file, cwd, limitMs, entry });
  };
  if (isLasting) return await inChild();
  try {
    return deliveryOf(loadCode({ file, cwd, limitMs, say }), file, cwd);
  } catch (error) {
    if (error instanceof NeedsProcess) return await inChild();
    throw error;
  }
}

export function deliveryOf(exported: Record<string, unknown>, file: string, cwd: string): Delivery {
  const result = deliveryFromModule(exported);
  if (result.ok) return result.value;
  throw explainRefusals(
    locateRefusals(result.refusals, () => ({ file, line: lastLine(file) })),
    cwd,
  );
}

/** Where the missing export belongs. */
function lastLine(file: string): number {
  return Math.max(1, readFileSync(file, "utf8").trimEnd().split("\n").length);
}

async function loadText(file: string, cwd: string): Promise<Delivery> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const because = `${shortPath(file, cwd)} cannot be read: ${(error as Error).message}`;
    throw refused("definition-refused", { subject: file, because });
  }
  const { loadYaml } = await import("../../model/load-yaml.ts");
  const result = loadYaml(text, file);
  if (result.ok) return result.value;
  throw explainRefusals(result.refusals, cwd);
}

export function limitOf(env: NodeJS.ProcessEnv): number {
  const given = env.BATON_DEFINITION_LIMIT_MS;
  if (given === undefined || given === "") return defaultLimitMs;
  const limitMs = Number(given);
  if (Number.isInteger(limitMs) && limitMs > 0) return limitMs;
  const because = `BATON_DEFINITION_LIMIT_MS is "${given}"; it must be a number of milliseconds above 0`;
  throw refused("wrong-setting", { subject: "BATON_DEFINITION_LIMIT_MS", because });
}
