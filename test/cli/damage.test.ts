/** Every command says the same of a damaged state folder, and the repair that they advise makes all of them work again. */
import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { applicationId } from "../../src/store/migrations.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Sandbox, sandbox } from "./sandbox.ts";

const files = {
  "baton.yaml": `
name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [us] } }
pipelines:
  app:
    outputs: { color: string }
    jobs:
      deploy: { deploys: true, steps: ['echo color=green >> "$BATON_OUTPUT"'] }
`,
};

/** Release 1 is in dev; release 2 waits for an approval of prod. */
async function shop(t: TestContext): Promise<{ box: Sandbox; journal: string }> {
  const box = sandbox(t, { files });
  await succeeds(box, "run");
  await succeeds(box, "run", "--to", "prod", "--force");
  const journal = join(box.root, ".baton", "journal.db");
  // All of it in one file, where it can be damaged.
  const database = new DatabaseSync(journal);
  database.exec("pragma wal_checkpoint(truncate)");
  database.close();
  return { box, journal };
}

async function succeeds(box: Sandbox, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await box.baton(...args);
  assert.equal(code, 0, `baton ${args.join(" ")}\n${stdout}${stderr}`);
  return { stdout, stderr };
}

const few = [["status"], ["run"]];
const every = [
  ...few,
  ["plan"],
  ["outputs"],
  ["logs"],
  ["resume"],
  ["retry"],
  ["approve", "2", "prod"],
  ["cancel", "2"],
];

async function allRefuse(box: Sandbox, said: RegExp, calls = few): Promise<void> {
  const answers = await Promise.all(calls.map(async (args) => ({ args, ...(await box.baton(...args)) })));
  for (const { args, code, stderr } of answers) {
    const about = `baton ${args.join(" ")}\n${stderr}`;
    assert.equal(code, 1, about);
    assert.match(stderr, said, about);
    assert.match(stderr, /Nothing was changed\..*`baton doctor --repair`/, about);
    assert.doesNotMatch(stderr, /\n +at /, about);
  }
  const doctor = await box.baton("doctor");
  assert.equal(doctor.code, 1, doctor.stdout);
  assert.match(doctor.stdout, /fail {2}journal: .*baton doctor --repair/);
}

async function releases(box: Sandbox): Promise<void> {
  assert.match((await succeeds(box, "run", "--force")).stdout, /release 3 passed/);
}

/** After the repair releases are counted on, what is known is still known, and a run goes through. */
async function repairs(box: Sandbox, { said, deployed }: { said: RegExp; deployed: string[] }): Promise<void> {
  const { stdout, stderr } = await succeeds(box, "doctor", "--repair");
  assert.match(stderr, said);
  assert.match(stderr, /the next release is 3/);
  assert.match(stdout, /ok {4}journal: /);
  const outputs = await box.json<{ environments: Record<string, unknown> }>("outputs");
  assert.deepEqual(Object.keys(outputs.environments), deployed);
  await releases(box);
  await succeeds(box, "status");
  assert.match((await succeeds(box, "doctor", "--repair")).stderr, /nothing to repair/);
}

test("an older copy of the journal, and what comes after putting it back", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  const copy = readFileSync(journal);
  await succeeds(box, "approve", "2", "prod");
  for (const left of [`${journal}-wal`, `${journal}-shm`]) rmSync(left, { force: true });
  writeFileSync(journal, copy);
  await allRefuse(box, /is not the newest: it ends with event \d+ and had gone on to event \d+/, every);
  await repairs(box, { said: /lost: an unknown[\s\S]*after event \d+ is not known/, deployed: ["dev"] });
});

test("a byte that flipped in an event", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  // Through the database: pages also hold remains of what was moved, where a byte more or less is no damage.
  const database = new DatabaseSync(journal);
  database.exec(
    `update event set body = replace(body, '"type"', '"tyPe"')
     where seq = (select max(seq) from event where type = 'job.succeeded'); pragma wal_checkpoint(truncate)`,
  );
  database.close();
  await allRefuse(box, /damaged: event \d+ \(job.succeeded, run r000\d\) is not what was written/, every);
  await repairs(box, { said: /kept: \d+ events .*; lost: event \d+[\s\S]*given up: r0002/, deployed: ["dev"] });
});

test("an output that changed and is still valid", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  writeFileSync(journal, readFileSync(journal, "latin1").replaceAll('"color":"green"', '"color":"black"'), "latin1");
  await allRefuse(box, /damaged: event \d+ \(.*\) is not what was written/);
  await repairs(box, { said: /lost: events \d+/, deployed: [] });
});

test("several repairs at once repair once", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  const database = new DatabaseSync(journal);
  database.exec("update event set body = replace(body, 'app', 'apq') where seq = 3");
  database.close();
  const all = await Promise.all([1, 2, 3].map(() => box.baton("doctor", "--repair")));
  const said = all.map(({ code, stderr }) => {
    assert.ok(code === 0 || code === 1, stderr);
    if (/the damaged journal lies in/.test(stderr)) return "repaired";
    return /nothing to repair|is in use by|is being repaired/.test(stderr) ? "nothing" : stderr;
  });
  assert.deepEqual(said.toSorted(), ["nothing", "nothing", "repaired"]);
  const aside = readdirSync(join(box.root, ".baton")).filter((name) => name.startsWith("damaged-"));
  assert.equal(aside.length, 1);
});

test("an event that is gone", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  const database = new DatabaseSync(journal);
  database.exec("delete from event where type = 'job.succeeded' and run = 'r0001'");
  database.close();
  await allRefuse(box, /damaged: event \d+ is missing/);
  await repairs(box, { said: /lost: events \d+ to \d+/, deployed: ["dev"] });
});

const ruins: [string, (journal: string) => void, RegExp][] = [
  ["emptied", (journal) => writeFileSync(journal, ""), /journal\.db is empty, .*still there: /],
  ["removed", (journal) => rmSync(journal), /journal\.db is gone, .*still there: /],
  ["cut in half", (journal) => truncateSync(journal, readFileSync(journal).length >> 1), /damaged/],
  [
    "overwritten",
    (journal) => writeFileSync(journal, "my diary ".repeat(5000)),
    /is damaged \(file is not a database\)/,
  ],
];

for (const [what, ruin, said] of ruins) {
  test(`a journal that was ${what}`, fullDepth(), async (t) => {
    const { box, journal } = await shop(t);
    ruin(journal);
    await allRefuse(box, said);
    const { stderr } = await succeeds(box, "doctor", "--repair");
    assert.match(stderr, /the next release is 3/);
    await releases(box);
    assert.match((await succeeds(box, "doctor")).stdout, /ok {4}journal: /);
  });
}

test("a list of runs that says something else than the events is derived again", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  const database = new DatabaseSync(journal);
  database.exec("update run set conclusion = 'failed' where run = 'r0001'");
  database.close();
  assert.match((await box.baton("doctor")).stdout, /fail {2}journal: .*\(run\)\n +remedy: baton doctor --repair/);
  assert.match((await succeeds(box, "doctor", "--repair")).stderr, /derived again from the events/);
  assert.match((await succeeds(box, "status")).stdout, /r0001 .*succeeded/);
});

test("tables that are gone are made anew from the events", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  const drop = (...tables: string[]) => {
    using database = new DatabaseSync(journal);
    for (const table of tables) database.exec(`drop table ${table}`);
  };
  drop("checkpoint");
  await succeeds(box, "status");
  drop("run", "made", "deployment");
  await allRefuse(box, /damaged: its table "run" is gone/);
  assert.match((await succeeds(box, "doctor", "--repair")).stderr, /derived again from the events/);
  assert.match((await succeeds(box, "status")).stdout, /r0001 .*succeeded/);
  await succeeds(box, "approve", "2", "prod");
});

test("a cancel that an older Baton wrote behind the end of its run changes nothing", fullDepth(), async (t) => {
  const { box, journal } = await shop(t);
  // As Baton 0.1 left it: without checksums, which come with the next command.
  const first = readFileSync(new URL("../../src/store/migrations/0001-journal.sql", import.meta.url), "utf8");
  {
    using old = new DatabaseSync(`${journal}.old`);
    old.exec(first);
    old.exec(`attach '${journal}' as now;
      insert into event select seq, at, version, run, type, body from now.event;
      insert into run select * from now.run;
      insert into deployment select *, '{}' from now.deployment;
      insert into event select max(seq) + 1, 1, 1, 'r0001', 'run.cancel-requested',
        '{"type":"run.cancel-requested","run":"r0001","mode":"now","by":"ada"}' from event;
      pragma main.application_id = ${applicationId};
      pragma main.user_version = 1`);
  }
  for (const left of [journal, `${journal}-wal`, `${journal}-shm`]) rmSync(left, { force: true });
  renameSync(`${journal}.old`, journal);
  assert.match((await succeeds(box, "status")).stdout, /r0001 .*succeeded/);
  await releases(box);
  assert.equal((await box.baton("doctor")).code, 0);
});

test("logs that were deleted are missed", fullDepth(), async (t) => {
  const loud = files["baton.yaml"].replace("'echo color", "echo hello, 'echo color");
  const box = sandbox(t, { files: { "baton.yaml": loud } });
  await succeeds(box, "run");
  assert.match((await succeeds(box, "logs", "1")).stdout, /hello/);
  rmSync(join(box.root, ".baton", "logs"), { recursive: true });
  const { stderr } = await succeeds(box, "logs", "1");
  assert.match(
    stderr,
    /no log of app\.deploy@dev of run r0001 in \.baton\/logs\/r0001: it printed nothing, or .*deleted/,
  );
});

test("a run of which nothing says where it works is done anew as it is told", fullDepth(), async (t) => {
  const { box } = await shop(t);
  rmSync(join(box.root, ".baton", "checkouts"), { recursive: true });
  const { code, stderr } = await box.baton("approve");
  assert.equal(code, 1);
  assert.match(stderr, /nothing says where run r0002 works: .*checkouts.r0002\.json is missing/);
  assert.match(stderr, /baton run --to prod does what is left of it as a new run; baton cancel r0002 gives it up/);
  await succeeds(box, "cancel", "r0002");
  assert.match((await succeeds(box, "run", "--to", "prod", "--no-wait")).stderr, /prod waits for approval/);
  await succeeds(box, "approve");
});

const building = {
  "baton.yaml": `
name: shop
environments: { dev: { branch: main }, test: { after: dev } }
pipelines:
  app:
    jobs:
      build: { per: release, steps: ['mkdir -p out; echo good > out/f'], artifacts: { files: out } }
      deploy: { needs: build, deploys: true, uses: [files], steps: ['cat out/f'] }
`,
};

function storedFile(box: Sandbox): string {
  const packs = join(box.root, ".baton", "artifacts", "packs");
  return join(packs, readdirSync(packs)[0]!);
}

test("an artifact that was damaged is found by doctor, and made anew after its repair", fullDepth(), async (t) => {
  const box = sandbox(t, { files: building });
  await succeeds(box, "run");
  assert.match((await succeeds(box, "doctor")).stdout, /ok {4}artifacts: 1 artifact, every byte as it was stored/);
  chmodSync(storedFile(box), 0o644);
  writeFileSync(storedFile(box), "evil\n");
  const doctor = await box.baton("doctor");
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /fail {2}artifacts: 1 artifact of 1 cannot be used[\s\S]*remedy: baton doctor --repair/);
  const repaired = await box.baton("doctor", "--repair");
  assert.match(repaired.stderr, /taken away: 1 artifact .*baton run --force makes them anew/);
  assert.match(
    repaired.stdout,
    /fail {2}artifacts: not there any more: app\.files in dev\n +remedy: baton run --to dev --force/,
  );
  await succeeds(box, "run", "--force");
  await succeeds(box, "doctor");
});

test(
  "an artifact that was damaged behind everybody's back is healed by the job that makes it next",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files: building });
    await succeeds(box, "run");
    chmodSync(storedFile(box), 0o644);
    writeFileSync(storedFile(box), "evil\n");
    await succeeds(box, "run", "--force");
    assert.equal(readFileSync(storedFile(box), "utf8"), "good\n");
  },
);

test("where nobody makes it, it costs one failed run, whose advice heals it", fullDepth(), async (t) => {
  const box = sandbox(t, { files: building });
  await succeeds(box, "run");
  chmodSync(storedFile(box), 0o644);
  writeFileSync(storedFile(box), "evil\n");
  const failed = await box.baton("run", "--to", "test");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /was damaged in the artifact store: a new run has the job that makes it run again/);
  assert.match(failed.stderr, /^next: baton run --to test {2}/m);
  await succeeds(box, "run", "--to", "test");
  rmSync(storedFile(box));
  await succeeds(box, "run", "--force");
});

test(
  "a byte that flipped in any file is told or does no harm, and the next job heals what it makes",
  fullDepth(),
  async (t) => {
    const kept = {
      "baton.yaml": `
name: shop
environments: { dev: { branch: main } }
pipelines:
  app:
    jobs:
      build: { per: release, steps: [mkdir out, echo good > out/file], artifacts: { files: out } }
      deploy: { needs: build, deploys: true, uses: [files], steps: [grep -q good out/file] }
`,
    };
    const box = sandbox(t, { files: kept });
    await succeeds(box, "run");
    const state = join(box.root, ".baton");
    // Where no job and no command looks.
    const copy = join(box.root, ".git", "copy");
    cpSync(state, copy, { recursive: true });
    const isFile = (path: string) => statSync(join(copy, path)).isFile() && statSync(join(copy, path)).size > 0;
    const paths = readdirSync(copy, { recursive: true, encoding: "utf8" }).filter(isFile).sort();
    const told: string[] = [];
    for (const path of paths) {
      rmSync(state, { recursive: true });
      cpSync(copy, state, { recursive: true });
      const bytes = readFileSync(join(state, path));
      bytes[bytes.length >> 1]! ^= 1;
      chmodSync(join(state, path), 0o600);
      writeFileSync(join(state, path), bytes);
      const seen = await box.baton("doctor");
      if (/^ *(fail|warn)/m.test(seen.stdout)) told.push(path.split("/").slice(0, -1).join("/") || path);
      if (/doctor --repair/.test(seen.stdout) && !path.startsWith("artifacts/"))
        await succeeds(box, "doctor", "--repair");
      for (const args of [
        ["run", "--force"],
        ["logs", "1"],
      ])
        await succeeds(box, ...args);
      const after = await box.baton("doctor");
      assert.equal(after.code, 0, `after a flipped byte in ${path}\n${after.stdout}`);
    }
    // Of a log and of what can be made again nobody keeps a checksum; in a page of the journal that holds nothing there is no damage.
    const must = ["artifacts/listings", "artifacts/packs", "checkouts", "newest-event.json"];
    assert.deepEqual([...new Set(told)].filter((path) => must.includes(path)).sort(), must);
  },
);
