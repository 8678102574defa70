import type { Delivery } from "../../model/delivery.ts";
import { requirementsOf } from "../../plan/requirements.ts";
import type { Place } from "../project.ts";
import { type Past, type PlanOptions, planFor } from "../request/run-request.ts";
import { readSecrets } from "../request/secrets.ts";
import type { Source } from "../request/source.ts";
import { freezesFor, type Judged, type Planned } from "../verbs/plan.ts";
import { freezesNow, isUnderway, openJournal } from "./journal.ts";
import { lackingHere } from "./lacking.ts";

interface Tip {
  source: Source;
  /** As the source has it. */
  delivery: Delivery;
  past: Past;
  secretsFile: string | undefined;
}

/** Plans what a branch has, whatever is checked out here. @throws {Refused} */
export async function planTip(
  { project, caller }: Place,
  { source, delivery, past, secretsFile }: Tip,
  options: PlanOptions,
): Promise<Planned> {
  const again = async (past: Past): Promise<Judged> => {
    const planned = await planFor({ delivery, source, past, options, env: {} });
    // Folders are looked for in what is checked out, which is not what is deployed.
    const requirements = { ...requirementsOf(delivery, planned.plan), folders: [] };
    return { ...planned, requirements, strays: [] };
  };
  const judged = await again(past);
  using journal = openJournal(project);
  const secrets = () => readSecrets(caller, secretsFile);
  return {
    project,
    delivery,
    source,
    past,
    open: journal?.openRuns().map(({ run }) => ({ run, isUnderway: isUnderway(journal, run) })) ?? [],
    freezes: journal === undefined ? [] : freezesFor(judged.plan, freezesNow(journal)),
    again,
    idlePaths: async () => [],
    lacking: async () =>
      await lackingHere(caller, { ...judged, project, delivery, secrets: secrets() }, { versions: "left out" }),
    ...judged,
  };
}
