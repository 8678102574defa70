import { availableParallelism } from "node:os";
import { type Caller, refused } from "../control.ts";
import { runId } from "../local/clock-and-ids.ts";
import { actorHere, openLocalHost } from "../local/host.ts";
import { Underway } from "../local/underway.ts";
import { readSecrets, requireSecrets } from "../request/secrets.ts";
import type { Planned } from "./plan.ts";

export interface RunOptions {
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string | undefined;
  /** Jobs work in the working tree itself instead of a checkout each. */
  inPlace?: true | undefined;
  /** Jobs at a time, at least 1. Default: one for each processor, at least 2. */
  parallel?: number | undefined;
}

/**
 * Runs what was planned, as a new run. When another Baton has deployed something in between, it is planned anew for what
 * is deployed now. @throws {Refused}
 */
export async function startRun(
  caller: Caller,
  { project, delivery, source, past, plan, again }: Planned,
  options: RunOptions,
): Promise<Underway> {
  const secrets = readSecrets(caller, options.secretsFile);
  requireSecrets(delivery, plan, secrets);
  const inPlace = options.inPlace === true || source.kind === "folder";
  const parallel = options.parallel ?? Math.max(2, availableParallelism());
  const host = await openLocalHost({ project, secrets, delivery });
  try {
    const plannedAt = host.engine.state.seq;
    const history = host.store.deployed();
    const isSame = JSON.stringify(history) === JSON.stringify(past.history);
    const now = isSame ? plan : await again({ ...past, history });
    const run = runId(host.engine.state.nextRelease);
    return new Underway(host, {
      run,
      by: actorHere(caller.env),
      async begin() {
        await host.checkouts.keep(source);
        await host.engine.createRun({
          delivery,
          plan: now,
          parallel,
          plannedAt,
          onNumbered(numbered) {
            if (numbered.run !== run) throw refused("outdated-plan", { subject: run });
            host.checkouts.prepare(run, { source, inPlace });
          },
        });
        const danger = await host.checkouts.keepCommit(run);
        return { interrupted: [], ...(danger !== undefined && { danger }) };
      },
    });
  } catch (error) {
    await host.close();
    throw error;
  }
}
