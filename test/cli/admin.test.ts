/** The journal goes to PostgreSQL while a delivery is used, and comes back where there is nothing, as docs/host.md says. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Ledger } from "../../src/notify/ledger.ts";
import { unprotectedHost } from "../../src/store/postgres/session.ts";
import { fullDepth } from "../lane/needs.ts";
import { ask, type Cluster, startCluster } from "../store/postgres/cluster.ts";
import { batonFile, sandbox } from "./sandbox.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
pipelines:
  web:
    outputs: { url: string }
    jobs:
      deploy: { deploys: true, steps: ['echo "url=$(cat page)" >> "$BATON_OUTPUT"'] }
`;

const page = readFileSync(new URL("../../docs/host.md", import.meta.url), "utf8");
const [, , exporting, importing] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);

const cluster = fullDepth("postgres").skip === undefined ? await startCluster() : (undefined as unknown as Cluster);

test(
  "what was deployed is known again on a machine that has nothing but the database",
  fullDepth("postgres"),
  async (t) => {
    const url = await cluster.database();
    const files = { "baton.yaml": definition, ".gitignore": ".baton*\n", page: "https://one.example.com\n" };
    const here = sandbox(t, { files });
    assert.equal((await here.baton("run", "--env", "dev")).code, 0);
    const sh = (block: string) => {
      const { NODE_TEST_CONTEXT, FORCE_COLOR, ...surroundings } = process.env;
      const env = { ...surroundings, ...here.env, PATH: `${dirname(batonFile)}:${process.env.PATH}` };
      const script = block.replaceAll(/^export BATON_DATABASE=.*$/gm, `export BATON_DATABASE='${url}'`);
      return execFileSync("bash", ["-euo", "pipefail", "-c", script], { cwd: here.root, env, encoding: "utf8" });
    };
    assert.match(sh(exporting!), /^shop: up to event (\d+) in the database, \1 new events$/m);
    here.write({ page: "https://two.example.com\n" });
    here.git("commit", "--quiet", "--all", "--message", "another address");
    assert.equal((await here.baton("run", "--env", "dev")).code, 0);
    here.env.BATON_DATABASE = url;
    const second = await here.json<{ seq: number; events: number; open: string[] }>("admin", "export");
    assert.ok(second.events > 0 && second.events < second.seq, JSON.stringify(second));
    assert.equal((await here.json<{ events: number }>("admin", "export")).events, 0);

    const before = here.read(".baton/folder-id");
    const audit = await here.baton("audit", "--json");
    const outputs = await here.json("outputs");
    rmSync(join(here.root, ".baton"), { recursive: true });
    assert.match(sh(importing!), /^shop: up to event (\d+) here, \1 new events$/m);
    {
      using ledger = Ledger.open(join(here.root, ".baton"));
      assert.ok(ledger.lookedUntil, "what was before is nobody's news");
    }
    assert.deepEqual(await here.baton("audit", "--json"), audit);
    assert.deepEqual(await here.json("outputs"), outputs);

    // It goes on from there, and so does the database.
    here.write({ page: "https://three.example.com\n" });
    here.git("commit", "--quiet", "--all", "--message", "a third address");
    assert.equal((await here.baton("run", "--env", "dev")).code, 0);
    const third = await here.json<{ seq: number; events: number }>("admin", "export");
    assert.equal(third.seq, second.seq + third.events);
    // And the machine that was thought lost does not any more.
    const own = here.read(".baton/folder-id");
    here.write({ ".baton/folder-id": before });
    const late = await here.baton("admin", "export");
    assert.equal(late.code, 1);
    assert.match(late.stderr, /the copy of another state folder.*\n?.*admin export --take-over/);
    assert.equal((await here.baton("admin", "export", "--take-over")).code, 0);
    here.write({ ".baton/folder-id": own });
    assert.equal((await here.baton("admin", "export")).code, 1);

    const rows = await ask(url, "select count(*)::integer as events, max(seq)::integer as seq from baton.event");
    assert.deepEqual(rows, [{ events: third.seq, seq: third.seq }]);

    const other = await here.baton("admin", "import", "--delivery", "shoe");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /no journal of "shoe".*but of shop/);
  },
);

test(
  "a folder that remembers more than the database is told what is lost, and mended",
  fullDepth("postgres"),
  async (t) => {
    const here = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton*\n", page: "one\n" } });
    here.env.BATON_DATABASE = await cluster.database();
    assert.equal((await here.baton("run", "--env", "dev")).code, 0);
    assert.equal((await here.baton("admin", "export")).code, 0);
    here.write({ page: "two\n" });
    here.git("commit", "--quiet", "--all", "--message", "two");
    assert.equal((await here.baton("run", "--env", "dev")).code, 0);
    for (const end of ["", "-wal", "-shm"]) rmSync(join(here.root, `.baton/journal.db${end}`), { force: true });
    const imported = await here.baton("admin", "import");
    assert.equal(imported.code, 1);
    assert.match(
      imported.stderr,
      /in no copy: it ends with event \d+ and had gone on to event \d+.*\n.*\n.*doctor --repair/,
    );
    assert.equal((await here.baton("status")).code, 1, "nothing is believed until then");
    await here.baton("doctor", "--repair");
    here.write({ page: "three\n" });
    here.git("commit", "--quiet", "--all", "--message", "three");
    const run = await here.baton("run", "--env", "dev");
    assert.match(run.stdout + run.stderr, /r0003/);
  },
);

test("a way to a database that is not protected is told", () => {
  const none = {};
  for (const [url, env, host] of [
    ["postgres://baton@db.example.com/baton", none, "db.example.com"],
    ["postgres://baton@db.example.com/baton?sslmode=no-verify", none, "db.example.com"],
    ["postgres:///baton", { PGHOST: "db" }, "db"],
    ["postgres://baton@localhost/baton?host=10.0.0.7", none, "10.0.0.7"],
    ["postgres://baton@db.example.com/baton?sslmode=verify-full", none, undefined],
    ["postgres://baton@db.example.com/baton", { PGSSLMODE: "verify-full" }, undefined],
    ["postgres://baton@localhost/baton", none, undefined],
    ["postgres://baton@[::1]/baton", none, undefined],
    ["postgres://baton@localhost/baton?host=/run/postgresql", none, undefined],
    ["postgres:///baton", none, undefined],
  ] as const)
    assert.equal(unprotectedHost(url, env), host, url);
});

test("admin says what it lacks", fullDepth(), async (t) => {
  const { baton } = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton*\n" } });
  for (const [args, said] of [
    [[], /admin: what\?/],
    [["copy"], /there is export and import/],
    [["import"], /which database\?.*\n.*baton admin import --database/],
  ] as const) {
    const { code, stderr } = await baton("admin", ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, said);
  }
  const nobody = await baton("admin", "import", "--database", "postgres://baton:hush@127.0.0.1:1/baton");
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /no answer from database baton on 127\.0\.0\.1:1/);
  assert.doesNotMatch(nobody.stderr, /hush/);
});
