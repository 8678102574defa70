/** What the generated files need on GitHub: as commands that are carried out, as Terraform, and compared with what is there. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { compileFilter, patternSource } from "../../../../src/model/filters.ts";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { readinessOnGithub } from "../../../../src/platforms/github/live/readiness.ts";
import { branchPolicy } from "../../../../src/platforms/github/settings/branch-policy.ts";
import { neededSettings } from "../../../../src/platforms/github/settings/needed.ts";
import { subjectOf } from "../../../../src/platforms/github/settings/trust.ts";
import { environmentRows } from "../../../../src/platforms/github/write/delivery-data.ts";
import { writer } from "../../../../src/platforms/github/write/writer.ts";
import type { Here } from "../../../../src/platforms/live.ts";
import type { Wanted } from "../../../../src/platforms/writer.ts";
import { sandbox } from "../../../cli/sandbox.ts";
import { tries } from "../../../lane/depth.ts";
import { fullDepth, needs } from "../../../lane/needs.ts";
import { fnmatch } from "../api/fnmatch.ts";
import { githubPrograms, githubStandIn } from "../api/stand-in.ts";

const slug = "team/shop";
const definition = `name: shop
environments:
  dev: { branch: develop }
  test: { branch: main }
  prod: { after: test, approval: { reviewers: [owners, ada] } }
  lab: {}
pipelines:
  infra:
    jobs:
      test: { per: release, steps: [./test] }
      apply:
        deploys: true
        tools: [aws]
        env: { TOKEN: { secret: TOKEN } }
        steps: [{ name: Apply, run: ./apply }]
`;

function wantedFor(text: string, more: Partial<Wanted> = {}): Wanted {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok);
  return {
    delivery: loaded.value,
    settings: { name: "baton.github.yaml", content: undefined },
    layout: undefined,
    format: undefined,
    root: "",
    folder: ".github/workflows",
    present: [],
    ...more,
  };
}

function begin(t: TestContext, text = definition) {
  const folder = mkdtempSync(join(tmpdir(), "baton-settings-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { control, tools, env } = githubStandIn(t, { folder });
  execFileSync("git", ["init", "--quiet"], { cwd: folder });
  execFileSync("git", ["remote", "add", "origin", `https://github.com/${slug}.git`], { cwd: folder });
  control.addRepository(slug);
  control.addTeam("team/owners");
  control.addUser("ada");
  const environment = { ...process.env, PATH: `${tools}:${process.env.PATH}`, ...env };
  const here: Here = {
    env: environment,
    root: folder,
    where: ".",
    repository: folder,
    findProgram: () => undefined,
    versionOf: async () => "",
    uncommitted: async () => [],
    unpushed: async () => undefined,
    remote: async () => ({ host: "github.com", path: slug }),
  };
  const shell = (command: string) =>
    spawnSync("bash", ["-eo", "pipefail", "-c", command], { cwd: folder, encoding: "utf8", env: environment });
  const asked = async () => {
    const { checkUps, commands } = await readinessOnGithub(wantedFor(text), here);
    const of = (verdict: string) => checkUps.filter((one) => one.verdict === verdict).map(({ name }) => name);
    return { checkUps, commands, failed: of("fail"), warned: of("warn") };
  };
  /** As a person would: with what stands in `<…>` filled in. */
  const carryOut = (command: string) => {
    const { status, stderr } = shell(command.replaceAll(/<(arn of the role|region)>/g, "filled-in"));
    // gh reads a secret from its input, which is empty here.
    assert.equal(status, 0, `${command}\n${stderr}`);
  };
  return { control, here, shell, asked, carryOut };
}

test(
  "the printed commands are all that is needed: carried out, nothing is left to mend",
  fullDepth(...githubPrograms),
  async (t) => {
    const { control, asked, carryOut } = begin(t);
    const before = await asked();
    assert.deepEqual(before.failed, [
      "environment dev",
      "variables of dev",
      "environment test",
      "variables of test",
      "environment prod",
      "variables of prod",
      "environment prod-approval",
      "environment lab",
      "variables of lab",
    ]);
    assert.deepEqual(before.warned, ["secrets", "required check", "OIDC"]);
    const { settings } = writer.write(wantedFor(definition));
    for (const { command } of settings!) {
      // The definition does not say which of them is a person.
      carryOut(
        command
          .replace("orgs/{owner}/teams/ada", "users/ada")
          .replace(
            '{\\"type\\": \\"Team\\", \\"id\\": $(gh api users',
            '{\\"type\\": \\"User\\", \\"id\\": $(gh api users',
          ),
      );
    }
    const { failed, warned, commands } = await asked();
    assert.deepEqual([failed, warned, commands], [[], ["OIDC"], []]);
    const { environments } = control.repository(slug);
    const branches = Object.fromEntries(
      [...environments].map(([name, { policies }]) => [name, policies.map((one) => one.name)]),
    );
    // Production and its gate follow the branch of test; what is reached by hand, the default branch.
    assert.deepEqual(branches, {
      dev: ["develop"],
      test: ["main"],
      prod: ["main"],
      "prod-approval": ["main"],
      lab: ["main"],
    });
    assert.equal(environments.get("prod-approval")!.prevent_self_review, true);
  },
);

test("what the doctor says mends what is wrong, whatever it is", fullDepth(...githubPrograms), async (t) => {
  const { control, asked, carryOut } = begin(t);
  const open = { deployment_branch_policy: null, policies: [] };
  const custom = { protected_branches: false, custom_branch_policies: true };
  const guarded = {
    deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
    policies: [],
  };
  const policy = (name: string) => ({ id: name.length, name, type: "branch" as const });
  const stranger = { type: "User" as const, id: control.addUser("mallory"), slug: "mallory" };
  // By where they are: of each place one at a time, since to ask for everything takes long.
  const wrong: [string, string, () => void][][] = [
    [
      ["fail", "environment prod", () => control.setEnvironment(slug, "prod", undefined)],
      ["fail", "environment prod", () => control.setEnvironment(slug, "prod", open)],
      ["fail", "environment prod", () => control.setEnvironment(slug, "prod", guarded)],
      [
        "fail",
        "environment prod",
        () => control.setEnvironment(slug, "prod", { deployment_branch_policy: custom, policies: [policy("evil")] }),
      ],
      [
        "warn",
        "environment prod",
        () =>
          control.setEnvironment(slug, "prod", {
            deployment_branch_policy: custom,
            policies: [policy("main"), policy("other")],
          }),
      ],
    ],
    [
      ["fail", "environment prod-approval", () => control.setEnvironment(slug, "prod-approval", open)],
      ["fail", "reviewers of prod-approval", () => control.setEnvironment(slug, "prod-approval", { reviewers: [] })],
      [
        "fail",
        "reviewers of prod-approval",
        () => control.setEnvironment(slug, "prod-approval", { reviewers: [stranger] }),
      ],
      [
        "warn",
        "reviewers of prod-approval",
        () => control.setEnvironment(slug, "prod-approval", { prevent_self_review: false }),
      ],
    ],
    [
      [
        "fail",
        "variables of dev",
        () => control.setEnvironment(slug, "dev", { variables: new Map([["AWS_REGION", "x"]]) }),
      ],
    ],
  ];
  for (const command of (await asked()).commands) carryOut(command);
  assert.deepEqual((await asked()).failed, []);
  for (let at = 0; at < Math.max(...wrong.map(({ length }) => length)); at++) {
    const together = wrong.flatMap((cases) => cases.slice(at, at + 1));
    for (const [, , spoil] of together) spoil();
    const { checkUps, commands } = await asked();
    for (const [verdict, name, spoil] of together) {
      const seen = checkUps.find((one) => one.name === name);
      assert.equal(seen?.verdict, verdict, `${name}: ${spoil}`);
      assert.ok(seen.remedy, `${name} has a remedy: ${spoil}`);
    }
    for (const command of commands) carryOut(command);
    const after = await asked();
    assert.deepEqual([after.failed, after.warned], [[], ["OIDC"]], `after ${together.join()}`);
  }
});

test(
  "the command itself: one line for each, the commands at the end, exit 1 until it is set up",
  fullDepth(...githubPrograms),
  async (t) => {
    const box = sandbox(t, { files: { "baton.yaml": definition } });
    const folder = mkdtempSync(join(tmpdir(), "baton-settings-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { control, tools, env } = githubStandIn(t, { folder });
    control.addRepository(slug);
    Object.assign(box.env, env, { PATH: `${tools}:${process.env.PATH}` });
    execFileSync("git", ["remote", "add", "origin", `https://x:ghp_notforprinting@github.com/${slug}.git`], {
      cwd: box.root,
    });
    const { code, stdout, stderr } = await box.baton("doctor", "--on", "github");
    assert.equal(code, 1);
    assert.match(stdout, /^ok {4}source: team\/shop, default branch main$/m);
    assert.match(stdout, /^fail {2}environment prod: is not there: .*\n {6}remedy: gh api -X PUT/m);
    assert.match(stdout, /^to bring GitHub up to date\n {2}gh api -X PUT/m);
    assert.match(stderr, /9 checks failed/);
    assert.doesNotMatch(stdout + stderr, /ghp_/);
    const status = await box.baton("status", "--on", "github");
    assert.match(status.stderr, /Baton cannot ask github for this yet: status/);
  },
);

test("what failed is mended by --put, and looked at again", fullDepth(...githubPrograms), async (t) => {
  const plain = definition.replace("tools: [aws]", "tools: [git]").replace(/ +env: \{ TOKEN.*\n/, "");
  const box = sandbox(t, { files: { "baton.yaml": plain } });
  const folder = mkdtempSync(join(tmpdir(), "baton-settings-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { control, tools, env } = githubStandIn(t, { folder });
  control.addRepository(slug);
  control.addTeam("team/owners");
  control.addUser("ada");
  Object.assign(box.env, env, { PATH: `${tools}:${process.env.PATH}` });
  execFileSync("git", ["remote", "add", "origin", `https://github.com/${slug}.git`], { cwd: box.root });
  const put = () => box.baton("doctor", "--on", "github", "--put", "--yes");
  // A call that fails ends it; the same command goes on.
  control.addFault({
    match: /^POST .*\/environments\/prod\//,
    to: 1,
    is: { kind: "status", status: 502, message: "Bad Gateway" },
  });
  const broken = await put();
  assert.equal(broken.code, 1, broken.stderr);
  assert.match(broken.stderr, /it ended \(1\), so nothing more was done/);
  const whole = await put();
  assert.equal(whole.code, 0, `${whole.stdout}\n${whole.stderr}`);
  assert.match(whole.stderr, /^nothing fails any more$/m);
  assert.equal(control.repository(slug).environments.get("prod-approval")!.reviewers.length, 2);
  assert.equal(control.repository(slug).rulesets.length, 1);
  const { code, stdout } = await box.baton("doctor", "--on", "github");
  assert.equal(code, 0, stdout);
  // What only a person knows is filled in by nobody.
  box.write({ "baton.yaml": definition });
  const open = await put();
  assert.equal(open.code, 1);
  assert.match(open.stderr, /fill in what only you know and run it yourself.*AWS_ROLE_ARN/);
  assert.equal(control.repository(slug).environments.get("dev")!.variables.size, 0);
});

test("a check is required only where the files report it for pull requests", () => {
  const commandsFor = (text: string, layout: string) =>
    writer.write(wantedFor(text, { layout })).settings!.some(({ command }) => command.includes("rulesets"));
  assert.ok(commandsFor(definition, "orchestrated"));
  assert.ok(commandsFor(definition, "per-environment"));
  assert.ok(!commandsFor(definition.replace("per: release, ", ""), "orchestrated"));
  assert.ok(!commandsFor(definition.replace("    jobs:", "    pullRequests: false\n    jobs:"), "orchestrated"));
});

test("the program and the settings let the same branches into an environment", () => {
  const text = `name: shop
environments:
  test: { branch: release }
  qa: { branch: "hotfix/**" }
  byhand: {}
  both: { after: [test, qa] }
  mixed: { after: [test, byhand] }
  last: { after: mixed }
pipelines:
  infra: { jobs: { apply: { deploys: true, steps: [./apply] } } }
`;
  const { delivery } = wantedFor(text);
  const policies = neededSettings(delivery, { layout: "orchestrated" }).environments.map(({ name, branches }) => [
    name,
    branches === "any" ? branches : branches?.map(({ branch }) => branch),
  ]);
  const wanted = {
    test: ["release"],
    qa: ["hotfix/**"],
    byhand: undefined,
    both: ["release", "hotfix/**"],
    mixed: undefined,
    last: undefined,
  };
  assert.deepEqual(Object.fromEntries(policies), wanted);
  const believed = environmentRows(delivery).map(({ name, from }) => [name, from]);
  assert.deepEqual(
    Object.fromEntries(believed),
    Object.fromEntries(Object.entries(wanted).map(([name, branches]) => [name, branches?.map(patternSource)])),
  );
});

test("a role for builds is asked for, since they run in no environment", fullDepth(...githubPrograms), async (t) => {
  const text = definition.replace("per: release, steps", "per: release, tools: [aws], steps");
  assert.notEqual(text, definition);
  const forRepository = (one: string) => one.startsWith("gh variable set") && !one.includes("--env");
  const printed = (of: string) => writer.write(wantedFor(of)).settings!.filter(({ command }) => forRepository(command));
  assert.deepEqual(printed(definition), []);
  assert.equal(printed(text).length, 2);
  const { asked, carryOut } = begin(t, text);
  const before = await asked();
  assert.ok(before.failed.includes("variables of the repository"));
  for (const command of before.commands.filter(forRepository)) carryOut(command);
  assert.ok(!(await asked()).failed.includes("variables of the repository"));
});

test("a chain asks for the role that keeps outputs, also where no job names aws", () => {
  const text = `name: shop
environments: { dev: { branch: main } }
pipelines: { infra: { outputs: { url: url }, jobs: { go: { deploys: true, steps: [./go.sh] } } } }
`;
  const asksFor = (of: string, layout: string) =>
    writer.write(wantedFor(of, { layout })).settings!.some(({ command }) => command.includes("AWS_ROLE_ARN --env dev"));
  assert.ok(asksFor(text, "chained"));
  assert.ok(!asksFor(text, "orchestrated"));
  assert.ok(!asksFor(text.replace("outputs: { url: url }, ", ""), "chained"));
});

test("what people have set besides stays, although GitHub's call replaces", fullDepth(...githubPrograms), async (t) => {
  const { control, asked, carryOut } = begin(t);
  const reviewer = { type: "User" as const, id: control.addUser("grace"), slug: "grace" };
  control.setEnvironment(slug, "prod", { reviewers: [reviewer], wait_timer: 30, prevent_self_review: true });
  const [put] = (await asked()).commands.filter((one) => one.includes("PUT") && one.includes("environments/prod "));
  carryOut(put!);
  const { reviewers, wait_timer, prevent_self_review, deployment_branch_policy } = control
    .repository(slug)
    .environments.get("prod")!;
  assert.deepEqual([reviewers, wait_timer, prevent_self_review], [[reviewer], 30, true]);
  assert.equal(deployment_branch_policy?.custom_branch_policies, true);
});

test(
  "a custom protection rule asks for jobs that are deployments, and only then",
  fullDepth(...githubPrograms),
  async (t) => {
    const { control, asked, here } = begin(t);
    control.setEnvironment(slug, "prod", { customRules: ["datadog"] });
    const rules = async (deployments?: string) => {
      const settings = { name: "baton.github.yaml", content: deployments && { deployments } };
      const { checkUps } = await readinessOnGithub(wantedFor(definition, { settings }), here);
      return checkUps.filter(({ name }) => name.startsWith("custom rules"));
    };
    const [only, ...others] = await rules();
    assert.deepEqual(others, []);
    assert.deepEqual([only!.name, only!.verdict], ["custom rules of prod", "fail"]);
    assert.match(only!.text, /^datadog decides about deployments there/);
    assert.match(only!.remedy!, /^deployments: each in baton\.github\.yaml/);
    assert.deepEqual(await rules("each"), []);
    control.addFault({
      match: /environments\/prod\/deployment_protection_rules/,
      is: { kind: "status", status: 502, message: "Bad Gateway" },
    });
    const unknown = (await asked()).checkUps.find(({ name }) => name === "custom rules of prod")!;
    assert.deepEqual([unknown.verdict, /could not be asked for: .*HTTP 502/.test(unknown.text)], ["warn", true]);
  },
);

test("a GitHub Enterprise Server is told as what does not run the files", fullDepth(...githubPrograms), async (t) => {
  const { control, asked } = begin(t);
  const server = async () => (await asked()).checkUps.filter(({ name }) => name === "server");
  assert.deepEqual(await server(), []);
  control.setServer("3.19.0");
  const [told] = await server();
  assert.equal(told?.verdict, "fail");
  assert.match(told!.text, /^GitHub Enterprise Server 3\.19\.0 does not run the actions that keep artifacts/);
  control.addFault({ match: /meta$/, is: { kind: "status", status: 502, message: "Bad Gateway" } });
  assert.match((await server())[0]!.text, /could not be asked for: .*HTTP 502/);
});

/** What the command of before made, and what a team has added to it since. */
function rulesetOf(name: string, ...checks: { context: string; integration_id?: number }[]) {
  return {
    name,
    target: "branch",
    enforcement: "active",
    conditions: {
      ref_name: { include: ["~DEFAULT_BRANCH", "refs/heads/release/**"], exclude: ["refs/heads/release/x"] },
    },
    bypass_actors: [{ actor_id: 5, actor_type: "RepositoryRole", bypass_mode: "pull_request" }],
    rules: [
      { type: "non_fast_forward" },
      {
        type: "required_status_checks",
        parameters: {
          strict_required_status_checks_policy: true,
          do_not_enforce_on_create: true,
          required_status_checks: [{ context: "lint" }, ...checks, { context: "licences", integration_id: 7 }],
        },
      },
      {
        type: "pull_request",
        parameters: {
          dismiss_stale_reviews_on_push: true,
          require_code_owner_review: true,
          require_last_push_approval: false,
          required_approving_review_count: 2,
          required_review_thread_resolution: true,
        },
      },
    ],
  };
}

test(
  "the check is required under the name that it has by now, and nothing else changes",
  fullDepth(...githubPrograms),
  async (t) => {
    const { control, shell, asked, carryOut } = begin(t);
    const line = async () => (await asked()).checkUps.find(({ name }) => name === "required check")!;
    const there = (name: string) => control.repository(slug).rulesets.find((one) => one.name === name)!;
    const add = (one: ReturnType<typeof rulesetOf>) =>
      carryOut(`gh api -X POST repos/${slug}/rulesets --input - <<< '${JSON.stringify(one)}'`);
    const before = { context: "Summary", integration_id: 15368 };
    const now = { context: "Summary of shop", integration_id: 15368 };
    const ofTeam = rulesetOf("of the team", before);
    add(ofTeam);
    assert.match((await line()).text, /may be merged before Summary of shop has passed/);
    add(rulesetOf("shop", before));
    const former = await line();
    assert.deepEqual([former.verdict, former.text.includes("nobody reports Summary any more")], ["fail", true]);

    // What is not answered, or not whole, is written nowhere.
    const untouched = JSON.stringify(there("shop"));
    for (const is of [
      { kind: "status", status: 502, message: "Bad Gateway" },
      { kind: "without", field: "rules" },
      { kind: "without", field: "bypass_actors" },
    ] as const) {
      control.addFault({ match: /rulesets\/\d+$/, is, to: 1 });
      const { status, stderr } = shell(former.remedy!);
      assert.notEqual(status, 0, JSON.stringify(is));
      assert.match(stderr, is.kind === "without" ? /not all of the ruleset was answered/ : /HTTP 502/);
      assert.equal(JSON.stringify(there("shop")), untouched);
      control.noFaults();
    }
    // What the team adds between the doctor and its command stays too.
    const rules = [...rulesetOf("shop", before).rules, { type: "deletion" }];
    carryOut(
      `gh api -X PUT repos/${slug}/rulesets/${there("shop").id} --input - <<< '${JSON.stringify({ ...rulesetOf("shop"), rules })}'`,
    );
    carryOut(former.remedy!);
    assert.equal((await line()).verdict, "ok");
    const parts = ({ name, target, enforcement, conditions, bypass_actors, rules }: Record<string, unknown>) => ({
      ...{ name, target, enforcement, conditions, bypass_actors, rules },
    });
    const wanted = rulesetOf("shop", now);
    assert.deepEqual(parts(there("shop")), { ...wanted, rules: [...wanted.rules, { type: "deletion" }] });
    assert.deepEqual(parts(there("of the team")), ofTeam);

    // Asked of any app, in a ruleset of the team's.
    const other = rulesetOf("shop", { context: "something else" });
    carryOut(`gh api -X PUT repos/${slug}/rulesets/${there("shop").id} --input - <<< '${JSON.stringify(other)}'`);
    add(rulesetOf("anybody", { context: "Summary of shop" }));
    const open = await line();
    assert.deepEqual([open.verdict, open.text], ["warn", "Summary of shop may be reported by any app"]);
    carryOut(open.remedy!);
    assert.deepEqual(parts(there("anybody")), rulesetOf("anybody", now));
    assert.equal((await line()).verdict, "ok");
  },
);

test("no answer is not taken for nothing there", fullDepth(...githubPrograms), async (t) => {
  const { control, asked, here } = begin(t);
  control.addFault({ match: /environments\/prod$/, is: { kind: "status", status: 502, message: "Bad Gateway" } });
  control.addFault({
    match: /actions\/secrets/,
    is: { kind: "status", status: 403, message: "Resource not accessible" },
  });
  const { checkUps, commands } = await asked();
  const text = (name: string) => checkUps.find((one) => one.name === name)!;
  assert.match(text("environment prod").text, /could not be asked for: .*HTTP 502/);
  assert.equal(text("environment prod").remedy, undefined);
  assert.match(text("secrets").text, /may be missing: .*HTTP 403/);
  assert.ok(!commands.some((one) => one.includes("environments/prod ")));
  control.addFault({ match: /repos\/team\/shop$/, is: { kind: "status", status: 404, message: "Not Found" } });
  const { checkUps: gone } = await readinessOnGithub(wantedFor(definition), here);
  assert.match(gone[0]!.text, /team\/shop on github.com is not there, or not for this token/);
});

test("the settings as Terraform: formatted, with everything that the commands set", needs("terraform"), (t) => {
  const folder = mkdtempSync(join(tmpdir(), "baton-settings-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const odd = definition.replace("branch: main", 'branch: "release/**"').replace("owners, ada", "'own\"${x}ers'");
  const building = definition.replace("per: release, steps", "per: release, tools: [aws], steps");
  for (const text of [definition, building, odd, definition.replace("reviewers: [owners, ada]", "reviewers: []")]) {
    const { files, settings } = writer.write(wantedFor(text, { format: "terraform" }));
    assert.equal(settings, undefined);
    const { path, text: terraform } = files.at(-1)!;
    assert.equal(path, ".github/settings/shop.tf");
    writeFileSync(join(folder, "main.tf"), terraform);
    const { stdout, stderr, status } = spawnSync("terraform", ["fmt", "-check", "-diff", folder], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
    const count = (pattern: RegExp) => terraform.match(pattern)?.length ?? 0;
    assert.deepEqual(
      [
        count(/resource "github_repository_environment" /g),
        count(/resource "github_repository_environment_deployment_policy" /g),
        count(/resource "github_actions_environment_variable" /g),
        count(/prevent_self_review = true/g),
        count(/integration_id = 15368/g),
      ],
      [5, 5, 8, 1, 1],
    );
  }
});

test("the subject that a role trusts, with ids and bound to the workflow where the repository says so", () => {
  const asked = { repository: slug, environment: "prod", ref: "refs/heads/main" };
  assert.deepEqual(subjectOf({ use_default: true }, asked), {
    subject: "repo:team/shop:environment:prod",
    isBound: false,
  });
  const prefix = "repo:team@12/shop@34";
  assert.equal(
    subjectOf({ use_default: true, sub_claim_prefix: prefix }, asked)?.subject,
    `${prefix}:environment:prod`,
  );
  const keys = ["repo", "context", "job_workflow_ref"];
  assert.deepEqual(subjectOf({ use_default: false, include_claim_keys: keys, sub_claim_prefix: prefix }, asked), {
    subject: `${prefix}:environment:prod:job_workflow_ref:team/shop/.github/workflows/*@refs/heads/main`,
    isBound: true,
  });
  assert.equal(subjectOf({ use_default: false, include_claim_keys: ["actor"] }, asked), undefined);
});

test("a policy admits the branches that the definition means, and no others", () => {
  assert.deepEqual(
    ["main", "release/*", "release/**", "**", "v[0-9]", "fix?", "a**b", "!main"].map(
      (one) => branchPolicy(one).pattern,
    ),
    ["main", "release/*", "release/**/*", "**/*", "v[0-9]", undefined, undefined, undefined],
  );
  const segment = fc.constantFrom("a", "b", "main", "*", "**", "a*", "[ab]");
  const name = fc
    .array(fc.constantFrom("a", "b", "main", "ab"), { minLength: 1, maxLength: 4 })
    .map((all) => all.join("/"));
  const pattern = fc.array(segment, { minLength: 1, maxLength: 3 }).map((all) => all.join("/"));
  fc.assert(
    fc.property(pattern, name, (branch, candidate) => {
      const { pattern: policy } = branchPolicy(branch);
      if (policy === undefined) return;
      // Wider would let a branch in that the definition does not deploy.
      if (fnmatch(policy, candidate))
        assert.ok(compileFilter([branch]).matches(candidate), `${policy} lets ${candidate} in`);
      if (!branch.includes("**")) {
        assert.equal(fnmatch(policy, candidate), compileFilter([branch]).matches(candidate), `${branch}, ${candidate}`);
      }
    }),
    tries(2000),
  );
});

test("an environment with several before it is open to what all of them are open to", () => {
  const text = `${definition.replace("lab: {}", "lab: { after: [dev, test] }")}`;
  const { environments } = neededSettings(wantedFor(text).delivery, { layout: "chained" });
  assert.deepEqual(environments.at(-1)!.branches, [
    { branch: "develop", pattern: "develop" },
    { branch: "main", pattern: "main" },
  ]);
});
