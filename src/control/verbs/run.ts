import { availableParallelism } from "node:os";
import type { NewRun } from "../../engine/new-run.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Actor, refused } from "../control.ts";
import type { RunOptions, Underway } from "../host.ts";
import { createRun, madeOrGivenUp } from "../local/create-run.ts";
import { isPresent, pastOf } from "../local/past.ts";
import { requireReady } from "../local/ready.ts";
import { openSession, type Session } from "../local/session.ts";
import { tellBeside } from "../local/telling.ts";
import { LocalUnderway } from "../local/underway.ts";
import { requireWhole } from "../local/whole.ts";
import type { Place } from "../project.ts";
import type { Past } from "../request/run-request.ts";
import { readSecrets } from "../request/secrets.ts";
import { closedFor } from "../views/windows.ts";
import type { Judged, Planned } from "./plan.ts";

/**
 * Runs what was planned, as a new run. When another Baton has deployed something in between, it is planned anew for what
 * is deployed now. @throws {Refused}
 */
export async function startRun(
  { caller }: Pick<Place, "caller">,
  planned: Planned,
  { options, by, takesBack }: { options: RunOptions; by: Actor; takesBack?: NewRun["takesBack"] },
): Promise<Underway> {
  const { project, delivery, source, plan, moves } = planned;
  const secrets = readSecrets(caller, options.secretsFile);
  const ready = (judged: Judged) => requireReady(caller, { ...planned, ...judged }, { secrets, ...options });
  if (moves !== undefined || options.noWait) refuseWhereFrozen(planned, options);
  if (options.noWait) refuseOutside(planned, options);
  await ready(planned);
  await requireWhole(planned);
  const inPlace = options.inPlace === true || source.kind === "folder";
  const parallel = options.parallel ?? Math.max(2, availableParallelism());
  const session = await openSession({ project, secrets, agents: caller.agents, delivery });
  if (options.noWait) {
    try {
      refuseWhereBusy(session, plan, options);
    } catch (error) {
      await session.close();
      throw error;
    }
  }
  return new LocalUnderway(session, {
    by,
    tell: (delivery) => tellBeside({ project, caller }, { secrets, delivery }),
    async begin({ isCalled, waitsFor, signal }) {
      await session.checkouts.keep(source);
      let plannedAt = 0;
      const run = await createRun({
        planNow() {
          plannedAt = session.engine.state.seq;
          return planNow(session, planned, ready);
        },
        async create(now) {
          const { comment, override } = options;
          const told = {
            by: by.name,
            ...(comment !== undefined && { comment }),
            ...(override !== undefined && { override }),
            ...(moves !== undefined && { moves }),
            ...(takesBack !== undefined && { takesBack }),
          };
          const onNumbered = ({ run }: { run: string }) => {
            session.checkouts.prepare(run, { source, inPlace, plan: now });
            isCalled(run);
          };
          const made = { delivery, plan: now, parallel, plannedAt, sharing: true, onNumbered, ...told } as const;
          return (await session.engine.createRun(made)).run;
        },
        ...(!options.noWait && {
          async untilMade({ plan: refusedPlan, ...maker }) {
            waitsFor(maker);
            await madeOrGivenUp(session.engine, { run: maker.run, plan: refusedPlan, signal });
            if (signal.aborted) throw refused("given-up", { subject: plan.delivery });
          },
        }),
      });
      const danger = await session.checkouts.keepCommit(run);
      return { interrupted: [], ...(danger !== undefined && { danger }) };
    },
  });
}

/** The plan for what is deployed and made at this moment. @throws {Refused} when nothing of it is left to run. */
async function planNow(
  { store }: Session,
  { project, delivery, source, past, plan, again, requireStill, held = [] }: Planned,
  ready: (judged: Judged) => Promise<void>,
): Promise<Plan> {
  requireStill?.(store, Date.now());
  if (isPresent(past, { journal: store, project, also: held })) return plan;
  const present = pastOf(store, { project, source, delivery, also: held });
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

/** A move is meant for what is there now, and not for what is there when a freeze is over. @throws {Refused} */
function refuseWhereFrozen({ freezes: [first] }: Planned, { override }: RunOptions): void {
  if (first === undefined || override !== undefined) return;
  const { environment: subject, until, by, reason } = first;
  throw refused("frozen", { subject, known: [String(until), by], because: reason });
}

/** @throws {Refused} */
function refuseOutside({ plan, delivery }: Planned, { override }: RunOptions): void {
  const [first] = override === undefined ? closedFor(plan, delivery, Date.now()) : [];
  if (first !== undefined)
    throw refused("outside-window", { subject: first.environment, known: [String(first.until)] });
}

/** Where another run has the lock, or stands in line for it and this does not go past who waits. @throws {Refused} */
function refuseWhereBusy({ engine }: Session, plan: Plan, { override }: RunOptions): void {
  const goesPast = override !== undefined || plan.change.event === "rollback";
  for (const environment of plan.environments) {
    const there = engine.state.environments.get(environment);
    const first = there?.holder ?? (goesPast ? undefined : there?.queue[0]);
    if (first === undefined || engine.isOrphan(first)) continue;
    const deploys = plan.pipelines.some((item) => item.environment === environment && item.decision === "run");
    if (deploys) throw refused("environment-busy", { subject: environment, known: [first] });
  }
}
