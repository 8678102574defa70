/** Releases of a set from a push to production, with everything as it is written out, against the emulator. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Infrastructure } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { snakeCase } from "../../../../src/platforms/codepipeline/write/terraform/values.ts";
import { type Emulator, startEmulator } from "../../../aws/emulator.ts";
import { terraformEnv } from "../../../generate/machine/terraform.ts";
import { fullDepth, emulator as onEmulator } from "../../../lane/needs.ts";
import { applyPipelines, forEmulator, placeFiles, runTerraform } from "../write/applied-terraform.ts";
import { write } from "../write/written.ts";
import { SetsAtWork } from "./at-work.ts";

/** Every deployment is a line in a file of its environment. */
const infra = pipeline("infra", {
  paths: ["infra/**"],
  outputs: { config: "string" },
  jobs: {
    apply: {
      deploys: true,
      steps: [
        sh(`echo "infra $(cat infra/version)" >> "$WORLD/$BATON_ENVIRONMENT"
          test "$(cat infra/version)" != broken
          cp infra/config "$WORLD/config-sent"
          sed s/^/planned-/ infra/version > infra/plan
          { echo 'config<<END'; cat infra/config; echo; echo END; } >> "$BATON_OUTPUT"`),
      ],
      artifacts: { plan: "infra/plan" },
    },
  },
});
const web = pipeline("web", {
  needs: [infra],
  paths: ["web/**"],
  jobs: {
    build: {
      per: "release",
      steps: [sh('mkdir -p web/dist && cp web/page web/dist/ && echo "$RANDOM$RANDOM" > web/dist/bytes')],
      artifacts: { dist: "web/dist" },
    },
    deploy: {
      needs: ["build"],
      deploys: true,
      uses: ["dist", infra.artifacts.plan],
      env: { CONFIG: infra.outputs.config },
      steps: [
        sh(`printf %s "$CONFIG" > "$WORLD/config-$BATON_ENVIRONMENT"
          cp web/dist/bytes "$WORLD/bytes-$BATON_ENVIRONMENT"
          echo "web $(cat web/dist/page) on $(cat infra/plan)" >> "$WORLD/$BATON_ENVIRONMENT"`),
      ],
    },
  },
});
const built = delivery("shop", {
  pipelines: [infra, web],
  environments: [env("dev", { branch: "main" }), env("prod", { after: "dev", approval: { reviewers: ["ops"] } })],
});
const settings = { permissions: { "infra.apply": [], "web.deploy": [] } };

/** Names of what Terraform has made, by logical ids. */
async function applied(infrastructure: Infrastructure, { emulator, folder }: { emulator: Emulator; folder: string }) {
  const { files } = write(built, settings, { layout: "separate", format: "terraform" });
  const module = placeFiles(join(folder, "terraform"), forEmulator(files, { withLifecycle: "no" }));
  const env = { ...emulator.env, ...terraformEnv(folder) };
  applyPipelines(module, { env, repository: "owner/shop" });
  const { values } = JSON.parse(runTerraform(module, env, "show", "-json")) as {
    values: {
      root_module: { resources: { name: string; values: { bucket?: string; name?: string; arn?: string } }[] };
    };
  };
  return new Map(
    infrastructure.resources.flatMap(({ id }) => {
      const found = values.root_module.resources.find(({ name }) => name === snakeCase(id))?.values;
      const name = found?.bucket ?? found?.name ?? found?.arn;
      return name === undefined ? [] : [[id, name] as const];
    }),
  );
}

for (const format of ["cloudformation", "terraform"] as const)
  test(
    `${format}: a set is delivered as its records say: the same bytes everywhere, nobody again for nothing, back as a whole`,
    fullDepth(...onEmulator, "jq", ...(format === "terraform" ? (["terraform"] as const) : [])),
    async (t) => {
      await using emulator = await startEmulator();
      const folder = mkdtempSync(join(tmpdir(), "baton-set-"));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const world = join(folder, "world");
      mkdirSync(world);
      const infrastructure = lowerDelivery(built, {
        layout: "separate",
        format,
        root: "",
        folder: "codepipeline",
        settings: settingsSchema.parse(settings),
      });
      const there = format === "terraform" ? await applied(infrastructure, { emulator, folder }) : undefined;
      const at = await SetsAtWork.of({
        infrastructure,
        emulator,
        folder,
        env: { WORLD: world },
        ...(there && { there }),
      });
      const read = (name: string) => readFileSync(join(world, name), "utf8");
      const files = (version: string, page: string) => ({
        "infra/version": version,
        "infra/config": `{"quoted": "it's \\"$HOME\\" \`x\`"}\nsecond line\n\n`,
        "web/page": page,
      });
      const [buildsInfra, buildsWeb] = ["shop-infra-main", "shop-web-main"];

      await at.push("c1", files("v1", "p1"), [buildsInfra!, buildsWeb!]);
      await at.settle();
      assert.deepEqual(
        at.runs.filter(({ status }) => status !== "Succeeded").map((run) => [run.codepipeline, run.reason]),
        [],
      );
      const first = "infra v1\nweb p1 on planned-v1\n";
      assert.deepEqual([read("dev"), read("prod")], [first, first]);
      assert.equal(read("bytes-dev"), read("bytes-prod"));
      assert.equal(read("config-prod"), read("config-sent"));
      assert.deepEqual(at.told, ["dev: release 1 of infra@main", "prod: release 1 of infra@main"]);

      // Only the site is new.
      const except = ["shop-infra-to-prod"];
      await at.push("c2", files("v1", "p2"), [buildsWeb!]);
      await at.settle({ except });
      assert.equal(read("dev"), `${first}web p2 on planned-v1\n`);
      const last = at.runs.findLast(({ codepipeline }) => codepipeline === "shop-infra-to-dev")!;
      assert.match(last.output, /infra stays as it is in dev: nothing here is new to it/);

      // What does not deploy is taken back, and production never hears of it.
      await at.push("c3", files("broken", "p2"), [buildsInfra!]);
      await at.settle();
      assert.equal(read("dev").split("\n").slice(-4).join("\n"), "infra broken\ninfra v1\nweb p2 on planned-v1\n");
      assert.deepEqual(
        at.runs.flatMap(({ codepipeline, release }) => (codepipeline === "shop-infra-to-prod" ? [release] : [])),
        ["next", "next"],
        "one for the first release and one for the second",
      );
      assert.ok(!at.told.some((subject) => subject.includes("release 3")));
    },
  );
