import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Environment } from "../../src/model/delivery.ts";
import { deploysOn, notReachedText, whyNotOn } from "../../src/model/deploys-on.ts";
import { tries } from "../lane/depth.ts";
import { environments } from "./random-environments.ts";

function environment(name: string, parts: Partial<Environment> = {}): Environment {
  return { name, after: [], variables: {}, ...parts };
}

const names = (list: readonly Environment[], branch: string) =>
  deploysOn({ environments: [...list] }, branch).map(({ name }) => name);

test("a branch for each stage: a push goes to its own, and on to what follows", () => {
  const gitFlow = [
    environment("dev", { branch: "develop" }),
    environment("test", { branch: "main" }),
    environment("prod", { after: ["test"] }),
  ];
  assert.deepEqual(names(gitFlow, "develop"), ["dev"]);
  assert.deepEqual(names(gitFlow, "main"), ["test", "prod"]);
  assert.deepEqual(names(gitFlow, "feature/x"), []);
});

test("one branch for all: a push goes through everything, in whatever order it is written", () => {
  const trunk = [
    environment("prod", { after: ["test"] }),
    environment("dev", { branch: "main" }),
    environment("test", { after: ["dev"], branch: "main" }),
  ];
  assert.deepEqual(names(trunk, "main"), ["prod", "dev", "test"]);
});

test("a push ends before what releases are promoted to by themselves, and says why", () => {
  const soaking = [
    environment("dev", { branch: "main" }),
    environment("test", { after: ["dev"], promote: { soakMs: 7_200_000 } }),
    environment("prod", { after: ["test"] }),
  ];
  assert.deepEqual(names(soaking, "main"), ["dev"]);
  const why = whyNotOn({ environments: soaking }, "prod", "main")!;
  assert.equal(
    notReachedText("prod", "main", why),
    "prod comes after test, and pushes do not deploy to test: baton serve promotes to it what was in all that comes before for 2h",
  );
});

test("nothing goes where the same push does not go through what comes before", () => {
  const list = [
    environment("dev", { branch: "develop" }),
    environment("test", { branch: "main", after: ["dev"] }),
    environment("prod", { after: ["test"] }),
  ];
  assert.deepEqual(names(list, "main"), []);
  assert.deepEqual(whyNotOn({ environments: list }, "prod", "main"), {
    kind: "behind",
    before: "test",
    because: { kind: "behind", before: "dev", because: { kind: "other-branch", branch: "develop" } },
  });
  const release = [environment("all", { branch: "**" }), environment("live", { branch: "release/**", after: ["all"] })];
  assert.deepEqual(names(release, "release/1"), ["all", "live"]);
  assert.deepEqual(names(release, "main"), ["all"]);
});

test("by hand only: no branch, and nothing before it", () => {
  const list = [environment("demo"), environment("fair", { after: ["demo"] })];
  assert.deepEqual(names(list, "main"), []);
  assert.deepEqual(whyNotOn({ environments: list }, "demo", "main"), { kind: "by-hand" });
});

test("random environments: those a push goes to are closed under `after`, and nothing that could be added is left out", () => {
  fc.assert(
    fc.property(environments, fc.constantFrom("main", "develop", "release/1"), (list, branch) => {
      const reached = new Set(names(list, branch));
      const takes = ({ branch: own, after }: Environment) =>
        own === undefined
          ? after.length > 0
          : own === branch || own === "**" || (own === "release/*" && branch === "release/1");
      for (const one of list) {
        const isReached = takes(one) && one.after.every((before) => reached.has(before));
        assert.equal(reached.has(one.name), isReached, `${one.name} on ${branch}`);
      }
    }),
    tries(100),
  );
});
