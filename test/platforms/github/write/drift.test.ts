/** Whether environments are still as they were deployed: who is started where, what the jobs that look are given, what their words mean. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { writer as codepipeline } from "../../../../src/platforms/codepipeline/write/writer.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { layouts, type WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";
import { programBox } from "./program.ts";

const definition = `name: shop
environments:
  test: { branch: main }
  prod: { after: test }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { bucket: string }
    jobs:
      build: { per: release, steps: [./build.sh], artifacts: { code: out } }
      apply:
        needs: build
        uses: [code]
        deploys: true
        workingDirectory: infra
        tools: [terraform, aws]
        env: { TF_VAR_token: { secret: TOKEN } }
        steps: [./apply.sh]
        drift: terraform plan -detailed-exitcode
  web:
    needs: infra
    paths: ["web/**"]
    jobs:
      deploy: { deploys: true, env: { BUCKET: { output: infra.bucket } }, steps: [./deploy.sh], drift: ./same.sh }
`;

const load = (text: string) => {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
};

const write = (layout: WriteOptions["layout"], text = definition) => writeWorkflows(load(text), { layout });

interface Job {
  readonly needs: string[];
  readonly environment: object;
  readonly env?: Record<string, string>;
  readonly steps: { readonly uses?: string; readonly with?: Record<string, string> }[];
}

test("a job that looks has what the job that deploys has, from the record, and the command in place of its steps", () => {
  for (const layout of ["orchestrated", "per-environment"] as const) {
    const files = write(layout);
    const { jobs } = parse(files.find(({ path }) => path.endsWith("/shop-drift.yml"))!.text) as {
      jobs: Record<string, Job>;
    };
    assert.deepEqual(Object.keys(jobs), ["look", "infra__apply", "web__deploy"]);
    const { steps, environment, env } = jobs.infra__apply!;
    assert.deepEqual(environment, { name: "${{ inputs.environment }}", deployment: false });
    assert.equal(env?.TF_VAR_token, "$" + "{{ secrets.TOKEN }}");
    const used = steps.map(({ uses }) => uses?.replace(/@.*/, "").replace("./.github/actions/shop/", ""));
    assert.deepEqual(used, [
      "actions/checkout",
      "begin",
      "hashicorp/setup-terraform",
      "aws-actions/configure-aws-credentials",
      "place",
      "drift",
    ]);
    assert.equal(steps.at(-1)!.with!.command, "terraform plan -detailed-exitcode");
    assert.equal(steps.at(-1)!.with!.folder, "infra");
    assert.match(jobs.web__deploy!.env!.BUCKET!, /needs\.look\.outputs\.handed\)\.infra\.outputs\.bucket/);
    // Whoever looks is nobody whose records are believed.
    const data = files.find(({ path }) => path.endsWith("/delivery.json"))!.text;
    assert.ok(!(JSON.parse(data) as { workflows: string[] }).workflows.some((one) => one.includes("drift")));
  }
});

test("a delivery in which no job can tell has neither the workflow nor the program", () => {
  const none = definition.replaceAll(/,? *drift: .*?(?= \}|$)/gm, "");
  assert.ok(!none.includes("drift"));
  assert.deepEqual(
    write("orchestrated", none).filter(({ path }) => /drift|look/.test(path)),
    [],
  );
});

test("what cannot look for drift refuses it, with its place", () => {
  const path = (job: string) => [
    "pipelines",
    ...job.split(".").flatMap((one, at) => (at === 0 ? [one] : ["jobs", one])),
    "drift",
  ];
  const refused = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      assert.ok(error instanceof CannotWrite, String(error));
      return error;
    }
    return assert.fail("it was written");
  };
  const flat = definition.replace("{ after: test }", "{ branch: release }");
  const chained = refused(() => write("chained", flat));
  assert.match(chained.message, /^infra\.apply looks for drift, and in the layout chained/);
  assert.deepEqual(chained.path, path("infra.apply"));
  const expression = refused(() =>
    write("orchestrated", definition.replace("./same.sh", '"echo $' + '{{ github.token }}"')),
  );
  assert.deepEqual(expression.path, path("web.deploy"));
  const other = refused(() =>
    codepipeline.write({
      delivery: load(definition),
      settings: { name: "baton.codepipeline.yaml", content: undefined },
      layout: undefined,
      format: undefined,
      root: "",
      folder: "codepipeline",
      present: [],
    }),
  );
  assert.match(other.message, /^infra\.apply looks for drift, and generated CodePipelines run for changes alone/);
  assert.deepEqual(other.path, path("infra.apply"));
});

const slow = fullDepth("gh", "jq", "zip", "unzip");

test("GitHub's parser, actionlint, shellcheck and check have nothing to say", fullDepth("shellcheck"), async () => {
  for (const layout of layouts.filter((one) => one !== "chained"))
    assert.deepEqual(await complaints(write(layout)), []);
});

/** Run 100 has deployed to prod from its branch. */
function deployed(t: TestContext) {
  const box = programBox(t, definition);
  const commit = box.commit({ "infra/a": "1", "web/a": "1" });
  box.run({ id: 100 });
  const digest = `sha256:${"a".repeat(64)}`;
  const pipelines = {
    infra: {
      release: 100,
      commit,
      outputs: { bucket: "b'1" },
      artifacts: { code: { digest, run: "100", name: "code" } },
    },
    web: { release: 100, commit, outputs: {}, artifacts: {} },
  };
  box.leave("started-prod", 100, {});
  box.leave("release-prod", 100, { version: 1, environment: "prod", run: "100", commit, pipelines });
  box.leave("code", 100, {});
  return { ...box, deployedCommit: commit, pipelines };
}

const GITHUB_WORKFLOW_REF = "team/shop/.github/workflows/shop-drift.yml@refs/heads/main";

test(
  "by schedule each environment that something is deployed to is looked at, on the branch that deployed it",
  slow,
  (t) => {
    const box = deployed(t);
    const end = box.start("look", {
      ENVIRONMENT: "",
      GH_TOKEN: "renewal",
      GITHUB_EVENT_NAME: "schedule",
      GITHUB_RUN_ID: "700",
      GITHUB_WORKFLOW_REF,
    });
    assert.equal(end.status, 0, end.log);
    const path = ".github/workflows/shop-drift.yml";
    assert.deepEqual(box.waiting(), [{ path, branch: "main", inputs: { environment: "prod" } }]);
    assert.equal(end.outputs, "");
  },
);

test(
  "jobs that look are given what is deployed: commit, outputs, artifacts; and nothing where nothing is known",
  slow,
  (t) => {
    const box = deployed(t);
    const later = box.commit({ "infra/a": "2" });
    const byHand = {
      ENVIRONMENT: "prod",
      GITHUB_EVENT_NAME: "workflow_dispatch",
      GITHUB_RUN_ID: "700",
      GITHUB_SHA: later,
    };
    const said = (env: Readonly<Record<string, string>>) => {
      const { status, outputs, log } = box.start("look", env);
      assert.equal(status, 0, log);
      return Object.fromEntries(
        outputs
          .trim()
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      );
    };
    const { commits, handed, given } = said(byHand);
    const { deployedCommit, pipelines } = box;
    assert.deepEqual(JSON.parse(commits!), { infra: deployedCommit, web: deployedCommit });
    assert.deepEqual(JSON.parse(given!), { infra_bucket: "b'1" });
    assert.deepEqual(JSON.parse(handed!).infra, {
      outputs: pipelines.infra.outputs,
      artifacts: pipelines.infra.artifacts,
    });
    assert.equal(said({ ...byHand, ENVIRONMENT: "test" }).commits, "{}");
  },
);

test("a job that looks may do so whoever deployed last; one that deploys may not", slow, (t) => {
  const box = deployed(t);
  writeFileSync(join(box.temp, "given.json"), '{"infra_bucket": "b"}');
  const begin = (LOOKS: string) =>
    box.start("begin", {
      JOB: "web.deploy",
      ENVIRONMENT: "prod",
      COMMIT: box.deployedCommit,
      RUNNER_TEMP: box.temp,
      LOOKS,
    });
  assert.equal(begin("yes").status, 0, begin("yes").log);
  assert.match(begin("no").log, /Another run deploys here/);
});

test("0 is as it was, 2 is drift, and anything else is not known: only the first is green", slow, (t) => {
  const box = programBox(t, definition);
  box.commit({});
  const end = (COMMAND: string) => box.start("drift", { JOB: "web.deploy", ENVIRONMENT: "prod", COMMAND });
  const same = end("echo 'all is well'");
  assert.equal(same.status, 0, same.log);
  assert.match(same.log, /all is well/);
  assert.equal(same.summary, "- web.deploy: prod is as it was deployed\n");
  const drifted = end("echo '~ tags'; exit 2");
  assert.equal(drifted.status, 1);
  assert.match(drifted.log, /~ tags\n.*::error title=Drift in prod::It is not as web\.deploy left it any more/s);
  assert.equal(drifted.summary, "- web.deploy: **prod has drifted**\n");
  for (const command of ["exit 1", "false | true", "no-such-program"]) {
    const unknown = end(command);
    assert.equal(unknown.status, 1, command);
    assert.match(unknown.log, /::error title=Not known::/);
  }
});
