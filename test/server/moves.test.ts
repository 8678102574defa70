/** Promotions and rollbacks through a real server: what was looked at is what is done, and who tried what is kept. */

import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { AccessPage } from "../../src/server/wire/access-log.ts";
import { routes } from "../../src/server/wire/routes.ts";
import { sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { post, type Serving, serving } from "./serving.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev }
pipelines:
  web:
    jobs:
      build: { per: release, steps: ["cat page > out"], artifacts: { page: out } }
      deploy: { needs: [build], deploys: true, uses: [page], steps: ["cat page"] }
`;

interface Move {
  release: number;
  to: string;
  here?: { release: number };
  files: { artifact: string }[];
  changes?: { pipelines: { commits?: { subject: string }[] }[] };
}

async function move(server: Serving, request: object): Promise<{ move: Move; run: string }> {
  const looked = await post(server, "planMove", request);
  assert.equal(looked.status, 200, JSON.stringify(looked.body));
  const done = await post(server, "move", { ...request, plan: looked.body.plan });
  assert.equal(done.status, 200, JSON.stringify(done.body));
  const run = done.body.run as string;
  await until("it has ended", async () => {
    const { view } = await server.json<{ view: { conclusion: string } }>(`/api/runs/${run}`);
    return view.conclusion === "succeeded";
  });
  return { move: looked.body.move as Move, run };
}

test(
  "a release is promoted and taken back as it was looked at, and the access log names each try",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n", page: "one\n" } });
    await using server = await serving(box);
    const nothing = await post(server, "planMove", { kind: "promotion", to: "prod" });
    assert.deepEqual([nothing.status, nothing.body.code], [404, "no-runs"]);
    const releases = async (page: string) => {
      box.write({ page });
      box.git("commit", "-qam", `the page says ${page.trim()}`);
      assert.equal((await box.baton("run", "--env", "dev")).code, 0);
    };
    assert.equal((await box.baton("run", "--env", "dev")).code, 0);
    const request = { kind: "promotion", to: "prod" };
    const early = await post(server, "planMove", request);
    const first = await move(server, request);
    assert.deepEqual(
      [first.move.release, first.move.here, first.move.files.map(({ artifact }) => artifact)],
      [1, undefined, ["page"]],
    );

    const again = await post(server, "planMove", request);
    assert.deepEqual([again.status, again.body.code], [409, "nothing-newer"]);
    await releases("two\n");
    const old = await post(server, "move", { ...request, plan: early.body.plan });
    assert.deepEqual([old.status, old.body.code], [409, "outdated-plan"], "another release than the one looked at");
    const second = await move(server, request);
    assert.equal(second.move.here!.release, 1);
    assert.deepEqual(
      second.move.changes!.pipelines[0]!.commits!.map(({ subject }) => subject),
      ["the page says two"],
    );
    const wrong = await post(server, "planMove", { ...request, to: "pord" });
    assert.deepEqual([wrong.status, wrong.body.near], [404, "prod"]);
    assert.equal((await post(server, "planMove", { ...request, kind: "demotion" })).status, 400);
    assert.equal((await post(server, "planMove", { ...request, secretsFile: "/etc/passwd" })).status, 400);

    const back = await move(server, { kind: "rollback", to: "prod" });
    assert.deepEqual([back.move.release, back.move.here!.release], [1, second.move.release]);
    const { stdout } = await box.baton("logs", back.run, "web.deploy@prod");
    assert.match(stdout, /one/, "its own files, and not those that are checked out");
    const { view } = await server.json<{ view: { runs: { moves?: unknown }[] } }>("/api/runs");
    assert.deepEqual(
      view.runs[0]!.moves,
      { kind: "rollback", release: 1 },
      "a list of runs names the release it is about",
    );

    type Told = { view: { environments: { environment: string; state: string }[] } };
    const wayAt = async (at: string) => {
      const { view } = await server.json<Told>(`/api/releases/${second.move.release}${at}`);
      return view.environments.map(({ environment, state }) => `${environment} ${state}`);
    };
    assert.deepEqual(await wayAt(""), ["dev here", "prod taken-back"]);
    const { view: told } = await server.json<{ view: { events: { seq: number }[] } }>(`/api/runs/${second.run}/events`);
    assert.deepEqual(await wayAt(`?at=${told.events[0]!.seq - 1}`), ["dev here"], "before it was promoted");
    assert.deepEqual(await wayAt(`?at=${told.events.at(-1)!.seq}`), ["dev here", "prod here"]);
    assert.equal((await server.get(`/api/releases/1?at=99999`)).status, 404);

    appendFileSync(join(box.root, ".baton/server/access.jsonl"), '{"at":1,"asked":"cut o');
    const whole = routes.accessLog.answer.parse(await server.json("/api/access-log"));
    assert.deepEqual(
      whole.entries.map(({ asked, status, code = "", about }) => [asked, status, code, about.kind, about.to].join(" ")),
      [
        "move 200  rollback prod",
        "move 200  promotion prod",
        "move 409 outdated-plan promotion prod",
        "move 200  promotion prod",
      ],
    );
    const seen: AccessPage["entries"] = [];
    for (let page = await server.json<AccessPage>("/api/access-log?most=1"); ; ) {
      seen.push(...page.entries);
      if (page.before === undefined) break;
      page = await server.json<AccessPage>(`/api/access-log?most=1&before=${page.before}`);
    }
    assert.deepEqual(seen, whole.entries, "page by page the same");
  },
);
