/** What `check` finds, over HTTP: by a process of its own, for everybody who asks at one time. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { routes } from "../../src/server/wire/routes.ts";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "./serving.ts";

const definition = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web: { jobs: { deploy: { deploys: true, steps: [echo hello] } } }
`;

const folder = new URL("../check/err/infra-vs-app-unordered/example/.github/workflows/", import.meta.url);
const workflow = (name: string) => readFileSync(new URL(name, folder), "utf8");

const files = {
  "baton.yaml": definition,
  ".gitignore": ".baton\n",
  ".github/workflows/infra.yml": workflow("infra.yml"),
  ".github/workflows/web.yml": workflow("web.yml"),
};

test("findings come with their graph, and their sides on it", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  await using server = await serving(box);
  const answers = await Promise.all([1, 2, 3].map(() => server.json("/api/findings")));
  const [view] = answers.map((answer) => routes.findings.answer.parse(answer).view);
  assert.ok(view);
  assert.equal(view.workflows, 2);
  const race = view.findings.find(({ rule }) => rule === "infra-vs-app-unordered")!;
  assert.deepEqual(race.nodes.toSorted(), [".github/workflows/infra.yml#apply", ".github/workflows/web.yml#deploy"]);
  assert.ok(race.replay.length > 3);
  assert.equal(view.graph.edges.length, 4, "an event starts each of two, which has a job");
});

test("settings that cannot be read are told, and no findings are nothing wrong", fullDepth(), async (t) => {
  const wrong = sandbox(t, { files: { ...files, "baton.check.yaml": "testedBranches: main\n" } });
  await using server = await serving(wrong);
  const told = await server.get("/api/findings");
  const { code, title } = (await told.json()) as Record<string, string>;
  assert.deepEqual([told.status, code], [422, "wrong-setting"]);
  assert.match(title!, /^baton\.check\.yaml: testedBranches: /);
  const { "baton.yaml": yaml, ".gitignore": ignored } = files;
  const none = sandbox(t, { files: { "baton.yaml": yaml, ".gitignore": ignored } });
  await using other = await serving(none);
  const { view } = routes.findings.answer.parse(await other.json("/api/findings"));
  assert.deepEqual([view.findings, view.workflows, view.pipelines], [[], 0, 0]);
});
