/** Previews: when a pull request has one, what is deployed there, who never deploys, and how it is removed again. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { writer as codepipeline } from "../../../../src/platforms/codepipeline/write/writer.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { settingCommands } from "../../../../src/platforms/github/settings/commands.ts";
import {
  compareSettings,
  type FoundEnvironment,
  type FoundSettings,
  trustLines,
} from "../../../../src/platforms/github/settings/compare.ts";
import { neededSettings } from "../../../../src/platforms/github/settings/needed.ts";
import { settingsTerraform } from "../../../../src/platforms/github/settings/terraform.ts";
import type { WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";
import { programBox } from "./program.ts";

const definition = `
name: shop
environments:
  preview: { preview: true, variables: { size: small } }
  dev: { branch: main, variables: { size: large } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { bucket: string, address: url }
    jobs:
      apply:
        deploys: true
        tools: [terraform, aws]
        workingDirectory: infra
        env: { TF_VAR_name: [shop-, { context: environment }], TF_VAR_size: { variable: size } }
        steps: [./apply.sh]
        remove: terraform destroy -auto-approve
  web:
    needs: infra
    paths: ["web/**"]
    jobs:
      build: { per: release, steps: [./build.sh], artifacts: { dist: dist } }
      deploy:
        needs: build
        deploys: true
        uses: [dist]
        env: { TOKEN: { secret: TOKEN } }
        steps: [{ run: ./deploy.sh, env: { BUCKET: { output: infra.bucket } } }]
        remove: ./empty.sh
      warm: { needs: deploy, deploys: true, steps: [./warm.sh], remove: ./cool.sh }
  mail:
    needs: infra
    paths: ["mail/**"]
    jobs:
      send:
        condition: { not: { environment: preview } }
        deploys: true
        steps: [./mail.sh]
        remove: ./unsend.sh
  docs:
    paths: ["docs/**"]
    jobs: { links: { per: release, steps: [./links.sh] } }
`;

const load = (text: string) => {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
};

interface Job {
  readonly if?: string;
  readonly needs?: string[];
  readonly concurrency?: Record<string, unknown>;
  readonly environment?: { name: string; deployment?: false };
  readonly env?: Record<string, string>;
  readonly permissions: Record<string, string>;
  readonly steps: { readonly uses?: string; readonly run?: string; readonly with?: Record<string, string> }[];
}

interface Workflow {
  readonly on: Record<string, unknown>;
  readonly concurrency?: Record<string, unknown>;
  readonly jobs: Record<string, Job>;
}

function written(text = definition, options: Partial<WriteOptions> = {}): (file: string) => Workflow {
  const files = writeWorkflows(load(text), { layout: "orchestrated", ...options });
  return (file) => parse(files.find(({ path }) => path.endsWith(`/${file}.yml`))!.text);
}

const expression = (text: string) => `$${`{{ ${text} }}`}`;

test("a pull request has a preview of its own name, one lock, and nothing that cancels what deploys", () => {
  const { jobs, concurrency, on } = written()("shop");
  const number = expression("github.event.pull_request.number");
  assert.equal(concurrency, undefined, "a group of the whole run would cancel a deployment half way");
  assert.deepEqual(jobs.preview!.concurrency, { group: `deploy-shop-preview-${number}`, queue: "max" });
  assert.equal((jobs.preview as unknown as { with: Record<string, string> }).with.environment, `preview-${number}`);
  // What is built for an older commit is cancelled, and then it is not deployed.
  assert.equal(
    jobs["web-release"]!.concurrency!["cancel-in-progress"],
    expression("github.event_name == 'pull_request'"),
  );
  assert.match(jobs.preview!.if!, /needs\.web-release\.result == 'success'/);
  const { inputs } = on.workflow_dispatch as { inputs: { environment: { options: string[] } } };
  assert.deepEqual(inputs.environment.options, ["dev"], "nobody starts a preview by hand");
});

test("a job there has the role and the values of the preview, and its own name", () => {
  const { apply } = written()("infra").jobs;
  const isPreview = "startsWith(inputs.environment, 'preview-')";
  assert.deepEqual(apply!.environment, {
    name: expression(`(${isPreview} && 'preview' || inputs.environment)`),
    deployment: false,
  });
  assert.equal(apply!.env!.TF_VAR_name, `shop-${expression("inputs.environment")}`);
  assert.match(apply!.env!.TF_VAR_size!, /\[\(startsWith\(inputs\.environment, 'preview-'\) && 'preview'/);
  assert.equal(apply!.permissions["pull-requests"], "read");
  assert.match(written()("mail").jobs.send!.if!, /!\(startsWith\(inputs\.environment, 'preview-'\)\)/);
});

test("what was deployed is removed in reverse, under the same lock, without anything that has to be known of it", () => {
  const { jobs, concurrency, on } = written()("shop-removal");
  assert.deepEqual(on.pull_request, { types: ["closed"] });
  const number = "github.event.pull_request.number || inputs.number || github.run_id";
  assert.deepEqual(concurrency, { group: `deploy-shop-preview-${expression(number)}`, queue: "max" });
  assert.deepEqual(
    Object.entries(jobs).map(([name, { needs }]) => [name, needs]),
    [
      ["due", undefined],
      ["web__warm", ["due"]],
      ["web__deploy", ["due", "web__warm"]],
      ["infra__apply", ["due", "web__deploy", "web__warm"]],
      ["removed", ["due", "infra__apply", "web__deploy", "web__warm"]],
    ],
  );
  const { steps, environment, env, permissions } = jobs.infra__apply!;
  assert.deepEqual(environment, { name: "preview", deployment: false });
  assert.deepEqual(env, { TF_VAR_name: `shop-${expression("needs.due.outputs.environment")}`, TF_VAR_size: "small" });
  assert.equal(steps.at(-1)!.run, "terraform destroy -auto-approve");
  assert.deepEqual(permissions, { actions: "read", contents: "read", "id-token": "write", "pull-requests": "read" });
  // No artifact, no output: what was only half deployed has neither.
  assert.doesNotMatch(JSON.stringify(jobs), /place"|infra_bucket|__digest/);
});

test("what has no means for previews refuses them, with their place", () => {
  const refused = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      assert.ok(error instanceof CannotWrite, String(error));
      return error;
    }
    return assert.fail("it was written");
  };
  for (const layout of ["chained", "per-environment"] as const) {
    const { path, message } = refused(() => written(definition, { layout }));
    assert.deepEqual(path, ["environments", "preview", "preview"]);
    assert.match(message, new RegExp(`layout ${layout}`));
  }
  const settings = { account: "111111111111", region: "eu-central-1" };
  const other = refused(() =>
    codepipeline.write({ delivery: load(definition), settings, layout: undefined, present: [] } as never),
  );
  assert.deepEqual(other.path, ["environments", "preview", "preview"]);
  const image = definition.replace(
    "steps: [./build.sh]",
    "steps: [{ run: docker, action: { kind: docker.build, inputs: { registry: ghcr } } }]",
  );
  assert.deepEqual(refused(() => written(image)).path, ["pipelines", "web", "jobs", "build", "per"]);
});

test("GitHub's parser, actionlint, shellcheck and check have nothing to say", fullDepth("shellcheck"), async () => {
  const delivery = load(definition);
  const own = new Set(
    delivery.pipelines.flatMap(({ jobs }) =>
      Object.values(jobs).flatMap(({ steps, remove }) => [...steps.map(({ run }) => run), remove ?? ""]),
    ),
  );
  assert.deepEqual(await complaints(writeWorkflows(delivery, { layout: "orchestrated" }), own), []);
});

const slow = fullDepth("gh", "jq", "zip", "unzip");
const repo = "team/shop";

function box(t: TestContext, text = definition) {
  const made = programBox(t, text);
  made.commit({ "infra/main.tf": "1", "web/index.html": "1", "mail/a": "1", "docs/a": "1" });
  const pulled = (files: Readonly<Record<string, string>>) => {
    made.git("checkout", "--quiet", "main");
    const head = made.commit(files, "feature");
    made.git("checkout", "--quiet", "main");
    made.git("merge", "--quiet", "--no-ff", "--no-edit", "feature");
    made.pull({ number: 17, head });
    return head;
  };
  const about = (head: string, more: object = {}) => ({
    pull_request: { number: 17, head: { sha: head, repo: { full_name: repo } }, base: { ref: "main" }, ...more },
  });
  const env = {
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_BASE_REF: "main",
    GITHUB_REF_NAME: "17/merge",
    GH_TOKEN: "preview",
  };
  const planRun = (event: object, more: object = {}) =>
    made.start("plan", { ...env, ENVIRONMENT: "", PIPELINE: "", ...more }, { event });
  const place = (event: object, more: object = {}, given: object = {}) =>
    made.start("plan", { ...env, ENVIRONMENT: "preview-17", PIPELINE: "", ...more }, { event, ...given });
  const begin = (event: object, job = "infra.apply", more: object = {}) => {
    writeFileSync(join(made.temp, "given.json"), "{}");
    return made.start(
      "begin",
      { ...env, JOB: job, ENVIRONMENT: "preview-17", COMMIT: "abc", LOOKS: "no", RUNNER_TEMP: made.temp, ...more },
      { event },
    );
  };
  const preview = (given: Record<string, string>, event: object = {}) =>
    made.start("preview", { ...env, NUMBER: "", REMOVED: "", GH_TOKEN: "due", ...given }, { event });
  return { ...made, env, pulled, about, planRun, place, begin, preview };
}

test("a pull request that changes what is deployed has all of it in its preview; others have none", slow, (t) => {
  const { pulled, about, planRun } = box(t);
  const head = pulled({ "web/index.html": "2" });
  const whole = planRun(about(head));
  assert.equal(whole.status, 0, whole.log);
  assert.match(whole.outputs, /deploy_preview=yes\ndeploy_dev=no\nbuild_web=yes\nbuild_docs=yes/);
  const fork = planRun(about(head, { head: { sha: head, repo: { full_name: "else/shop" } } }));
  assert.match(fork.outputs, /deploy_preview=no\ndeploy_dev=no\nbuild_web=yes\nbuild_docs=no/);
  assert.match(planRun(about(head), { GITHUB_ACTOR: "dependabot[bot]" }).outputs, /deploy_preview=no/);
  const docs = pulled({ "docs/a": "2" });
  assert.match(planRun(about(docs)).outputs, /deploy_preview=no\ndeploy_dev=no\nbuild_web=no\nbuild_docs=yes/);
});

test("under the lock: everything, but only for a pull request that is open and has no newer commit", slow, (t) => {
  const { pulled, about, place, begin, pull } = box(t);
  const head = pulled({ "web/index.html": "2" });
  const whole = place(about(head));
  assert.equal(whole.status, 0, whole.log);
  assert.match(whole.outputs, /decision_infra=run\n/);
  assert.match(whole.outputs, /decision_web=run\n/);
  assert.match(whole.outputs, /decision_mail=empty\n/);
  assert.match(whole.outputs, /begins=preview-17\n/);
  const begun = begin(about(head));
  assert.equal(begun.status, 0, begun.log);
  assert.match(begun.environment, /BATON_ENVIRONMENT=preview-17\n/);
  assert.match(begun.environment, /BATON_PULL_REQUEST=17\n/);
  for (const now of [
    { state: "closed" as const, head },
    { state: "open" as const, head: "b".repeat(40) },
  ]) {
    pull({ number: 17, ...now });
    const late = place(about(head));
    assert.equal(late.status, 0, late.log);
    assert.match(late.log, /Not wanted any more/);
    assert.doesNotMatch(late.outputs, /begins=|=run/);
    // Of a job that is run again nobody plans anew.
    const again = begin(about(head));
    assert.equal(again.status, 1);
    assert.match(again.log, /Not wanted any more/);
  }
  const silent = place(about(head), { GH_TOKEN: "job" });
  assert.equal(silent.status, 1, "who may not ask does not know");
});

test("a preview is removed when it is there, never was, was opened again, and by hand", slow, (t) => {
  const { preview, pull, run, leave, deployed, deployments, artifacts, pulled } = box(t);
  const head = pulled({ "web/index.html": "2" });
  const closed = () => preview({ NUMBER: "17" });
  pull({ number: 17, state: "closed", head });
  const never = closed();
  assert.equal(never.status, 0, never.log);
  assert.match(never.log, /Nothing to remove/);
  assert.equal(never.outputs, "");
  // Begun and cancelled: only the mark is there.
  run({ id: 61, event: "pull_request", head_branch: "feature", head_sha: head });
  leave("started-preview-17", 61, {});
  const due = closed();
  assert.equal(due.outputs, "environment=preview-17\nbranch=main\n", due.log);
  // So long ago that GitHub has no artifact any more: a deployment stays.
  deployed("preview-17", "success");
  const done = preview({ REMOVED: "preview-17", GH_TOKEN: "removed" });
  assert.equal(done.status, 0, done.log);
  assert.deepEqual(artifacts(), []);
  assert.deepEqual(deployments()[0]!.states[0], "inactive");
  assert.match(closed().log, /Nothing to remove/);
  deployed("preview-17", "failure");
  assert.equal(closed().outputs, "environment=preview-17\nbranch=main\n");
  // By hand again, whatever GitHub knows; not of one that is open.
  preview({ REMOVED: "preview-17", GH_TOKEN: "removed" });
  const hand = { GITHUB_EVENT_NAME: "workflow_dispatch" };
  assert.equal(preview({ NUMBER: "17", ...hand }).outputs, "environment=preview-17\nbranch=main\n");
  pull({ number: 17, state: "open", head });
  assert.match(preview({ NUMBER: "17", ...hand }).log, /Still open/);
  const again = closed();
  assert.equal(again.status, 0);
  assert.match(again.log, /Open again/);
  assert.equal(again.outputs, "");
  for (const wrong of ["17; rm", "../1", "017"]) {
    const refused = preview({ NUMBER: wrong, ...hand });
    assert.equal(refused.status, 1);
    assert.match(refused.log, /Not a pull request/);
  }
  assert.match(preview({ NUMBER: "99", ...hand }).log, /has no pull request 99/);
});

test(
  "each job that removes begins with nothing known but the name, and not where the pull request is open again",
  slow,
  (t) => {
    const { begin, preview, pull, deployed, deployments } = box(t);
    const { jobs } = written()("shop-removal");
    const begins = Object.values(jobs).flatMap(({ steps }) => steps.filter(({ uses }) => uses?.endsWith("/begin")));
    assert.equal(begins.length, 3);
    const started = (given: Record<string, string>) =>
      begin({}, given.job, { LOOKS: "no", REMOVES: given.removes ?? "no", GITHUB_EVENT_NAME: "workflow_dispatch" });
    deployed("preview-17", "success");
    const settle = () => preview({ REMOVED: "preview-17", GH_TOKEN: "removed" });
    // Jobs that failed can be run again by themselves, a month after the question whether it is to be removed.
    pull({ number: 17, state: "open" });
    for (const end of [...begins.map((step) => started(step.with!)), settle()]) {
      assert.equal(end.status, 1, end.log);
      assert.match(end.log, /Open again/);
    }
    assert.deepEqual(deployments()[0]!.states, ["success"]);
    pull({ number: 17, state: "closed" });
    for (const end of [...begins.map((step) => started(step.with!)), settle()]) assert.equal(end.status, 0, end.log);
  },
);

test("what is removed has the group in which it was deployed", () => {
  const grouped = definition.replace(
    "        workingDirectory: infra\n",
    "$&        concurrency: { group: [state-, { context: environment }], limit: 1 }\n",
  );
  const { jobs } = written(grouped)("shop-removal");
  assert.deepEqual(jobs.infra__apply!.concurrency, {
    group: `state-${expression("needs.due.outputs.environment")}`,
    queue: "max",
  });
});

test("once a day, what GitHub has started nothing of is removed as well", slow, (t) => {
  const { preview, pull, deployed, waiting } = box(t);
  pull({ number: 3, state: "closed" });
  deployed("preview-3", "success");
  pull({ number: 4, state: "closed" });
  deployed("preview-4", "inactive");
  pull({ number: 5, state: "open" });
  deployed("preview-5", "success");
  pull({ number: 6, state: "closed", fork: "else/shop" });
  deployed("preview-6", "success");
  const daily = preview({
    GITHUB_EVENT_NAME: "schedule",
    GITHUB_REF_NAME: "main",
    GITHUB_WORKFLOW_REF: "team/shop/.github/workflows/shop-removal.yml@refs/heads/main",
  });
  assert.equal(daily.status, 0, daily.log);
  assert.deepEqual(waiting(), [
    { path: ".github/workflows/shop-removal.yml", branch: "main", inputs: { number: "3" } },
  ]);
});

test("where a call fails, nothing is removed or left for removed", slow, (t) => {
  const { pull, deployed, start, deployments, run, leave, artifacts } = box(t);
  pull({ number: 17, state: "closed" });
  deployed("preview-17", "success");
  const env = {
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_BASE_REF: "main",
    NUMBER: "17",
    REMOVED: "",
    GH_TOKEN: "due",
  };
  const { calls } = start("preview", env, { counted: true });
  assert.equal(calls.gh, 4);
  for (const program of ["gh", "jq"] as const) {
    for (let call = 1; call <= calls[program]!; call++) {
      for (const how of ["fails", "fails for ever"] as const) {
        const end = start("preview", env, { sabotage: { program, call, how } });
        const isDue = end.outputs === "environment=preview-17\nbranch=main\n";
        assert.equal(end.status === 0, isDue, `${program} ${call} ${how}: ${end.outputs}${end.log}`);
      }
    }
  }
  run({ id: 61, event: "pull_request", head_branch: "feature" });
  leave("started-preview-17", 61, {});
  const settle = { ...env, NUMBER: "", REMOVED: "preview-17", GH_TOKEN: "removed" };
  // Whether it is closed, what is there of it, what its mark says, and then each of them: the mark goes last, by which a removal is known to be due.
  for (let call = 1; call <= 6; call++) {
    const end = start("preview", settle, { sabotage: { program: "gh", call, how: "fails for ever" } });
    assert.equal(end.status, 1, `${call}: ${end.log}`);
    assert.equal(deployments()[0]!.states[0], call === 6 ? "inactive" : "success");
    assert.deepEqual(artifacts(), [{ name: "started-preview-17", run: 61 }]);
  }
  for (let call = 1; call <= 6; call++) {
    leave("started-preview-17", 61, {});
    const end = start("preview", settle, { sabotage: { program: "gh", call, how: "fails" } });
    assert.equal(end.status, 0, `${call}: ${end.log}`);
    assert.deepEqual(artifacts(), []);
  }
});

test("what a later commit takes out of the definition is told at once, and is never settled as removed", slow, (t) => {
  const { pulled, about, place, pull, preview, run, leave, artifacts, temp, deployed, deployments } = box(t);
  const began = (id: number, head: string) => {
    const planned = place(about(head), { RUNNER_TEMP: temp, GITHUB_RUN_ID: String(id) });
    assert.equal(planned.status, 0, planned.log);
    run({ id, event: "pull_request", head_branch: "feature", head_sha: head });
    leave("started-preview-17", id, JSON.parse(readFileSync(join(temp, "plan/plan.json"), "utf8")));
    return planned;
  };
  writeFileSync(join(temp, "release-inputs.json"), "{}");
  const program = (text: string) =>
    Object.fromEntries(
      writeWorkflows(load(text), { layout: "orchestrated" }).map((file) => [file.path, file.text] as const),
    );
  const first = pulled({ "web/index.html": "2" });
  assert.doesNotMatch(began(61, first).log, /::warning/);
  // The same definition has nothing to say of itself.
  assert.doesNotMatch(began(62, first).log, /::warning/);
  const without = definition.replace(/ {6}warm: .*\n/, "").replace("remove: ./empty.sh", "remove: ./void.sh");
  const second = pulled(program(without));
  const told = began(63, second);
  assert.match(told.log, /::warning title=Stays in preview-17::.*web\.warm.*run 62.*\n/);
  deployed("preview-17", "success");
  pull({ number: 17, state: "closed", head: second });
  const settle = () => preview({ REMOVED: "preview-17", GH_TOKEN: "removed" });
  const left = settle();
  assert.equal(left.status, 1, left.log);
  assert.match(left.log, new RegExp(`::error title=Not removed::.*web\\.warm.*run 61.*${first}`));
  // Its own is removed; the others are known for as long as nobody has removed theirs.
  assert.deepEqual(
    artifacts().map((one) => one.run),
    [61, 62],
  );
  assert.deepEqual(deployments()[0]!.states, ["success"]);
  assert.equal(preview({ NUMBER: "17" }).outputs, "environment=preview-17\nbranch=main\n", "once a day again");
  // By hand, on a branch that has it.
  pulled(program(definition));
  pull({ number: 17, state: "closed", head: second });
  const end = settle();
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(artifacts(), []);
  assert.equal(deployments()[0]!.states[0], "inactive");
});

test(
  "of a fork and of runs from before nothing is believed, and what cannot be read is nothing that is gone",
  slow,
  (t) => {
    const { pull, preview, run, leave, artifacts, store } = box(t);
    pull({ number: 17, state: "closed" });
    const settle = () => preview({ REMOVED: "preview-17", GH_TOKEN: "removed" });
    run({ id: 60, event: "pull_request", head_branch: "main", fork: "else/shop" });
    leave("started-preview-17", 60, { removes: ["a.b"] });
    assert.match(preview({ NUMBER: "17" }).log, /Nothing to remove/);
    run({ id: 61, event: "pull_request", head_branch: "feature" });
    leave("started-preview-17", 61, { removes: "all" });
    assert.match(settle().log, /Unreadable/);
    assert.equal(settle().status, 1);
    run({ id: 62, event: "pull_request", head_branch: "feature" });
    leave("started-preview-17", 62, { removes: ["a.b\n::set-output::x", "web.gone"] });
    // It began before this was written down: what it says is all there is.
    run({ id: 63, event: "pull_request", head_branch: "feature" });
    leave("started-preview-17", 63, {});
    assert.equal(artifacts().length, 4);
    store.expire(/preview/, 61);
    store.expire(/preview/, 62);
    const old = settle();
    assert.equal(old.status, 0, old.log);
    assert.match(old.log, /::warning title=Not known any more::.*run 61/);
  },
);

test("a preview that is there follows its pull request, also where that takes its changes back", slow, (t) => {
  const { pulled, about, planRun, run, leave } = box(t);
  const docs = pulled({ "docs/a": "2" });
  assert.match(planRun(about(docs)).outputs, /deploy_preview=no/);
  run({ id: 61, event: "pull_request", head_branch: "feature", head_sha: docs });
  leave("started-preview-17", 61, {});
  const again = planRun(about(docs));
  assert.equal(again.status, 0, again.log);
  assert.match(again.outputs, /deploy_preview=yes\ndeploy_dev=no\nbuild_web=yes\nbuild_docs=yes/);
  const fork = planRun(about(docs, { head: { sha: docs, repo: { full_name: "else/shop" } } }));
  assert.match(fork.outputs, /deploy_preview=no/);
});

test("where GitHub does not say what is there of a preview, nothing is planned", slow, (t) => {
  const { pulled, about, start, run, leave, env } = box(t);
  const head = pulled({ "web/index.html": "2" });
  run({ id: 61, event: "pull_request", head_branch: "feature", head_sha: head });
  leave("started-preview-17", 61, {});
  // The list of marks; and in the preview also what the newest says, and the pull request.
  for (const [environment, asked] of [
    ["", 1],
    ["preview-17", 3],
  ] as const) {
    const given = { ...env, ENVIRONMENT: environment, PIPELINE: "" };
    assert.equal(start("plan", given, { event: about(head), counted: true }).calls.gh, asked);
    for (let call = 1; call <= asked; call++) {
      const sabotage = { program: "gh", call, how: "fails for ever" } as const;
      const end = start("plan", given, { event: about(head), sabotage });
      assert.deepEqual([end.status, end.outputs], [1, ""], `${environment} ${call}: ${end.log}`);
    }
  }
});

test("what a pull request cannot have in its preview, for the branch that it is for, is said", slow, (t) => {
  const limited = definition.replace('paths: ["infra/**"]', "$&\n    branches: [release]");
  const { pulled, about, place } = box(t, limited);
  const head = pulled({ "web/index.html": "2" });
  const half = place(about(head));
  assert.equal(half.status, 0, half.log);
  assert.match(half.outputs, /decision_infra=skip\n/);
  assert.match(half.outputs, /decision_web=blocked\n/);
  assert.match(
    half.log,
    /::warning title=Not in preview-17::web: needs infra, which pull requests for main do not run\./,
  );
});

test("its environment is open to every branch, and the doctor says so, and what its role must trust", () => {
  const needed = neededSettings(load(definition), { layout: "orchestrated" });
  const own = (text: string) => text.includes("environments/preview");
  const commands = settingCommands(needed)
    .map(({ command }) => command)
    .filter(own);
  assert.equal(commands.length, 1, "no branch policy is added");
  assert.match(commands[0]!, /"deployment_branch_policy": null/);
  const [, block] = /resource "github_repository_environment" "preview" \{([\s\S]*?)\n?\}\n/.exec(
    settingsTerraform(needed, []),
  )!;
  assert.doesNotMatch(block!, /deployment_branch_policy/);
  const there = (branches: "any" | readonly string[]): FoundEnvironment => ({
    branches,
    reviewers: [],
    preventsSelfReview: false,
    waitMinutes: 0,
    customRules: { is: [] },
    variables: { is: [] },
    secrets: { is: [] },
  });
  const found = (branches: "any" | readonly string[]): FoundSettings => ({
    repository: repo,
    defaultBranch: "main",
    server: { is: undefined },
    environments: new Map([["preview", { is: there(branches) }]]),
    reviewers: new Map(),
    variables: { is: [] },
    secrets: { is: [] },
    requiredChecks: { is: [] },
    subject: { is: { use_default: false, include_claim_keys: ["repo", "context", "job_workflow_ref"] } },
  });
  const line = (branches: "any" | readonly string[]) =>
    compareSettings(needed, found(branches)).find(({ checkUp }) => checkUp.name === "environment preview")!;
  assert.equal(line("any").checkUp.verdict, "ok");
  const closed = line(["main"]);
  assert.equal(closed.checkUp.verdict, "fail");
  assert.match(closed.commands[0]!, /"deployment_branch_policy": null/);
  const trust = trustLines(needed, found("any")).find(({ checkUp }) => checkUp.name === "trust of preview")!;
  // Runs of pull requests are of no branch.
  assert.match(trust.checkUp.text, /environment:preview:job_workflow_ref:team\/shop\/\.github\/workflows\/\*@\*/);
});
