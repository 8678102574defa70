import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { storefrontFiles } from "./deliveries.ts";
import { sandbox } from "./sandbox.ts";

const action = (name: string, category: string, provider: string) => ({
  name,
  actionTypeId: { category, owner: "AWS", provider, version: "1" },
  configuration: provider === "CodeBuild" ? { ProjectName: "old" } : {},
});
const old = {
  pipeline: {
    name: "old-shop",
    stages: [
      { name: "Source", actions: [action("Get", "Source", "CodeCommit")] },
      { name: "Build", actions: [action("Synth", "Build", "CodeBuild")] },
    ],
  },
};
const files = { ...storefrontFiles, "before/pipeline.json": JSON.stringify(old) };

interface CostJson {
  version: number;
  before: { usd: number; lines: { usd: number; quantity: number; price: string }[] };
  after: { usd: number; lines: { usd: number; quantity: number; price: string }[] };
  differenceUsd: number;
  pipelines: { after: { actions: { names: string[]; basis: string; minutes: number }[] }[] };
  assumptions: string[];
}

/** Cents of an amount as the table shows it. */
const cents = (text: string) =>
  text === "–" || text === "<$0.01" ? 0 : Math.round(Number(text.replace("$", "")) * 100);

test("before and after stand side by side, and every column adds up", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  const { code, stdout, stderr } = await box.baton("cost", "--against", "before/pipeline.json", "--no-free-tier");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^storefront on CodePipeline, layout single: \$\d+\.\d\d a month, before \$\d+\.\d\d$/m);
  assert.match(stdout, /old-shop +\$1\.00 +– +-\$1\.00 +V1, active/);
  const rows = stdout.matchAll(/^( *)(\S.*?) {2,}(\S+) {2,}(\S+) {2,}([+-]?\$\S+)(?: |$)/gm);
  const sums = { part: [0, 0, 0], service: [0, 0, 0], total: [0, 0, 0] };
  for (const [, indent, label, ...amounts] of rows) {
    const kind = label === "total" ? "total" : indent === "" ? "service" : "part";
    amounts.forEach((amount, at) => {
      sums[kind][at]! += cents(amount);
    });
  }
  assert.ok(sums.total[1]! > 0);
  assert.deepEqual([sums.part, sums.service], [sums.total, sums.total]);
  for (const head of ["assumptions", "prices of us-east-1", "not counted"])
    assert.match(stdout, new RegExp(`^${head}`, "m"));
});

test("what ran here is measured, what is given holds, and JSON has it all", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  await box.baton("run");
  const json = await box.json<CostJson>("cost", "--against", "before", "--minutes", "web.test=9", "--runs", "30");
  assert.equal(json.version, 1);
  const basis = Object.fromEntries(json.pipelines.after[0]!.actions.map((one) => [one.names[0], one.basis]));
  assert.equal(basis["infra.apply@dev"], "measured");
  assert.equal(basis["infra.apply@prod"], "measured", "as in dev");
  assert.equal(basis["web.test@Build"], "given");
  assert.equal(basis["storefront/repository"], "assumed");
  assert.equal(basis["storefront/approve-prod"], "free");
  const millionths = (usd: number) => Math.round(usd * 1e6);
  for (const bill of [json.before, json.after]) {
    assert.equal(
      bill.lines.reduce((sum, { usd }) => sum + millionths(usd), 0),
      millionths(bill.usd),
    );
  }
  assert.equal(millionths(json.differenceUsd), millionths(json.after.usd) - millionths(json.before.usd));
  assert.equal(json.before.lines.find(({ price }) => price === "codebuild.general1.small")!.quantity, 90);
  const fewer = await box.json<CostJson>("cost", "--against", "before", "--minutes", "web.test=9", "--runs", "10");
  assert.ok(fewer.after.usd < json.after.usd);
  assert.match(json.assumptions.join("\n"), /median of its last five successes/);
});

test("settings say what holds for a team, and the command line what holds now", fullDepth(), async (t) => {
  const settings =
    "cost: { runs: { default: 10, old-shop: 4 }, region: eu-central-1, prices: { codebuild.general1.small: 1 }, freeTier: false }\n";
  const box = sandbox(t, { files: { ...files, "baton.codepipeline.yaml": settings } });
  const { stdout } = await box.baton("cost", "--against", "before", "--runs", "2");
  assert.match(stdout, /old-shop +\$12\.00 .* 4 × 3 min in 1 build/);
  assert.match(stdout, /runs a month: old-shop 4, storefront 2/);
  const alone = await box.baton("cost");
  assert.match(alone.stdout, /the settings also speak of old-shop, which is not here/);
  assert.match(stdout, /prices of eu-central-1/);
  assert.match(stdout, /codebuild\.general1\.small +\$1 a minute\n/);
  assert.equal((await box.baton("generate", "codepipeline")).code, 0, "the same file holds for both");
  const again = await box.baton("cost", "--against", ".");
  assert.doesNotMatch(again.stdout, /storefront +\$\S+ +\$/, "what Baton wrote is not what was before");
});

test("pipelines in Terraform's own language are compared with as well", fullDepth(), async (t) => {
  const terraform = `
resource "aws_codepipeline" "old" {
  name     = "old-shop"
  role_arn = "arn:aws:iam::111122223333:role/any"
  artifact_store {
    type     = "S3"
    location = "any"
  }
  stage {
    name = "Source"
    action {
      name             = "Get"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeCommit"
      version          = "1"
      output_artifacts = ["S"]
    }
  }
  stage {
    name = "Build"
    action {
      name            = "Synth"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["S"]
      configuration   = { ProjectName = aws_codebuild_project.old.name }
    }
  }
}
resource "aws_codebuild_project" "old" {
  name = "old"
  environment {
    type         = "LINUX_CONTAINER"
    compute_type = "BUILD_GENERAL1_MEDIUM"
    image        = "any"
  }
}
`;
  const box = sandbox(t, { files: { ...storefrontFiles, "before/main.tf": terraform } });
  const { stdout, stderr } = await box.baton("cost", "--against", "before", "--no-free-tier");
  assert.match(stdout, /old-shop +\$1\.00 +– +-\$1\.00 +V1, active/, stderr);
  assert.match(stdout, /old-shop +\$0\.60 .* 20 × 3 min in 1 build, general1\.medium/);
});

test("wrong use is said, with the way out", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  mkdirSync(join(box.root, "empty"));
  const refusals: [string[], RegExp][] = [
    [["--runs", "many"], /--runs many: is no number[\s\S]*--runs NAME=20/],
    [["--runs", "storefrnt=3"], /there is no CodePipeline storefrnt; did you mean storefront\?/],
    [["--minutes", "web.tst=3"], /there is no job or action web\.tst; did you mean web\.test\?/],
    [["--against", "nowhere"], /--against nowhere: is not there/],
    [["--against", "empty"], /no CodePipeline is in there[\s\S]*get-pipeline or terraform show -json/],
    [["--against", "baton.config.ts"], /no CodePipeline is in there/],
    [["--layout", "round"], /there is no such layout/],
  ];
  for (const [args, message] of refusals) {
    const { code, stderr } = await box.baton("cost", ...args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.match(stderr, message);
  }
  writeFileSync(join(box.root, "baton.codepipeline.yaml"), "cost: { prices: { gold: 1 } }\n");
  const { code, stderr } = await box.baton("cost");
  assert.equal(code, 2);
  assert.match(stderr, /baton\.codepipeline\.yaml is not accepted:[\s\S]*gold/);
});
