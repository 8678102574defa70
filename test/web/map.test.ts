/** What the map shows of pipelines and jobs, and of one release's way through them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Board, MapOfAll, OpenRun, Release } from "../../src/web/data/wire.ts";
import { jobGraph, mapFacts, pipelineGraph } from "../../src/web/pages/map/map-facts.ts";
import { afterPage, wallPages } from "../../src/web/wall-pages.ts";

const job = (pipeline: string, name: string, environment?: string): MapOfAll["jobs"][number] => ({
  id: `${pipeline}.${name}${environment ? `@${environment}` : ""}`,
  pipeline,
  job: name,
  ...(environment && { environment }),
  deploys: environment !== undefined,
  decision: "run",
  reason: "",
  after: [],
  steps: ["Step 1"],
  reads: [],
  uses: [],
});

const map: MapOfAll = {
  version: 1,
  delivery: "shop",
  environments: ["dev", "prod"],
  pipelines: [
    { name: "api", needs: [] },
    { name: "web", needs: ["api"] },
  ],
  jobs: [
    job("api", "build"),
    ...["dev", "prod"].flatMap((where) => [job("api", "deploy", where), job("web", "deploy", where)]),
  ],
  joins: [],
  criticalPath: [],
};

const there = (release: number) => ({ release, number: release, commit: "c", at: 0 });
const coming = { run: "r0005", release: 5, status: "waiting" as const };
const board: Board = {
  version: 1,
  delivery: "shop",
  environments: [],
  pipelines: [
    { name: "api", needs: [], in: { dev: { deployed: there(5) }, prod: { deployed: there(3), coming } } },
    {
      name: "web",
      needs: ["api"],
      in: { dev: { deployed: there(4), failed: { run: "r0005", release: 5, job: "web.deploy@dev", at: 0 } } },
    },
  ],
};

const open = {
  jobs: [
    { id: "api.deploy@dev", status: "succeeded", attempts: 1, mostAttempts: 1 },
    { id: "api.deploy@prod", status: "waiting", attempts: 0, mostAttempts: 1 },
  ],
  waiting: [{ subject: "prod", kind: "elsewhere", wait: { kind: "approval", environment: "prod", reviewers: [] } }],
} as unknown as OpenRun;

const words = (marks: ReadonlyMap<string, { word: string }> | undefined) =>
  Object.fromEntries([...marks!].map(([id, { word }]) => [id, word]));

test("a pipeline says what is there and what comes, and waits for those it needs", () => {
  const graph = pipelineGraph(map, board);
  assert.deepEqual(
    graph.jobs.map(({ id, job, after }) => [id, job, after]),
    [
      ["api@dev", "release 5", []],
      ["web@dev", "release 4", ["api@dev"]],
      ["api@prod", "release 3", []],
      ["web@prod", "nothing yet", ["api@prod"]],
    ],
  );
  const { marks, notes } = mapFacts(graph, { board, open: [], release: undefined });
  assert.deepEqual(words(marks), {
    "api@dev": "deployed",
    "web@dev": "deployed",
    "api@prod": "deployed",
    "web@prod": "not yet",
  });
  assert.deepEqual(
    [...notes!].map(([id, { mark, release }]) => [id, mark.word, release]),
    [
      ["web@dev", "failed", 5],
      ["api@prod", "on its way", 5],
    ],
    "what is there is not said to have failed: the release that came after it has",
  );
});

test("a job is as it is in a run that goes on, else as it ended last", () => {
  const { marks, lit } = mapFacts(jobGraph(map), { board, open: [open], release: undefined });
  assert.deepEqual(words(marks), {
    "api.build": "passed",
    "api.deploy@dev": "passed",
    "web.deploy@dev": "failed",
    "api.deploy@prod": "needs approval",
    "web.deploy@prod": "not yet",
  });
  assert.equal(lit, undefined);
});

test("a release lights up where it has passed, and not where it never was", () => {
  const version = { release: 5, commit: "c", outputs: {}, artifacts: {} };
  const release = {
    release: 5,
    proven: ["dev"],
    visits: [],
    pipelines: [{ pipeline: "api", versions: { dev: version } }],
  } as unknown as Release;
  const { lit } = mapFacts(jobGraph(map), { board, open: [], release });
  assert.deepEqual([...lit!], ["api.build", "api.deploy@dev"]);
});

test("a wall turns from the board to what runs and back, and stays where nothing does", () => {
  const of = (run: string, status = "running") => ({ run, status });
  assert.deepEqual(wallPages([of("r1", "waiting")]), ["/?wall"]);
  const pages = wallPages([of("r9"), of("r8", "asking"), of("r7")]);
  assert.deepEqual(pages, ["/?wall", "/runs/r9?wall", "/runs/r7?wall"]);
  assert.deepEqual(
    ["/", "/runs/r9", "/runs/r7", "/runs/r3"].map((here) => afterPage(pages, here)),
    ["/runs/r9?wall", "/runs/r7?wall", "/?wall", "/?wall"],
    "a run that has ended is left for the board",
  );
  assert.equal(wallPages(Array.from({ length: 40 }, (_, at) => of(`r${at}`))).length, 6);
});
