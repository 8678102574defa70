/** Which CodePipelines there are, and that their names outlive what a delivery grows by. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { settingsSchema, type WriteOptions } from "../../../../src/platforms/codepipeline/write/options.ts";
import { type ReleaseLine, releaseLinesOf } from "../../../../src/platforms/codepipeline/write/release-lines.ts";
import {
  joinedSets,
  refuseSameLines,
  separateLines,
} from "../../../../src/platforms/codepipeline/write/separate/lines.ts";
import { tries } from "../../../lane/depth.ts";

const options: WriteOptions = {
  layout: "separate",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse({}),
};
const around = (built: Delivery) => ({ delivery: built, options });
const linesOf = (built: Delivery): ReleaseLine[] => separateLines(releaseLinesOf(built), around(built));
const setsOf = (built: Delivery) => joinedSets(releaseLinesOf(built), around(built));
const namesOf = (built: Delivery) => linesOf(built).map(({ joined, name }) => `${joined?.does ?? "own"} ${name}`);

const apply = { deploys: true, steps: [sh("./apply.sh")] };
const environments = [env("dev", { branch: "main" }), env("prod", { after: "dev" })];
const infra = pipeline("infra", { jobs: { apply } });
const web = pipeline("web", { needs: [infra], jobs: { apply } });
const docs = pipeline("docs", { jobs: { apply } });

test("joined pipelines are built apart and deployed by one for each environment; others keep a line of their own", () => {
  assert.deepEqual(namesOf(delivery("shop", { pipelines: [infra, docs, web], environments })), [
    "builds shop-infra-main",
    "builds shop-web-main",
    "deploys shop-infra-to-dev",
    "deploys shop-infra-to-prod",
    "own shop-docs-main",
  ]);
  const [building, , deploying] = linesOf(delivery("shop", { pipelines: [infra, docs, web], environments }));
  assert.deepEqual(building!.environments, []);
  assert.deepEqual(
    deploying!.pipelines.map(({ name }) => name),
    ["infra", "web"],
  );
});

test("a second branch, another pipeline and another environment rename nothing", () => {
  const before = namesOf(delivery("shop", { pipelines: [infra, web], environments }));
  const grown = delivery("shop", {
    pipelines: [infra, web, docs, pipeline("admin", { needs: [web], jobs: { apply } })],
    environments: [...environments, env("lab", { branch: "develop" }), env("late", { after: "prod" })],
  });
  for (const name of before) assert.ok(namesOf(grown).includes(name), name);
});

test("a concurrency group in one environment joins, in several it does not", () => {
  const locked = (name: string, group: string) =>
    pipeline(name, { jobs: { apply: { ...apply, concurrency: { group } } } });
  const shared = delivery("shop", { pipelines: [locked("one", "db"), docs, locked("two", "db")], environments });
  assert.deepEqual(setsOf(shared), [["one", "two"], ["docs"]]);
  const apart = delivery("shop", { pipelines: [locked("one", "a"), locked("two", "b")], environments });
  assert.deepEqual(setsOf(apart), [["one"], ["two"]]);
});

test("what is joined on one branch is joined on each, because the builds are the same files", () => {
  const built = delivery("shop", {
    pipelines: [infra, pipeline("web", { needs: [infra], branches: ["main"], jobs: { apply } })],
    environments: [env("lab", { branch: "develop" }), ...environments],
  });
  assert.deepEqual(namesOf(built), [
    "builds shop-infra-develop",
    "deploys shop-infra-to-lab",
    "builds shop-infra-main",
    "builds shop-web-main",
    "deploys shop-infra-to-dev",
    "deploys shop-infra-to-prod",
  ]);
});

test("a concurrency group of what is built apart is refused", () => {
  const build = { per: "release" as const, steps: [sh("make")], concurrency: { group: "licence" } };
  const built = delivery("shop", {
    pipelines: [pipeline("one", { jobs: { build } }), pipeline("two", { jobs: { build } })],
    environments,
  });
  assert.throws(() => linesOf(built), /the concurrency group licence has jobs of one and two/);
});

test("two CodePipelines of one name are refused", () => {
  const twins = delivery("shop", {
    pipelines: [docs],
    environments: [env("dev", { branch: "a/b" }), env("test", { branch: "a-b" })],
  });
  assert.throws(() => refuseSameLines(linesOf(twins)), /two CodePipelines would be called shop-docs-a-b/);
});

test("whatever the needs: each pipeline is in one set, with all that it needs, after it; no two sets touch", () => {
  const shape = fc.array(fc.array(fc.nat({ max: 7 }), { maxLength: 2 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(shape, (needs) => {
      const all: ReturnType<typeof pipeline>[] = [];
      for (const [index, wanted] of needs.entries()) {
        const own = [...new Set(wanted)].filter((need) => need < index).map((need) => all[need]!);
        all.push(pipeline(`p${index}`, { needs: own, jobs: { apply } }));
      }
      const built = delivery("shop", { pipelines: all as unknown as (typeof docs)[], environments });
      const sets = setsOf(built);
      assert.deepEqual(sets.flat().sort(), built.pipelines.map(({ name }) => name).sort());
      for (const set of sets) {
        for (const [index, name] of set.entries()) {
          const one = built.pipelines.find((candidate) => candidate.name === name)!;
          for (const need of one.needs) assert.ok(set.indexOf(need) !== -1 && set.indexOf(need) < index);
          // Nobody is in a set without a reason.
          const neighbours = built.pipelines.filter(
            (other) => other.needs.includes(name) || one.needs.includes(other.name),
          );
          assert.equal(set.length > 1, neighbours.length > 0);
        }
      }
    }),
    tries(500),
  );
});
