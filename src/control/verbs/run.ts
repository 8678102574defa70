import { availableParallelism } from "node:os";
import { EngineRefusal } from "../../engine/refusal.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Actor, refused } from "../control.ts";
import type { RunOptions, Underway } from "../host.ts";
import { pastOf } from "../local/past.ts";
import { requireReady } from "../local/ready.ts";
import { openSession, type Session } from "../local/session.ts";
import { LocalUnderway } from "../local/underway.ts";
import type { Place } from "../project.ts";
import type { Past } from "../request/run-request.ts";
import { readSecrets } from "../request/secrets.ts";
import type { RunId } from "../views/events.ts";
import type { Judged, Planned } from "./plan.ts";

/** How often it is planned anew because somebody else deployed something at that very moment. */
const mostPlans = 5;

/**
 * Runs what was planned, as a new run. When another Baton has deployed something in between, it is planned anew for what
 * is deployed now. @throws {Refused}
 */
export async function startRun(
  { caller }: Pick<Place, "caller">,
  planned: Planned,
  { options, by }: { options: RunOptions; by: Actor },
): Promise<Underway> {
  const { project, delivery, source, plan } = planned;
  const secrets = readSecrets(caller, options.secretsFile);
  const ready = (judged: Judged) => requireReady(caller, { ...planned, ...judged }, { secrets, ...options });
  await ready(planned);
  const inPlace = options.inPlace === true || source.kind === "folder";
  const parallel = options.parallel ?? Math.max(2, availableParallelism());
  const session = await openSession({ project, secrets, delivery });
  if (options.noWait) {
    try {
      refuseWhereBusy(session, plan);
    } catch (error) {
      await session.close();
      throw error;
    }
  }
  return new LocalUnderway(session, {
    by,
    async begin({ isCalled, waitsFor, signal }) {
      await session.checkouts.keep(source);
      for (let plans = 1; ; plans++) {
        const plannedAt = session.engine.state.seq;
        const onNumbered = ({ run }: { run: string }) => {
          session.checkouts.prepare(run, { source, inPlace });
          isCalled(run);
        };
        try {
          const now = await planNow(session, planned, ready);
          const made = { delivery, plan: now, parallel, plannedAt, sharing: true, onNumbered } as const;
          const { run } = await session.engine.createRun(made);
          const danger = await session.checkouts.keepCommit(run);
          return { interrupted: [], ...(danger !== undefined && { danger }) };
        } catch (error) {
          if (!(error instanceof EngineRefusal)) throw error;
          if (error.code === "being-made" && !options.noWait) {
            waitsFor({ run: error.subject, jobs: error.known });
            await untilMade(session, { run: error.subject, plan, signal });
          } else if (error.code !== "outdated-plan" || plans === mostPlans) throw error;
        }
      }
    },
  });
}

const lookEveryMs = 200;

/** Until that run makes nothing of it any more: it has, it failed, or nobody goes on with it. @throws {Refused} */
async function untilMade(
  { engine }: Session,
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
  stop();
  if (signal.aborted) throw refused("given-up", { subject: plan.delivery });
}

/** The plan for what is deployed and made at this moment. @throws {Refused} when nothing of it is left to run. */
async function planNow(
  { store }: Session,
  { project, source, past, plan, again }: Planned,
  ready: (judged: Judged) => Promise<void>,
): Promise<Plan> {
  const present = pastOf(store, { project, source });
  if (isSamePast(past, present)) return plan;
  const now = await again(present);
  await ready(now);
  if (now.plan.jobs.some(({ decision }) => decision === "run")) return now.plan;
  throw refused("outdated-plan", { subject: plan.delivery, because: "another Baton has just deployed all of it" });
}

function isSamePast(one: Past, other: Past): boolean {
  const compared = ({ history, made, lost }: Past) => JSON.stringify({ history, made, lost });
  return compared(one) === compared(other);
}

/** Where another run has the lock, or stands in line for it. @throws {Refused} */
function refuseWhereBusy({ engine }: Session, plan: Plan): void {
  for (const environment of plan.environments) {
    const there = engine.state.environments.get(environment);
    const first = there?.holder ?? there?.queue[0];
    if (first === undefined || engine.isOrphan(first)) continue;
    const deploys = plan.pipelines.some((item) => item.environment === environment && item.decision === "run");
    if (deploys) throw refused("environment-busy", { subject: environment, known: [first] });
  }
}
