/**
 * Appends events until the disk has no room, then says what became of them, each on a line of its own: how many were
 * durable, the error, what a later append is told, how many can be read beside and after it; and, when space is freed,
 * that the journal goes on.
 *
 *     node fill-disk.ts STATE_FOLDER [FREEABLE_FILE]
 */
import { rmSync, writeFileSync } from "node:fs";
import { openStore, openStoreForReading } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { append, created, started } from "./events.ts";

const [folder, freeable] = process.argv.slice(2);
if (freeable) writeFileSync(freeable, Buffer.alloc(500_000));
const store = openStore(folder!);
let durable = 0;
const noRoom = await (async () => {
  try {
    await append(store, [created("r1", 1)], 1);
    for (durable = 1; durable < 100_000; durable++) {
      await append(store, [{ ...started("r1", "shop.build"), token: "x".repeat(20_000) } as never], 1);
    }
  } catch (error) {
    return error;
  }
})();
console.log(`${durable} durable`);
say(noRoom);
await append(store, [started("r1", "shop.small")], 1).catch(say);
console.log(`${readable()} readable beside`);
store.close();
console.log(`${readable()} readable after`);
if (freeable) {
  rmSync(freeable);
  using again = openStore(folder!);
  await append(again, [started("r1", "shop.late")], 1);
  console.log(`${readable()} readable in the end`);
}

function readable(): number {
  using reader = openStoreForReading(folder!);
  return [...reader.load()].length;
}

function say(error: unknown): void {
  if (!(error instanceof StoreError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
