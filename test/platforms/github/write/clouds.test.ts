/** Jobs sign in to AWS, Google Cloud and Azure without keys, and the settings say whom each has to trust. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { terraform } from "../../../../src/index.ts";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { trustLines } from "../../../../src/platforms/github/settings/compare.ts";
import { neededSettings } from "../../../../src/platforms/github/settings/needed.ts";
import { settingsTerraform } from "../../../../src/platforms/github/settings/terraform.ts";
import { trustOf } from "../../../../src/platforms/github/settings/trust.ts";
import { cloudsOf } from "../../../../src/platforms/github/write/clouds.ts";
import { layouts } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { writer } from "../../../../src/platforms/github/write/writer.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";

const definition = `
name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs:
      build: { per: release, tools: [gcloud], steps: [npm ci, ./build.sh] }
      test: { per: release, steps: [./test.sh] }
      deploy: { needs: [build, test], deploys: true, tools: [az, gcloud], steps: [./deploy.sh] }
`;

const load = (text = definition) => {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
};

interface Written {
  if?: string;
  permissions: Record<string, string>;
  environment?: object;
  steps: { name?: string; uses?: string; with?: Record<string, string> }[];
}

function jobs(): Record<string, Written> {
  const files = writeWorkflows(load(), { layout: "orchestrated" });
  return (parse(files.find(({ path }) => path.endsWith("/web.yml"))!.text) as { jobs: Record<string, Written> }).jobs;
}

const signsIn = ({ steps }: Written) => steps.flatMap(({ name = "" }) => (name.startsWith("Sign in") ? [name] : []));

test("a job signs in where it names the command line of a cloud, and has the right to and nothing more", () => {
  const { build, test: tested, deploy } = jobs();
  assert.deepEqual(signsIn(deploy!), ["Sign in to Google Cloud", "Sign in to Azure"]);
  assert.deepEqual(signsIn(build!), ["Sign in to Google Cloud"]);
  assert.deepEqual(signsIn(tested!), []);
  assert.equal(deploy!.permissions["id-token"], "write");
  assert.equal(tested!.permissions["id-token"], undefined);
  assert.ok(deploy!.environment);
  const google = deploy!.steps.find(({ name }) => name === "Sign in to Google Cloud")!;
  assert.deepEqual(google.with, {
    workload_identity_provider: "${{ vars.GOOGLE_WORKLOAD_IDENTITY_PROVIDER }}",
    service_account: "${{ vars.GOOGLE_SERVICE_ACCOUNT }}",
  });
  // Forks and Dependabot get no token of OIDC: without this their pull requests would be red for ever.
  assert.match(build!.if!, /dependabot/);
  assert.doesNotMatch(tested!.if ?? "", /dependabot/);
  // Where a job has a role, no cache of other jobs comes in.
  assert.ok(!JSON.stringify(build!.steps).includes("caches"));
});

test("Terraform is AWS' unless the job names another cloud; actions of AWS are AWS'", () => {
  const of = (tools: string[], kind: string) => {
    const job = load().pipelines[0]!.jobs.deploy!;
    return cloudsOf({
      ...job,
      tools: tools.map((name) => ({ name })),
      steps: [{ ...job.steps[0]!, action: { kind, inputs: {} } }],
    });
  };
  assert.ok(terraform.apply().action?.kind === "terraform.apply");
  assert.deepEqual(of([], "terraform.apply"), ["aws"]);
  assert.deepEqual(of(["gcloud"], "terraform.apply"), ["google"]);
  assert.deepEqual(of(["gcloud", "aws"], "terraform.apply"), ["aws", "google"]);
  assert.deepEqual(of(["az"], "s3.sync"), ["aws", "azure"]);
  assert.deepEqual(of(["az"], "terraform.validate"), ["azure"]);
});

test("settings ask for the variables of each cloud, as commands and as Terraform", () => {
  const delivery = load();
  const needed = neededSettings(delivery, { layout: "orchestrated" });
  assert.deepEqual(Object.keys(needed.environments[0]!.variables), [
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_SUBSCRIPTION_ID",
    "GOOGLE_WORKLOAD_IDENTITY_PROVIDER",
    "GOOGLE_SERVICE_ACCOUNT",
  ]);
  assert.deepEqual(Object.keys(needed.variables), ["GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "GOOGLE_SERVICE_ACCOUNT"]);
  const { settings } = writer.write({
    delivery,
    settings: {},
    layout: undefined,
    format: undefined,
    present: [],
  } as never);
  const commands = settings!.map(({ why, command }) => `${why}: ${command}`).join("\n");
  assert.match(commands, /The application that jobs in dev take on by OIDC.*AZURE_CLIENT_ID --env dev/);
  assert.match(
    commands,
    /The service account that per-release jobs take on.*gh variable set GOOGLE_SERVICE_ACCOUNT --body/,
  );
  assert.doesNotMatch(commands, /AWS/);
  const text = settingsTerraform(needed, []);
  for (const name of ["AZURE_TENANT_ID", "GOOGLE_SERVICE_ACCOUNT"])
    assert.match(text, new RegExp(`variable_name = "${name}"`));
});

test("whom each cloud has to trust: with ids, with the workflow file, and what it cannot say", () => {
  const plain = "repo:team@12/shop@34:environment:dev";
  assert.match(
    trustOf("google", plain, "dev").command,
    /--member "principal:\/\/.*\/subject\/repo:team@12\/shop@34:environment:dev"$/,
  );
  assert.match(
    trustOf("azure", plain, "dev").command,
    /"subject":"repo:team@12\/shop@34:environment:dev","audiences":\["api:\/\/AzureADTokenExchange"\]/,
  );
  assert.match(trustOf("aws", plain, "dev").command, /StringEquals.*:sub":"repo:team@12\/shop@34:environment:dev"/);
  const bound = `${plain}:job_workflow_ref:team/shop/.github/workflows/*@refs/heads/main`;
  const google = trustOf("google", bound, "dev");
  assert.match(
    google.command,
    /assertion\.sub\.startsWith\("repo:team@12\/shop@34:environment:dev:job_workflow_ref:team\/shop\/\.github\/workflows\/"\) && assertion\.sub\.contains\("@refs\/heads\/main"\)/,
  );
  assert.match(google.command, /principalSet:.*attribute\.place\/dev/);
  assert.match(trustOf("azure", bound, "dev").but!, /no patterns/);
  // Google takes subjects of 127 bytes.
  const long = `repo:${"t".repeat(60)}/${"s".repeat(60)}:environment:dev`;
  assert.match(trustOf("google", long, "dev").command, /assertion\.sub == "repo:t+\/s+:environment:dev"/);
  assert.doesNotMatch(trustOf("google", long, "dev").command, /\/subject\//);
});

test("the doctor says it for each cloud of each environment", () => {
  const needed = neededSettings(load(), { layout: "orchestrated" });
  const found = { repository: "team/shop", defaultBranch: "main", subject: { is: { use_default: true } } };
  const lines = trustLines(needed, found as never).map(({ checkUp }) => checkUp);
  assert.deepEqual(
    lines.map(({ name }) => name),
    ["trust of dev on Google Cloud", "trust of dev on Azure", "OIDC"],
  );
  assert.match(lines[1]!.text, /federated credential for repo:team\/shop:environment:dev/);
});

test("GitHub's parser, actionlint, shellcheck and check have nothing to say", fullDepth("shellcheck"), async () => {
  const own = new Set(["npm ci", "./build.sh", "./test.sh", "./deploy.sh"]);
  for (const layout of layouts) assert.deepEqual(await complaints(writeWorkflows(load(), { layout }), own), [], layout);
});
