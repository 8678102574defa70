/** Appends one event after another to the journal of "shop" in a database, and prints the number of each when it is durable. */
import { writeRowsOfDatabase } from "../../../src/store/postgres/database-rows.ts";
import { journal } from "./rows.ts";

const writer = await writeRowsOfDatabase({ url: process.argv[2]!, delivery: "shop", owner: "here" });
for (const row of journal(100_000)) {
  await writer.append([row]);
  await writer.commit();
  console.log(row.seq);
}
