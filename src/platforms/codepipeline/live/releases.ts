/** What sets of separate pipelines have released and proven: the records that their function keeps, by their names alone. */

import type { LiveSet, LiveSetEnvironment } from "../../live.ts";
import type { Plan, PlannedSet } from "../write/separate/program/releases.cjs";
import selection from "../write/separate/program/selection.cjs";
import { type Ask, AwsProblem } from "./aws-cli.ts";

/**
 * Which release is where, and why none comes: by the rule of the function itself, on the records that it reads.
 * Who may not read them is told so; a delivery whose function is not there yet has none.
 */
export async function lookAtSets(plan: Plan, functionName: string, ask: Ask): Promise<LiveSet[]> {
  const sets = Object.entries(plan.sets);
  if (sets.length === 0) return [];
  try {
    const bucket = await bucketOf(functionName, ask);
    if (bucket === undefined) return [];
    const keys = (
      await Promise.all(["releases/", "environments/"].map((prefix) => keysIn(bucket, prefix, ask)))
    ).flat();
    return sets.map(([name, set]) => setFrom(keys, name, set));
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error;
    return sets.map(([name]) => ({ name, newest: undefined, environments: [], unknown: error.message }));
  }
}

/** Whatever made the bucket, the function knows it. Undefined: it is not there yet. */
async function bucketOf(functionName: string, ask: Ask): Promise<string | undefined> {
  try {
    const answer = await ask<{ Environment?: { Variables?: Readonly<Record<string, string>> } }>([
      ...["lambda", "get-function-configuration", "--function-name", functionName],
    ]);
    return answer.Environment?.Variables?.BUCKET;
  } catch (error) {
    if (error instanceof AwsProblem && error.kind === "not-found") return undefined;
    throw error;
  }
}

/** All of them: the AWS CLI goes through the pages by itself. */
async function keysIn(bucket: string, prefix: string, ask: Ask): Promise<readonly string[]> {
  const { Contents } = await ask<{ Contents?: readonly { Key: string }[] }>([
    ...["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", prefix],
  ]);
  return (Contents ?? []).map(({ Key }) => Key);
}

/** `keys`: of all records of releases and environments. */
export function setFrom(keys: readonly string[], name: string, { environments }: PlannedSet): LiveSet {
  const releases = numbersIn(keys, `releases/${name}/`);
  const proven = new Map(
    environments.map((one) => [one.name, numbersIn(keys, `environments/${one.name}/${name}/proven/`)]),
  );
  return {
    name,
    newest: releases[0],
    environments: environments.map(({ name: environment, after }): LiveSetEnvironment => {
      const tried = numbersIn(keys, `environments/${environment}/${name}/tried/`);
      const found = selection.releaseFor({
        releases,
        proven: after.map((before) => new Set(proven.get(before))),
        tried,
        asked: undefined,
      });
      return {
        environment,
        proven: proven.get(environment)![0],
        tried: tried[0],
        next: "number" in found ? found.number : undefined,
        because: "nothing" in found ? found.nothing : undefined,
      };
    }),
    unknown: undefined,
  };
}

/** Newest first. */
function numbersIn(keys: readonly string[], folder: string): number[] {
  return keys
    .flatMap((key) =>
      key.startsWith(folder) ? Number(/^(\d{8})\.json$/.exec(key.slice(folder.length))?.[1] ?? Number.NaN) : [],
    )
    .filter((number) => Number.isInteger(number))
    .sort((a, b) => b - a);
}
