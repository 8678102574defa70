/** What the function is told of a delivery. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, env, pipeline, sh, when } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import type { JobPlace } from "../../../../src/platforms/codepipeline/write/job-place.ts";
import { settingsSchema, type WriteOptions } from "../../../../src/platforms/codepipeline/write/options.ts";
import { releaseLinesOf } from "../../../../src/platforms/codepipeline/write/release-lines.ts";
import { separateLines } from "../../../../src/platforms/codepipeline/write/separate/lines.ts";
import { releasesPlan } from "../../../../src/platforms/codepipeline/write/separate/plan.ts";
import { isLeftOut } from "../../../../src/platforms/codepipeline/write/stage-parts.ts";

const options: WriteOptions = {
  layout: "separate",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse({}),
};

function planOf(built: Delivery) {
  const lines = separateLines(releaseLinesOf(built), { delivery: built, options });
  return releasesPlan(lines.map((line) => ({ line, places: placesOf(built, line) })));
}

function placesOf(built: Delivery, line: JobPlace["line"]): JobPlace[] {
  return line.pipelines.flatMap((one) =>
    Object.entries(one.jobs).flatMap(([name, job]) =>
      (job.per === "release" ? [undefined] : line.environments)
        .map((environment): JobPlace => ({ delivery: built, options, line, pipeline: one, name, job, environment }))
        .filter((place) => !isLeftOut(place)),
    ),
  );
}

const apply = { deploys: true, steps: [sh("./apply.sh")] };
const network = pipeline("network", { paths: ["network/**", "!**/*.md"], jobs: { apply } });
const image = pipeline("image", { needs: [network], jobs: { build: { per: "release", steps: [sh("make")] } } });
const smoke = pipeline("smoke", {
  needs: [image],
  jobs: { apply: { ...apply, condition: when.environment("dev") } },
});
const docs = pipeline("docs", { jobs: { apply } });
const built = delivery("shop", {
  pipelines: [network, image, smoke, docs],
  environments: [
    env("dev", { branch: "main" }),
    env("test", { after: "dev" }),
    env("prod", { after: "test", approval: { reviewers: ["ada"] } }),
  ],
});

test("sets with what builds and deploys them; lines of their own are not in it", () => {
  const plan = planOf(built);
  assert.deepEqual(Object.keys(plan.sets), ["network@main"]);
  const { members, environments } = plan.sets["network@main"]!;
  assert.deepEqual(
    members.map(({ name, needs, codepipeline }) => [name, needs, codepipeline]),
    [
      ["network", [], "shop-network-main"],
      ["image", ["network"], "shop-image-main"],
      ["smoke", ["image"], "shop-smoke-main"],
    ],
  );
  assert.deepEqual(
    environments.map(({ name, after, codepipeline, approval }) => [name, after, codepipeline, approval?.stage]),
    [
      ["dev", [], "shop-network-to-dev", undefined],
      ["test", ["dev"], "shop-network-to-test", undefined],
      ["prod", ["test"], "shop-network-to-prod", "Approve-prod"],
    ],
  );
});

test("an environment without a job of the set is passed over: what comes after it comes after those before it", () => {
  const only = pipeline("only", { jobs: { apply: { ...apply, condition: when.environment("dev", "prod") } } });
  const more = pipeline("more", { needs: [only], jobs: { build: { per: "release", steps: [sh("make")] } } });
  const { environments } = planOf(
    delivery("shop", {
      pipelines: [only, more],
      environments: [env("dev", { branch: "main" }), env("test", { after: "dev" }), env("prod", { after: "test" })],
    }),
  ).sets["only@main"]!;
  assert.deepEqual(
    environments.map(({ name, after }) => [name, after]),
    [
      ["dev", []],
      ["prod", ["dev"]],
    ],
  );
});

test("paths as the function reads them", () => {
  const [first] = planOf(built).sets["network@main"]!.members;
  const belongs = (file: string) => {
    const last = first!.paths.findLast(([, pattern]) => new RegExp(pattern, "su").test(file));
    return last?.[0] === "with";
  };
  assert.deepEqual(["network/a.tf", "network/a.md", "web/a.tf"].map(belongs), [true, false, false]);
});
