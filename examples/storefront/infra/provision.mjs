// Makes one environment what it should be, however often it runs: a database with its schema, a site root, a port.
// Usage: node provision.mjs HOME. Prints the outputs as `name=value` lines.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const home = process.argv[2];
const siteRoot = join(home, "site");
const databasePath = join(home, "storefront.db");
mkdirSync(siteRoot, { recursive: true });

/** The port is chosen once and kept, as an address is in a cloud. */
async function reservePort() {
  const file = join(home, "port");
  try {
    return Number(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  writeFileSync(file, String(port));
  return port;
}

/** Each file of `schema/` is applied once, in the order of its number, inside a transaction. */
function migrate() {
  const database = new DatabaseSync(databasePath);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY) STRICT");
  const folder = new URL("schema/", import.meta.url);
  const applied = new Set(
    database
      .prepare("SELECT name FROM migration")
      .all()
      .map((row) => row.name),
  );
  for (const name of readdirSync(folder).sort()) {
    if (applied.has(name)) continue;
    database.exec("BEGIN");
    database.exec(readFileSync(new URL(name, folder), "utf8"));
    database.prepare("INSERT INTO migration (name) VALUES (?)").run(name);
    database.exec("COMMIT");
    process.stderr.write(`applied ${name}\n`);
  }
  database.close();
}

migrate();
const port = await reservePort();
process.stdout.write(
  `databasePath=${databasePath}\nsiteRoot=${siteRoot}\nport=${port}\napiUrl=http://127.0.0.1:${port}/api\n`,
);
