/** A state folder is copied while a server runs and deploys, put back, and nothing of that moment is lost. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "../server/serving.ts";
import { batonFile, sandbox, until } from "./sandbox.ts";

const page = readFileSync(new URL("../../docs/host.md", import.meta.url), "utf8");

const definition = `name: shop
environments:
  dev: { branch: main }
pipelines:
  web:
    jobs:
      build: { per: release, steps: ["cat page > out"], artifacts: { page: out } }
      deploy:
        needs: [build]
        deploys: true
        uses: [page]
        steps: ["cat page", 'while test -e "$HOLD"; do sleep 0.1; done']
`;

interface Status {
  deployed: Record<string, Record<string, { release: number }>>;
  open: { run: string }[];
}

test("a backup of a folder that is written to is what was there, and what ran then goes on", fullDepth(), async (t) => {
  const box = sandbox(t, {
    files: { "baton.yaml": definition, ".gitignore": ".baton*\ncopy*\nhold-it\n", page: "one\n" },
  });
  box.env.HOLD = join(box.root, "hold-it");
  assert.equal((await box.baton("run", "--env", "dev")).code, 0);
  const token = (await box.baton("token", "create", "vera", "--role", "operator")).stdout.trim();
  box.write({ "hold-it": "", page: "two\n" });
  box.git("commit", "--quiet", "--all", "--message", "the page says two");

  let during: Backup;
  {
    await using server = await serving(box);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const post = async (path: string, body: object) =>
      (await (await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json()) as Done;
    const { plan } = await post("/api/plan", { env: "dev" });
    const { run } = await post("/api/runs", { env: "dev", plan });
    const view = async () => ((await (await server.get(`/api/runs/${run}`, headers)).json()) as { view: RunView }).view;
    await until("it deploys", async () =>
      (await view()).jobs.some(({ id, status }) => id === "web.deploy@dev" && status === "running"),
    );
    during = await box.json<Backup>("backup", "copy");
    assert.equal(during.artifacts, 2);
    assert.equal(during.incomplete, 0);
    assert.equal(statSync(join(box.root, "copy")).mode & 0o077, 0, "it has what tokens are known by");
    box.git("clean", "-fxq", "hold-it");
    await until("it has ended", async () => (await view()).conclusion === "succeeded");
  }
  const after = await box.json<Status>("status");
  assert.equal(after.deployed.dev!.web!.release, 2);
  for (const folder of ["copy", ".baton/inside"]) {
    const { code, stderr } = await box.baton("backup", folder);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /next: name a folder that is new or empty/);
  }

  const [copying, restoring] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const sh = (block: string, folder: string) => {
    const { NODE_TEST_CONTEXT, FORCE_COLOR, ...surroundings } = process.env;
    const env = { ...surroundings, ...box.env, PATH: `${dirname(batonFile)}:${process.env.PATH}` };
    const script = block.replaceAll(/\/backups\/shop-(?:\$\(date \+%F\)|[\d-]+)/g, folder);
    return execFileSync("bash", ["-euo", "pipefail", "-c", script], { cwd: box.root, env, encoding: "utf8" });
  };
  assert.match(sh(copying!, "copy-2"), /^copy-2: up to event \d+, 2 artifacts, \d+ files$/m);
  assert.match(sh(restoring!, "copy"), /^ok +journal: .*, 2 runs/m);
  assert.match((await box.baton("audit", "verify")).stdout, new RegExp(`${during.seq}`));
  const back = await box.json<Status>("status");
  assert.deepEqual([back.deployed.dev!.web!.release, back.open.map(({ run }) => run)], [1, ["r0002"]]);
  assert.match((await box.baton("logs", "r0001", "web.deploy@dev")).stdout, /one/);
  assert.equal((await box.baton("resume", "r0002")).code, 0);
  assert.equal((await box.json<Status>("status")).deployed.dev!.web!.release, 2);
  assert.match(
    (await box.baton("logs", "r0002", "web.deploy@dev")).stdout,
    /two/,
    "with the file that was made before",
  );
  await using again = await serving(box);
  assert.equal((await again.get("/api/status")).status, 401);
  assert.equal((await again.get("/api/status", { authorization: `Bearer ${token}` })).status, 200);
});

interface Backup {
  seq: number;
  artifacts: number;
  incomplete: number;
}

interface RunView {
  conclusion: string;
  jobs: { id: string; status: string }[];
}

interface Done {
  plan: string;
  run: string;
}

test("where nothing was run there is nothing to copy, and half a backup is none", async (t) => {
  const box = sandbox(t, { files: { "baton.yaml": definition, page: "one\n" } });
  const none = await box.baton("backup", "copy");
  assert.notEqual(none.code, 0);
  assert.match(none.stderr, /nothing was run here yet/);
  assert.ok(!box.exists("copy"));
  assert.equal((await box.baton("backup")).code, 2);
});
