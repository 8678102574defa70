/**
 * Somebody who may read a state folder and not write it: says how many events there are, then why it cannot be opened
 * to write.
 *
 *     node read-folder.ts STATE_FOLDER
 */

import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store-error.ts";

const [folder] = process.argv.slice(2);
// The superuser may write everywhere; anybody else is kept out by the folder's mode.
if (process.getuid!() === 0) process.setuid!(65534);
{
  using reader = openStoreForReading(folder!);
  console.log(`${[...reader.load()].length} events`);
}
try {
  openStore(folder!);
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
