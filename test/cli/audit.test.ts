import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { type AuditVerifiedView, type AuditView, auditEntries } from "../../src/control/views/audit.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { chainOf, chainStart, type StoredRow } from "../../src/store/chain.ts";
import { fullDepth } from "../lane/needs.ts";
import { sandbox } from "./sandbox.ts";

const files = {
  "baton.yaml": `name: shop
environments: { dev: {}, prod: { after: dev } }
pipelines: { web: { jobs: { deploy: { deploys: true, steps: ["echo it is there"] } } } }
`,
};

test(
  "whoever changes the journal is noticed: with the head that was kept even if all checksums were made anew",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files });
    await box.baton("run", "--env", "dev");
    const { head } = await box.json<AuditVerifiedView>("audit", "verify");
    assert.ok(head !== undefined);
    const kept = `${head.seq}:${head.chain}`;
    await box.baton("freeze", "prod", "--until", "2h", "--reason", "stocktaking");
    const later = await box.baton("audit", "verify", kept);
    assert.equal(later.code, 0, later.stderr);
    assert.match(later.stdout, /each as it was written\nand the history of before, gone on\n/);

    const database = new DatabaseSync(join(box.root, ".baton", "journal.db"));
    t.after(() => database.close());
    const rows = () => database.prepare("select * from event order by seq").all() as unknown as StoredRow[];
    const forged = (body: string) => body.replace(/"by":"[^"]*"/, '"by":"somebody else"');
    const change = database.prepare("update event set body = ?, chain = ? where seq = ?");
    const [first] = rows();
    assert.notEqual(forged(first!.body), first!.body);

    // One event alone: its checksum tells.
    const honest = database.prepare("select chain from event where seq = ?").get(first!.seq)!.chain as string;
    change.run(forged(first!.body), honest, first!.seq);
    const one = await box.baton("audit", "verify");
    assert.equal(one.code, 1);
    assert.match(one.stderr, /event 1 \(run\.created, run r0001\) is not what was written/);

    // All checksums made anew, and what lies beside the journal taken away: only the head that was kept tells.
    let chain = chainStart;
    for (const row of rows()) {
      chain = chainOf(chain, row);
      change.run(row.body, chain, row.seq);
    }
    database.exec("delete from checkpoint");
    rmSync(join(box.root, ".baton", "newest-event.json"), { force: true });
    const blind = await box.baton("audit", "verify");
    assert.equal(blind.code, 0, blind.stderr);
    const seen = await box.baton("audit", "verify", kept);
    assert.equal(seen.code, 1);
    assert.match(seen.stderr, new RegExp(`event ${head.seq} is not the one that was noted`));
  },
);

test("who did what to an environment, newest first, and nothing of the others", fullDepth(), async (t) => {
  const job = '{ jobs: { deploy: { deploys: true, steps: ["echo it is there"] } } }';
  const definition = files["baton.yaml"].replace(/pipelines: .*/, `pipelines: { web: ${job}, api: ${job} }`);
  const box = sandbox(t, { files: { "baton.yaml": definition } });
  await box.baton("run", "--env", "dev");
  await box.baton("freeze", "prod", "--until", "2h", "--reason", "stocktaking");
  await box.baton("run", "--to", "prod", "--override", "customers cannot pay");
  const { entries } = await box.json<AuditView>("audit", "--env", "prod");
  assert.deepEqual(
    entries.map(({ deed, environments, override, comment }) => [deed, environments, override ?? comment]),
    [
      ["ended", [], undefined],
      ["deployed", ["prod"], undefined],
      ["ran", ["prod"], "customers cannot pay"],
      ["froze", ["prod"], "stocktaking"],
    ],
  );
  assert.match((await box.baton("audit")).stdout, /deployed +release 2 to prod: (web, api|api, web) /);
  const newest = await box.json<AuditView>("audit", "--entries", "1");
  assert.equal(newest.entries.length, 1);
  assert.ok(newest.head!.seq >= newest.entries[0]!.seq);
  const wrong = await box.baton("audit", "verify", "now");
  assert.equal(wrong.code, 2);
});

test("a retry is told as one, a question that nobody answered as Baton's doing, and what jobs did is left out", () => {
  const run = "r0001";
  const events = [
    { type: "approval.answered", run, environment: "prod", answer: "expired", by: "baton" },
    { type: "run.finished", run, conclusion: "failed", deployed: {} },
    { type: "run.retry-requested", run, jobs: ["web.deploy@prod"] },
    { type: "run.adopted", run, owner: "1", by: "ann" },
    { type: "job.started", run, job: "web.deploy@prod", attempt: 1, token: "t" },
    { type: "lock.released", run, environment: "prod", deployed: {} },
    { type: "run.adopted", run, owner: "2", by: "bob" },
    { type: "run.cancel-requested", run, mode: "now", by: "cid" },
  ] satisfies EngineEvent[];
  const entries = auditEntries(events.map((event, at) => ({ seq: at + 1, at, version: 1, event })));
  assert.deepEqual(
    entries.map(({ deed, by }) => [deed, by]),
    [
      ["let expire", undefined],
      ["ended", undefined],
      ["retried", "ann"],
      ["resumed", "bob"],
      ["cancelled", "cid"],
    ],
  );
});

test("who answers on a terminal is not verified, and the journal and the list say so", async (t) => {
  const definition = files["baton.yaml"].replace("{ after: dev }", "{ after: dev, approval: {} }");
  const box = sandbox(t, { files: { "baton.yaml": definition } });
  await box.baton("run", "--to", "prod");
  assert.equal((await box.baton("approve", "--comment", "looks fine")).code, 0);
  const { entries } = await box.json<AuditView>("audit", "--env", "prod");
  const approved = entries.find(({ deed }) => deed === "approved");
  assert.deepEqual([approved?.comment, approved?.unverified], ["looks fine", true]);
  assert.match((await box.baton("audit")).stdout, / approved .* unverified; looks fine\n/);
});
