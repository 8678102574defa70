import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

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

test("a guarded completion is a gate, an unguarded one is only an order", () => {
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

test("draws workflows that start each other in a circle", () => {
  assert.match(graph("err/self-or-cyclic-workflow-run/example"), /Check \(check\.yml\) - 1 finding/);
});
