import type { RunId } from "../../engine/events.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { Deployed, Plan } from "../../plan/plan.ts";
import { type Requirements, requirementsOf } from "../../plan/requirements.ts";
import type { AutomaticPromotion } from "../../release/automatic.ts";
import { type Stray, straysOf } from "../../release/guard.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { loadDefinition } from "../definition/load.ts";
import { type IdlePath, idlePaths } from "../local/idle-paths.ts";
import { freezesNow, isUnderway, openJournal } from "../local/journal.ts";
import type { Lack } from "../local/lacking.ts";
import { readOutlook } from "../local/outlook.ts";
import { pastOf } from "../local/past.ts";
import type { Place, Project } from "../project.ts";
import { noPast, type Past, type PlannedRequest, type PlanOptions, planFor } from "../request/run-request.ts";
import { readSecrets } from "../request/secrets.ts";
import { comesFrom, readSource, type Source } from "../request/source.ts";
import type { FreezeView } from "../views/freezes.ts";

export interface PlanRequest extends PlanOptions {
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string | undefined;
  /** In every environment, whatever the branch. */
  everywhere?: boolean;
}

/** What a run would do, and what that was concluded from. */
export interface Planned extends Judged {
  project: Project;
  delivery: Delivery;
  source: Source;
  past: Past;
  /** Of a promotion or rollback: the release that is moved, and the versions that it holds. */
  moves?: number;
  /** Files that are deployed as they are, and are looked at before anything begins. */
  files?: readonly { pipeline: string; artifact: string; digest: string }[];
  held?: readonly Deployed[];
  /** Runs that have not ended, newest first, and whether somebody runs them. They are no part of the plan. */
  open: { run: RunId; isUnderway: boolean }[];
  /** Where something would be deployed and nothing may begin to be just now. */
  freezes: FreezeView[];
  /** What would go on by itself, and does not when this comes to what is before it. */
  displaces?: AutomaticPromotion[];
  /** Asked when it begins, of the journal as it is then. @throws {Refused} where it is not to begin any more */
  requireStill?: (journal: JournalReader, now: number) => void;
  /** The plan again, for another past. */
  again(past: Past): Promise<Judged>;
  /** What is missing on this machine to carry it out, as far as it can be told at a glance. */
  lacking(): Promise<Lack[]>;
  /** What never makes a pipeline run, as no file has it. */
  idlePaths(): Promise<IdlePath[]>;
}

/** A plan with what it asks for and what is unusual about it. */
export interface Judged extends PlannedRequest {
  plan: Plan;
  requirements: Requirements;
  /** What goes to environments past their branches. */
  strays: Stray[];
}

/** Says what a run would do. Changes nothing. @throws {Refused} */
export async function planRun({ caller, project }: Place, request: PlanRequest): Promise<Planned> {
  const reading = readSource(project);
  // A definition that is refused must not leave this without a listener.
  reading.catch(() => {});
  const delivery = await loadDefinition(project.file, caller);
  const { source, past, open, freezes, promotions } = await readPast(project, { reading, delivery });
  const environments = request.everywhere ? { environments: delivery.environments.map(({ name }) => name) } : {};
  const isUnproven = request.branch !== undefined && !(await comesFrom(source, request.branch, caller.env));
  const again = async (past: Past): Promise<Judged> => {
    const planned = await planFor({ delivery, source, past, options: request, env: caller.env, ...environments });
    const { plan, branch } = planned;
    const strays = straysOf(delivery, { plan, origin: { branch, isUnproven, uncommitted: uncommittedIn(source) } });
    return { ...planned, requirements: requirementsOf(delivery, plan), strays };
  };
  const judged = await again(past);
  return {
    project,
    delivery,
    source,
    past,
    open,
    freezes: freezesFor(judged.plan, freezes),
    displaces: promotions.filter(({ environment }) => comesBefore(delivery, judged.plan, environment)),
    again,
    idlePaths: () => idlePaths(delivery, project),
    lacking: () => lacking({ project, delivery, ...judged }),
    ...judged,
  };

  async function lacking(planned: Judged & Pick<Planned, "delivery" | "project">): Promise<Lack[]> {
    const { lackingHere } = await import("../local/lacking.ts");
    const secrets = readSecrets(caller, request.secretsFile);
    return await lackingHere(caller, { ...planned, secrets }, { versions: "left out" });
  }
}

/** Files of the delivery that no commit holds. */
function uncommittedIn(source: Source): number {
  return source.kind === "folder" ? 0 : source.uncommitted.filter((path) => path.startsWith(source.prefix)).length;
}

/** The journal is opened while git looks at the files. */
async function readPast(
  project: Project,
  { reading, delivery }: { reading: Promise<Source>; delivery: Delivery },
): Promise<Pick<Planned, "source" | "past" | "open" | "freezes"> & { promotions: AutomaticPromotion[] }> {
  using journal = openJournal(project);
  const source = await reading;
  if (!journal) return { source, past: noPast, open: [], freezes: [], promotions: [] };
  const open = journal.openRuns().map(({ run }) => ({ run, isUnderway: isUnderway(journal, run) }));
  const freezes = freezesNow(journal);
  const { promotions } = await readOutlook(journal);
  return { source, past: pastOf(journal, { project, source, delivery }), open, freezes, promotions };
}

/** Something is deployed to what comes right before the environment. */
function comesBefore({ environments }: Delivery, { jobs }: Plan, environment: string): boolean {
  const before = environments.find(({ name }) => name === environment)?.after ?? [];
  return jobs.some(
    (job) => job.decision === "run" && job.environment !== undefined && before.includes(job.environment),
  );
}

/** Of those, the ones that would keep something of the plan waiting. */
export function freezesFor(plan: Plan, freezes: readonly FreezeView[]): FreezeView[] {
  return freezes.filter(({ environment }) =>
    plan.jobs.some((job) => job.environment === environment && job.decision === "run"),
  );
}
