/** One delivery means the same everywhere: it is run here, and written for every target in every layout and format. */

import assert from "node:assert/strict";
import { chmodSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { titledFiles } from "../cli/console-blocks.ts";
import { sandbox } from "../cli/sandbox.ts";
import { isFull } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";

const root = new URL("../../", import.meta.url);

/** README's own delivery, with stand-ins for what its steps call. */
const readme: Record<string, string> = {
  ...titledFiles(readFileSync(new URL("README.md", root), "utf8")),
  "provision.sh": 'echo "site_bucket=bucket" >> "$BATON_OUTPUT"\n',
  "package.json": '{ "type": "commonjs", "scripts": { "build": "mkdir -p dist && echo page > dist/index.html" } }\n',
  "package-lock.json": '{ "lockfileVersion": 3, "packages": {} }\n',
  "bin/aws": '#!/bin/sh\ntest -f dist/index.html && echo "aws $*"\n',
};

/** Names as Terraform, CloudFormation and GitHub have them, near each other where they may be. */
const names: Record<string, string> = {
  "baton.yaml": `name: names
environments: { dev: { branch: main }, prod: { branch: live } }
pipelines:
  core_infra:
    outputs: { site_bucket: string, SiteUrl: url, api-url: url }
    jobs:
      apply_all:
        deploys: true
        steps:
          - printf 'site_bucket=b\\nSiteUrl=https://a.example\\napi-url=https://b.example\\n' >> "$BATON_OUTPUT"
  WebApp:
    needs: core_infra
    outputs: { core_infra_url: { type: url, job: deploy } }
    jobs:
      build_it: { steps: ["mkdir -p out; echo 1 > out/x"], artifacts: { web_dist: out, Map-1: out/x } }
      deploy:
        needs: build_it
        deploys: true
        uses: [web_dist, { artifact: Map-1, path: map }]
        env: { BUCKET: { output: core_infra.site_bucket }, URL: { output: core_infra.SiteUrl }, API: { output: core_infra.api-url } }
        steps:
          - test -f out/x && test -f map && test "$BUCKET $URL $API" = "b https://a.example https://b.example"
          - echo "core_infra_url=$URL" >> "$BATON_OUTPUT"
`,
};

const targets: readonly string[][] = [
  ...["orchestrated", "chained", "per-environment"].map((layout) => ["github", "--layout", layout]),
  ...["single", "separate"].flatMap((layout) =>
    ["cloudformation", "terraform", "cdk"].map((format) => ["codepipeline", "--layout", layout, "--format", format]),
  ),
];

const deliveries = [
  ["README's own delivery", readme, "develop"],
  ["a delivery whose names have underscores and capitals", names, "main"],
] as const;

for (const [what, files, from] of deliveries) {
  test(`${what} runs here`, files === readme ? {} : fullDepth(), async (t) => {
    const box = sandbox(t, { files });
    box.git("checkout", "--quiet", "-B", from);
    for (const file of Object.keys(files).filter((name) => /^bin\/|\.sh$/.test(name)))
      chmodSync(`${box.root}/${file}`, 0o755);
    box.git("add", "--all");
    box.git("commit", "--quiet", "--allow-empty", "--message", "Programs can be started");
    box.env.PATH = `${box.root}/bin:${process.env.PATH}`;
    const { code, stderr } = await box.baton("run");
    assert.equal(code, 0, stderr);
  });

  for (const target of targets) {
    const isOne = target.includes("orchestrated") || target.join(" ").endsWith("separate --format cloudformation");
    const when = files === readme && isOne ? {} : fullDepth();
    test(`${what} is written for ${target.join(" ")}`, when, async (t) => {
      const box = sandbox(t, { files });
      const { code, stdout, stderr } = await box.baton("generate", ...target);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^new /m);
      // What is written for the CDK is a program: there is nothing to check before it has run.
      if (target.includes("cdk") || !isFull) return;
      const check = await box.baton("check", ".");
      assert.equal(check.code, 0, check.stdout + check.stderr);
    });
  }
}
