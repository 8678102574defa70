import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fullDepth, needs } from "../lane/needs.ts";

const baton = join(import.meta.dirname, "../../bin/baton");

function graph(folder: string, ...args: string[]): string {
  const env = { ...process.env, NO_COLOR: "1", CI: "1" };
  const done = spawnSync(baton, ["graph", join(import.meta.dirname, folder), ...args], { encoding: "utf8", env });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

test("draws what starts what, and lists the races", () => {
  assert.equal(
    graph("err/infra-vs-app-unordered/example"),
    [
      "push to main",
      "├─ Infrastructure (infra.yml)",
      "└─ Web (web.yml) - 1 finding",
      "",
      "race  .github/workflows/infra.yml | .github/workflows/web.yml  infra-vs-app-unordered",
      "",
    ].join("\n"),
  );
});

test("a guarded completion is a gate, an unguarded one is only an order", fullDepth(), () => {
  const edge = (folder: string) =>
    JSON.parse(graph(folder, "--json")).edges.find(
      ({ from, to }: { from: string; to: string }) => from.endsWith("/ci.yml") && to.endsWith("/deploy.yml"),
    ).kind;
  assert.equal(edge("ok/no-conclusion-guard/example"), "gate");
  assert.equal(edge("err/no-conclusion-guard/example"), "order");
});

test("marks races in mermaid", () => {
  assert.match(
    graph("err/infra-vs-app-unordered/example", "--format", "mermaid"),
    /-\.->\|"race: infra-vs-app-unordered"\|/,
  );
});

test("draws workflows that start each other in a circle", fullDepth(), () => {
  assert.match(graph("err/self-or-cyclic-workflow-run/example"), /Check \(check\.yml\) - 1 finding/);
});

describe("workflows and CodePipelines are one graph", fullDepth(), () => {
  test("with stages, approvals, what starts what, and what nothing starts by itself", () => {
    assert.equal(
      graph("graph/shop"),
      [
        "push to main",
        "└─ CI (ci.yml)",
        "   └─ backend (pipelines.yml)",
        "      └─ Build: Api + Worker, then Scan",
        "         └─ approve (approval)",
        "            └─ Production: Stack",
        "               └─ web (pipelines.yml)",
        "                  └─ Deploy: Upload",
        "schedule",
        "└─ backend (pipelines.yml) ↑",
        "push to main touching docs/**",
        "└─ docs (docs.json)",
        "   └─ Deploy: Upload",
        "push of tag v*",
        "└─ docs (docs.json) ↑",
        "",
      ].join("\n"),
    );
  });

  test("--jobs unfolds workflows into jobs and stages into actions", fullDepth(), () => {
    const lines = graph("graph/shop", "--jobs").split("\n");
    assert.deepEqual(lines.slice(1, 12), [
      "└─ CI (ci.yml)",
      "   └─ test",
      "      └─ hand-over",
      "         └─ backend (pipelines.yml)",
      "            ├─ Build / Api",
      "            │  └─ Build / Scan",
      "            │     └─ approve (approval)",
      "            │        └─ Production / Stack",
      "            │           └─ web (pipelines.yml)",
      "            │              └─ Deploy / Upload",
      "            └─ Build / Worker",
    ]);
  });

  test("JSON has the hand-overs, also those that skip a stage", fullDepth(), () => {
    const { edges } = JSON.parse(graph("graph/shop", "--json")) as { edges: Record<string, string>[] };
    const backend = "infra/pipelines.yml#Backend";
    assert.deepEqual(
      edges.filter(({ from, kind }) => from!.startsWith(backend) && kind !== "gate"),
      [{ from: `${backend}/1`, to: `${backend}/3`, kind: "hand-off", label: "Api" }],
    );
    assert.deepEqual(
      edges.filter(({ to }) => to === backend).map(({ from, kind, label }) => [from, kind, label]),
      [
        [".github/workflows/ci.yml", "order", "starts"],
        ["event schedule", "order", undefined],
      ],
    );
  });

  test("races are marked between a workflow and a pipeline, and between commands of two pipelines", fullDepth(), () => {
    const race = (folder: string) => graph(`err/parallel-pipelines-one-push/${folder}`).split("\n").at(-2);
    assert.equal(race("workflow"), "race  .github/workflows/infra.yml | delivery.yml#Web  parallel-pipelines-one-push");
    assert.equal(race("events"), "race  delivery.yml#Backend | delivery.yml#Admin  parallel-pipelines-one-push");
  });

  test(
    "what also starts after a failure is an order, and says so; what a failure alone starts is an event",
    fullDepth(),
    () => {
      const edges = (folder: string) => JSON.parse(graph(folder, "--json")).edges as Record<string, string>[];
      const web = edges("err/no-conclusion-guard/failure-too").find(({ to }) => to === "delivery.yml#Web");
      assert.deepEqual([web?.kind, web?.label], ["order", "succeeded, failed"]);
      assert.match(graph("err/no-conclusion-guard/pipelines"), /\nany change of state of infra\n└─ web/);
    },
  );

  test("what is no race is not called one", fullDepth(), () => {
    assert.doesNotMatch(graph("err/trigger-misses-consumer/everything"), /race/);
  });

  test("one file alone, and a folder without any", fullDepth(), () => {
    const alone = graph("graph/shop/infra/docs.json");
    assert.match(alone, /^push to main touching docs\/\*\*\n└─ docs \(docs\.json\)\n/);
    const empty = spawnSync(baton, ["graph", import.meta.dirname, "--format", "tree"], { encoding: "utf8" });
    assert.equal(empty.status, 2);
    const nothing = spawnSync(baton, ["graph", join(import.meta.dirname, "../order")], { encoding: "utf8" });
    assert.equal(nothing.status, 2);
    assert.match(nothing.stderr, /no workflows \(\.github\/workflows\/\*\.yml\) and no CodePipelines/);
  });

  test("Graphviz reads what is drawn for it", needs("dot"), () => {
    const drawn = spawnSync("dot", ["-Tplain"], {
      input: graph("graph/shop", "--format", "dot", "--jobs"),
      encoding: "utf8",
    });
    assert.match(drawn.stdout, /"approve \(approval\)"/);
  });
});
