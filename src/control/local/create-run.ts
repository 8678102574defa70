import type { Engine } from "../../engine/engine.ts";
import { EngineRefusal } from "../../engine/refusal.ts";
import type { Plan } from "../../plan/plan.ts";
import type { JobId, RunId } from "../views/events.ts";

/** How often it is planned anew because somebody else deployed something at that very moment. */
export const mostPlans = 5;

export interface Creation<Created> {
  /** The plan for what is deployed and made at this moment. */
  planNow(): Promise<Plan>;
  /** @throws {EngineRefusal} `outdated-plan` or `being-made` when somebody came in between */
  create(plan: Plan): Promise<Created>;
  /** Resolves when the plan that was refused is worth another try; without it nobody is waited for. */
  untilMade?(refused: { run: RunId; jobs: readonly JobId[]; plan: Plan }): Promise<void>;
}

/** Makes a run of a plan that nobody has overtaken. Waiting for others does not count as a try. */
export async function createRun<Created>({ planNow, create, untilMade }: Creation<Created>): Promise<Created> {
  for (let outdated = 0; ; ) {
    const plan = await planNow();
    try {
      return await create(plan);
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      if (error.code === "being-made" && untilMade) {
        await untilMade({ run: error.subject, jobs: error.known, plan });
      } else if (error.code !== "outdated-plan" || ++outdated >= mostPlans) throw error;
    }
  }
}

const lookEveryMs = 200;

/** Until that run makes nothing of the plan any more (it has, it failed, or nobody goes on with it) or nobody wants it. */
export async function madeOrGivenUp(
  engine: Pick<Engine, "maker" | "subscribe">,
  { run, plan, signal }: { run: RunId; plan: Plan; signal: AbortSignal },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (signal.aborted || engine.maker(plan)?.run !== run) resolve();
  };
  const stop = engine.subscribe(look);
  // Nobody tells when a process has gone.
  const looking = setInterval(look, lookEveryMs);
  signal.addEventListener("abort", look);
  look();
  await promise;
  clearInterval(looking);
  signal.removeEventListener("abort", look);
  stop();
}
