/** As many as keep the disk busy without filling the thread pool's line. */
const atATime = 8;

/** Does the work for every item, a few at a time; results in the order of the items. Starts nothing more after a failure. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let failed = false;
  async function worker(): Promise<void> {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: Math.min(atATime, items.length) }, worker));
  for (const ended of workers) if (ended.status === "rejected") throw ended.reason;
  return results;
}
