import type { Delivery } from "../../model/delivery.ts";
import type { Deployed } from "../../plan/plan.ts";
import type { JournalReader } from "../../store/journal-reader.ts";

export { originOf } from "../../plan/plan.ts";

/**
 * What is deployed where, by environment (in promotion order) and pipeline. `at`: milliseconds since the epoch. `isRemoved`: the
 * definition of the newest run does not have the pipeline, or the environment, any more.
 */
export type DeployedView = Record<string, Record<string, Deployed & { at: number; isRemoved?: true }>>;

/**
 * The highest release of a pipeline counts, whichever ended last: an older one never takes its place. Promotion order is
 * that of the newest run.
 */
export function deployedView(journal: JournalReader, moment: { until?: number } = {}): DeployedView {
  const { deployed } = journal.deployed(moment);
  const times = new Map<string, number>();
  for (const { environment, pipeline, release, at } of journal.currentDeployments(moment)) {
    times.set(keyOf(environment, pipeline, release), at);
  }
  const view: DeployedView = {};
  const newest = newestDelivery(journal, moment);
  const order = newest?.environments.map(({ name }) => name) ?? [];
  const pipelines = new Set(newest?.pipelines.map(({ name }) => name));
  for (const environment of inOrderOf(order, Object.keys(deployed))) {
    const here: DeployedView[string] = {};
    for (const [pipeline, record] of Object.entries(deployed[environment]!)) {
      const isRemoved = newest !== undefined && !(pipelines.has(pipeline) && order.includes(environment));
      const at = times.get(keyOf(environment, pipeline, record.release)) ?? 0;
      here[pipeline] = { ...record, at, ...(isRemoved && { isRemoved }) };
    }
    view[environment] = here;
  }
  return view;
}

const keyOf = (environment: string, pipeline: string, release: number) => `${environment} ${pipeline} ${release}`;

/** What is no longer in the delivery comes last. */
function inOrderOf(order: readonly string[], environments: readonly string[]): string[] {
  return [
    ...order.filter((name) => environments.includes(name)),
    ...environments.filter((name) => !order.includes(name)),
  ];
}

/** That of the newest run. */
export function newestDelivery(journal: JournalReader, moment: { until?: number } = {}): Delivery | undefined {
  const [newest] = journal.runs({ ...moment, newest: 1 });
  return newest && journal.deliveryOf(newest.run);
}
