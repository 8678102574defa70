import { createHash } from "node:crypto";
import { type Actor, type Asked, answered, asked, notThere, refused } from "../control/control.ts";
import type { Host } from "../control/host.ts";
import type { PlannedMove } from "../control/verbs/move.ts";
import type { Planned } from "../control/verbs/plan.ts";
import { planPreview } from "../control/views/plan.ts";
import type { Pushes } from "./pushes.ts";
import type { Question, Sources } from "./question.ts";
import type { AnswerOf, BodyOf, DeedName } from "./wire/routes.ts";

/** What is about to be done: whoever asked must have the role of the route in all of these environments. */
export interface Deed<Answer = unknown> {
  environments: readonly string[];
  /** What the route answers with. `as`: who does it, with their groups; undefined where nobody signs in. @throws {Refused} */
  act(by: Actor, as: readonly string[] | undefined): Promise<Answer>;
}

export interface Means extends Sources {
  secretsFile: string | undefined;
  pushes: Pushes;
}

type Preparing<Name extends DeedName> = (question: Question<Name>, means: Means) => Promise<Deed<AnswerOf<Name>>>;

type DoneTo = AnswerOf<"start">;

/**
 * How each deed is prepared: it is looked at what it concerns, and nothing is changed before it is known whether whoever asked
 * may. A verb of the host that makes a run go on, or stops one, is one entry. @throws {Refused}
 */
export const deeds: { [Name in DeedName]: Preparing<Name> } = {
  async start({ body: { plan, override, ...request } }, means) {
    return toStart(await planOf(means.host, request), { plan, override }, means);
  },
  async move({ body: { plan, comment, override, ...request } }, means) {
    return toStart(answered(await means.host.move(request)), { plan, comment, override }, means);
  },
  cancel: ({ params, body: { mode } }, { host, underways, report }) =>
    toRun(host, params, async (run, by) => {
      const cancelled = answered(await host.cancel({ run, mode }, by));
      // When nobody ran it, it is ended here: that goes on behind the answer.
      underways.alongside(cancelled.ended().catch(report));
      return cancelled.run;
    }),
  resume: ({ params, body: { override } }, { host, underways, secretsFile }) =>
    toRun(host, params, async (run, by) => {
      const underway = answered(await host.resume({ run, secretsFile, override }, by));
      if (override === undefined) return await underways.take(underway);
      // Nobody would go on with it if this were refused now.
      await underways.letGo(run);
      return await underways.take(underway, { urgent: true });
    }),
  retry: ({ params }, { host, underways, secretsFile }) =>
    toRun(host, params, async (run, by) => underways.take(answered(await host.retry({ run, secretsFile }, by)))),
  async answer({ params, body: { answer, comment } }, { host, underways, secretsFile }) {
    const { run, path } = answered(await host.run(params.run));
    const environment = params.environment!;
    if (!path.includes(environment)) throw notThere("not-on-path", environment, path);
    return {
      environments: [environment],
      async act(by, as) {
        const request = { run, environment, answer, as, secretsFile, ...(comment !== undefined && { comment }) };
        const given = answered(await host.answer(request, by));
        return doneTo(given.kind === "told" ? given.run : await underways.take(given.underway));
      },
    };
  },
  async push({ body: { branch } }, { pushes }) {
    const { planned, run } = await pushes.plan(branch);
    return {
      environments: planned?.plan.environments ?? [],
      async act(by) {
        const told = { version: 1, branch, isNew: planned !== undefined } as const;
        const made = planned === undefined ? run : await pushes.start(branch, planned, by);
        return { ...told, ...(made !== undefined && { run: made }) };
      },
    };
  },
  async freeze({ params, body: { until, reason } }, { host }) {
    const environment = params.environment!;
    return {
      environments: [environment],
      act: async (by) => answered(await host.freeze({ environment, until, reason }, by)),
    };
  },
  async thaw({ params, body: { comment } }, { host }) {
    const environment = params.environment!;
    return { environments: [environment], act: async (by) => answered(await host.thaw({ environment, comment }, by)) };
  },
};

const doneTo = (run: string): DoneTo => ({ version: 1, run });

/** Exactly what was looked at, or nothing: `plan` is its digest. */
function toStart(
  planned: Planned | PlannedMove,
  { plan, comment, override }: { plan: string; comment?: string | undefined; override: string | undefined },
  { host, underways, secretsFile }: Means,
): Deed<DoneTo> {
  const subject = planned.plan.delivery;
  return {
    environments: planned.plan.environments,
    async act(by) {
      if (plan !== digestOf(planned)) throw refused("outdated-plan", { subject });
      const runs = planned.plan.jobs.some(({ decision }) => decision === "run");
      if (!runs) throw refused("outdated-plan", { subject, because: "nothing to do" });
      const options = { secretsFile, comment, override, isWatched: true };
      const urgent = planned.plan.change.event === "rollback";
      return doneTo(await underways.take(answered(await host.start(planned, options, by)), { urgent }));
    },
  };
}

/** What concerns a run concerns every environment on its way. */
async function toRun(
  host: Host,
  params: Readonly<Record<string, string>>,
  act: (run: string, by: Actor) => Promise<string>,
): Promise<Deed<DoneTo>> {
  const { run, path } = answered(await host.run(params.run));
  return { environments: path, act: async (by) => doneTo(await act(run, by)) };
}

/** What a run would do, and the digest that starts exactly that. */
export async function preview(request: BodyOf<"plan">, host: Host): Promise<Asked<unknown>> {
  return await asked(async () => {
    const planned = await planOf(host, request);
    return { version: 1, plan: digestOf(planned), preview: planPreview(planned, Date.now()) };
  });
}

/** What a promotion or rollback would change, and the digest that starts exactly that. */
export async function previewMove(request: BodyOf<"planMove">, host: Host): Promise<Asked<unknown>> {
  return await asked(async () => {
    const planned = answered(await host.move(request));
    const { plan: _, ...move } = planned.move;
    return { version: 1, plan: digestOf(planned), move, preview: planPreview(planned, Date.now()) };
  });
}

async function planOf(host: Host, request: BodyOf<"plan">): Promise<Planned> {
  const { env, to, pipelines, parameters, force } = request;
  return answered(
    await host.plan({
      ...(env !== undefined && { env }),
      ...(to !== undefined && { to }),
      ...(pipelines !== undefined && { pipeline: pipelines }),
      ...(parameters !== undefined && { param: Object.entries(parameters).map(([name, value]) => `${name}=${value}`) }),
      ...(force === true && { force }),
    }),
  );
}

/** Of what is decided, for which files: two plans of one digest do the same. Expected times are no part of it. */
function digestOf({ plan, strays, ...planned }: Planned | PlannedMove): string {
  const { change, environments, parameters, jobs } = plan;
  const decided = jobs.map(({ id, decision, reused, inputs }) => [id, decision, reused, inputs]);
  const moved = "move" in planned ? whatMoves(planned.move) : [];
  const text = JSON.stringify([change, environments, parameters, decided, strays, ...moved]);
  return createHash("sha256").update(text).digest("base64url");
}

/** Two releases of one commit may hold different files, and what is there decides what they replace. */
const whatMoves = ({ kind, release, to, here, takesBack, pipelines, files, apart }: PlannedMove["move"]) => [
  { kind, release, to, here, takesBack, pipelines, files, apart },
];
