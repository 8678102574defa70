import assert from "node:assert/strict";
import { test } from "node:test";
import { sandbox } from "../../../cli/sandbox.ts";
import { fullDepth } from "../../../lane/needs.ts";

const definition = `name: shop
environments: { dev: { branch: main }, prod: { after: dev, approval: { reviewers: [owners] } } }
pipelines:
  web:
    paths: [web/**]
    workingDirectory: web
    jobs:
      build: { per: release, steps: [npm test], artifacts: { dist: dist } }
      deploy: { needs: build, deploys: true, uses: [dist], env: { TOKEN: { secret: TOKEN } }, steps: [./deploy.sh] }
`;
const template = "codepipeline/pipeline.yaml";

test("writes the template and the buildspecs, changes nothing the second time, and notices drift", async (t) => {
  const repo = sandbox(t, { files: { "baton.yaml": definition } });
  const first = await repo.baton("generate", "codepipeline");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^new +codepipeline\/pipeline\.yaml$/m);
  assert.match(first.stdout, /^new +codepipeline\/buildspecs\/web-deploy\.yml$/m);
  assert.match(first.stderr, /pull requests start no CodePipeline: check web/);
  assert.match(first.stderr, /aws cloudformation deploy --stack-name shop-pipelines/);
  assert.equal((await repo.baton("generate", "codepipeline", "--check")).code, 0);
  const checked = await repo.baton("check", template);
  assert.equal(checked.code, 0, checked.stdout);
  assert.match(checked.stderr, /nothing found in 1 pipeline/);
  repo.write({ [template]: repo.read(template).replace("QUEUED", "PARALLEL") });
  const stale = await repo.baton("generate", "codepipeline", "--check");
  assert.equal(stale.code, 1);
  assert.match(stale.stdout, /^- +ExecutionMode: PARALLEL\n\+ +ExecutionMode: QUEUED$/m);
});

test("a definition below the top of its repository finds its files in the source", fullDepth(), async (t) => {
  const repo = sandbox(t, { files: { "shops/one/baton.yaml": definition } });
  const result = await repo.baton(
    "generate",
    "codepipeline",
    "--config",
    "shops/one/baton.yaml",
    "--out",
    "shops/one/aws",
  );
  assert.equal(result.code, 0, result.stderr);
  const text = repo.read("shops/one/aws/pipeline.yaml");
  assert.match(text, /Includes: \[ shops\/one\/web\/\*\* \]/);
  assert.match(text, /BuildSpec: shops\/one\/aws\/buildspecs\/web-build\.yml/);
  assert.match(repo.read("shops/one/aws/buildspecs/web-build.yml"), /cd "\$\{CODEBUILD_SRC_DIR\}\/shops\/one\/web"/);
});

test("a template that is too large to be handed over as it is goes by way of a bucket", fullDepth(), async (t) => {
  const jobs = Array.from({ length: 20 }, (_, index) => `      j${index}: { deploys: true, steps: [./deploy.sh] }`);
  const repo = sandbox(t, { files: { "baton.yaml": `${definition}\n${jobs.join("\n")}\n`.replace(/\n\n/g, "\n") } });
  const { code, stderr } = await repo.baton("generate", "codepipeline");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /--template-file codepipeline\/pipeline\.yaml --s3-bucket …/);
});

test("wrong use is said, with the place and the way out", fullDepth(), async (t) => {
  const repo = sandbox(t, { files: { "baton.yaml": definition } });
  const refusals: [string[], RegExp, Record<string, string>?][] = [
    [["--layout", "round"], /--layout round: there is no such layout[\s\S]*use single/],
    [["--format", "yaml"], /--format yaml: there is no such format[\s\S]*use cloudformation, terraform, cdk/],
    [["--out", "../elsewhere"], /--out \.\.\/elsewhere: is not a folder below the definition's/],
    [[], /baton\.codepipeline\.yaml is not accepted:[\s\S]*rollbak/, { "baton.codepipeline.yaml": "rollbak: stage\n" }],
    [
      [],
      /permissions to web\.deplo, and the delivery has no such job[\s\S]*web\.build, web\.deploy/,
      { "baton.codepipeline.yaml": "permissions: { web.deplo: [] }\n" },
    ],
    [
      [],
      /alarms of prd, and the delivery has no such environment/,
      { "baton.codepipeline.yaml": "alarms: { prd: [errors] }\n" },
    ],
  ];
  for (const [args, message, files = {}] of refusals) {
    repo.write(files);
    const { code, stderr } = await repo.baton("generate", "codepipeline", ...args);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
  assert.equal(repo.exists(template), false);
});
