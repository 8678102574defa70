import type { Deployed } from "../../plan/plan.ts";
import type { JournalReader } from "../../store/journal-reader.ts";

/** What is deployed where, by environment (in promotion order) and pipeline. `at`: milliseconds since the epoch. */
export type DeployedView = Record<string, Record<string, Deployed & { at: number }>>;

/**
 * The highest release of a pipeline counts, whichever ended last: an older one never takes its place. Promotion order is
 * that of the newest run.
 */
export function deployedView(journal: JournalReader): DeployedView {
  const { deployed } = journal.deployed();
  const times = new Map<string, number>();
  for (const { environment, pipeline, release, at } of journal.currentDeployments()) {
    times.set(keyOf(environment, pipeline, release), at);
  }
  const view: DeployedView = {};
  for (const environment of inPromotionOrder(journal, Object.keys(deployed))) {
    const here: DeployedView[string] = {};
    for (const [pipeline, record] of Object.entries(deployed[environment]!)) {
      here[pipeline] = { ...record, at: times.get(keyOf(environment, pipeline, record.release)) ?? 0 };
    }
    view[environment] = here;
  }
  return view;
}

const keyOf = (environment: string, pipeline: string, release: number) => `${environment} ${pipeline} ${release}`;

/** What is no longer in the delivery comes last. */
function inPromotionOrder(journal: JournalReader, environments: readonly string[]): string[] {
  const [newest] = journal.runs({ newest: 1 });
  const order = newest ? environmentsOf(journal, newest.run) : [];
  return [
    ...order.filter((name) => environments.includes(name)),
    ...environments.filter((name) => !order.includes(name)),
  ];
}

function environmentsOf(journal: JournalReader, run: string): string[] {
  for (const { event } of journal.loadRun(run)) {
    if (event.type === "run.created") return event.delivery.environments.map(({ name }) => name);
  }
  return [];
}
