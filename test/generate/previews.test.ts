/** The way of previews, from the pull request to nothing that is left: generated workflows, run with real git, bash and Terraform. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadYaml } from "../../src/model/load-yaml.ts";
import { neededSettings } from "../../src/platforms/github/settings/needed.ts";
import { writeWorkflows } from "../../src/platforms/github/write/write.ts";
import { fullDepth } from "../lane/needs.ts";
import { machine } from "./machine/machine.ts";
import { good } from "./machine/shop.ts";

// Terraform destroys the folder with rmdir: it must be empty by then, so what was put there is removed before.
const terraform = `
variable "name" { type = string }
resource "terraform_data" "place" {
  input = var.name
  provisioner "local-exec" { command = "mkdir $PLACES/\${self.input}" }
  provisioner "local-exec" {
    when    = destroy
    command = "rmdir $PLACES/\${self.input}"
  }
}
output "place" { value = terraform_data.place.output }
terraform {
  backend "local" {}
}
`;

const definition = `name: shop
environments:
  preview: { preview: true }
  dev: { branch: main }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { place: string }
    jobs:
      apply:
        deploys: true
        workingDirectory: infra
        env: { TF_VAR_name: [site-, { context: environment }] }
        steps:
          - terraform init -input=false -backend-config="path=$STATES/$BATON_ENVIRONMENT.tfstate"
          - terraform apply -auto-approve -input=false
          - echo "place=$(terraform output -raw place)" >> "$BATON_OUTPUT"
        remove: >-
          terraform init -input=false -backend-config="path=$STATES/$BATON_ENVIRONMENT.tfstate" &&
          terraform destroy -auto-approve -input=false
  web:
    needs: infra
    paths: ["web/**"]
    jobs:
      build: { per: release, steps: ["mkdir dist && cp web/version dist/"], artifacts: { dist: dist } }
      deploy:
        needs: build
        deploys: true
        uses: [dist]
        steps:
          - { run: 'cp dist/version "$PLACES/$PLACE/"', env: { PLACE: { output: infra.place } } }
        remove: test ! -e "$PLACES/locked" && rm -f "$PLACES/site-$BATON_ENVIRONMENT/version"
`;

test(
  "each pull request has its own, follows its commits, and is gone when it is closed; what was held up goes the next day",
  fullDepth("gh", "jq", "zip", "unzip", "tar", "terraform"),
  (t) => {
    const loaded = loadYaml(definition, "baton.yaml");
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const options = { layout: "orchestrated" } as const;
    const env: Record<string, string> = { CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" };
    const it = machine(t, {
      workflows: writeWorkflows(loaded.value, options),
      files: { "infra/main.tf": terraform, "web/version": "one" },
      env,
      settings: neededSettings(loaded.value, options),
    });
    const places = join(it.shop.scratch, "places");
    const states = join(it.shop.scratch, "states");
    for (const folder of [places, states]) mkdirSync(folder);
    Object.assign(env, { PLACES: places, STATES: states });
    const content = (name: string) => readFileSync(join(places, name, "version"), "utf8");
    const resources = (name: string) =>
      (JSON.parse(readFileSync(join(states, `${name}.tfstate`), "utf8")) as { resources: unknown[] }).resources.length;
    const standsFor = (name: string) =>
      it.shop.github.control.deploymentStates("team/shop").find((one) => one.environment === name)!.states[0];

    good(it.push("main"), it);
    it.commit({ "web/version": "two" }, "feature");
    good(it.pullRequest("main", { number: 17 }), it);
    it.commit({ "web/version": "other" }, "another");
    good(it.pullRequest("main", { number: 18, from: "another" }), it);
    assert.deepEqual(readdirSync(places), ["site-dev", "site-preview-17", "site-preview-18"]);
    assert.deepEqual([content("site-dev"), content("site-preview-17")], ["one", "two"]);
    // It takes its change back, and its preview follows.
    it.commit({ "web/version": "one", "notes.md": "x" }, "feature");
    good(it.pullRequest("main", { number: 17, action: "synchronize" }), it);
    assert.equal(content("site-preview-17"), "one");

    const closed = it.pullRequest("main", { number: 17, action: "closed" });
    assert.deepEqual(
      closed.map(({ file }) => file),
      [".github/workflows/shop-removal.yml"],
    );
    good(closed, it);
    assert.deepEqual(readdirSync(places), ["site-dev", "site-preview-18"]);
    assert.deepEqual([resources("preview-17"), resources("preview-18"), resources("dev")], [0, 1, 1]);
    assert.equal(standsFor("preview-17"), "inactive");
    assert.equal(standsFor("preview-18"), "success");

    // What comes after what could not be removed stays, and everything is known for the next day.
    writeFileSync(join(places, "locked"), "");
    const [held] = it.pullRequest("main", { number: 18, from: "another", action: "closed" });
    assert.equal(held!.conclusion, "failure");
    assert.equal(held!.jobs.get("infra__apply"), "skipped");
    assert.equal(resources("preview-18"), 1);
    rmSync(join(places, "locked"));
    const daily = it.schedule("shop-removal.yml");
    assert.equal(daily.conclusion, "success", it.shop.log.join("\n"));
    assert.equal(daily.followers.length, 1);
    good(daily.followers, it);
    assert.deepEqual(readdirSync(places), ["site-dev"]);
    assert.equal(standsFor("preview-18"), "inactive");
    assert.equal(it.schedule("shop-removal.yml").followers.length, 0, "nothing is left to start");
    // Opened again, it is there again.
    good(it.pullRequest("main", { number: 18, from: "another", action: "reopened" }), it);
    assert.ok(existsSync(join(places, "site-preview-18")));
  },
);
