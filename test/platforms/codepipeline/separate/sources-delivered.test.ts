/** From a version of an archive in a bucket to its deployment in every environment, with everything as it is written out, against the emulator. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { startEmulator } from "../../../aws/emulator.ts";
import { fullDepth, emulator as onEmulator } from "../../../lane/needs.ts";
import { SetsAtWork } from "./at-work.ts";
import { objectOf } from "./repositories.ts";

const builds = (name: string) => ({
  per: "release" as const,
  steps: [sh(`mkdir -p out && cp ${name}/text out/`)],
  artifacts: { out: "out" },
});
const deploys = (name: string) => ({
  needs: ["build" as const],
  deploys: true,
  uses: ["out" as const],
  steps: [sh(`echo "${name} $(cat out/text) of $BATON_COMMIT" >> "$WORLD/$BATON_ENVIRONMENT"`)],
});
const infra = pipeline("infra", { paths: ["infra/**"], jobs: { build: builds("infra"), deploy: deploys("infra") } });
const web = pipeline("web", {
  needs: [infra],
  paths: ["web/**"],
  jobs: { build: builds("web"), deploy: deploys("web") },
});
const built = delivery("shop", {
  pipelines: [infra, web],
  environments: [env("dev", { branch: "main" }), env("prod", { after: "dev", approval: { reviewers: ["ops"] } })],
});

test(
  "a new version of an archive goes through dev to production, and what it leaves as it was is not deployed again",
  fullDepth(...onEmulator, "jq", "zip"),
  async (t) => {
    await using emulator = await startEmulator();
    const folder = mkdtempSync(join(tmpdir(), "baton-source-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const world = join(folder, "world");
    mkdirSync(world);
    const archive = await objectOf(emulator, { bucket: "sources", key: "main.zip", folder });
    const infrastructure = lowerDelivery(built, {
      ...{ layout: "separate", format: "cloudformation", root: "", folder: "codepipeline" },
      settings: settingsSchema.parse({
        source: { type: "s3", key: "${branch}.zip" },
        permissions: { "infra.deploy": [], "web.deploy": [] },
      }),
    });
    const at = await SetsAtWork.of({ infrastructure, emulator, folder, env: { WORLD: world }, repository: archive });
    const read = (name: string) => readFileSync(join(world, name), "utf8");

    const first = await archive.put({ "infra/text": "i1", "web/text": "w1" });
    const v1 = archive.newest();
    assert.deepEqual((await at.hear(first)).sort(), ["shop-infra-main", "shop-web-main"]);
    await at.settle();
    const failed = () =>
      at.runs.filter(({ status }) => status !== "Succeeded").map((run) => [run.codepipeline, run.reason]);
    assert.deepEqual(failed(), []);
    assert.deepEqual([read("dev"), read("prod")], Array(2).fill(`infra i1 of ${v1}\nweb w1 of ${v1}\n`));

    // Nothing tells which files are new: all are built, and compared with what is there.
    const second = await archive.put({ "infra/text": "i1", "web/text": "w2" });
    const v2 = archive.newest();
    await at.hear(second);
    await at.settle();
    assert.deepEqual(failed(), []);
    assert.deepEqual(
      [read("dev"), read("prod")],
      Array(2).fill(`infra i1 of ${v1}\nweb w1 of ${v1}\nweb w2 of ${v2}\n`),
    );
    assert.deepEqual(
      at.told,
      ["dev", "prod", "dev", "prod"].map((name, n) => `${name}: release ${n < 2 ? 1 : 2} of infra@main`),
    );

    // Another object is nobody's source.
    const other = JSON.parse(JSON.stringify(second).replace("main.zip", "develop.zip")) as object;
    assert.deepEqual(await at.hear(other), []);
  },
);
