import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery } from "../../src/model/delivery.ts";
import { explain } from "../../src/plan/explain.ts";
import { plan } from "../../src/plan/make-plan.ts";
import type { PlanRequest } from "../../src/plan/plan.ts";
import {
  artifact,
  decisions,
  delivery,
  deployed,
  environment,
  job,
  jobOf,
  output,
  pipeline,
  pipelineDecisions,
  releaseJob,
  request,
} from "./sample-delivery.ts";

const infra = pipeline("infra", { outputs: { bucket: output("apply") }, jobs: { apply: job({ deploys: true }) } });
const web = pipeline("web", {
  needs: ["infra"],
  pullRequests: true,
  jobs: {
    test: releaseJob({ artifacts: { dist: { path: "dist" } } }),
    deploy: job({ needs: ["test"], deploys: true, env: { BUCKET: { output: "infra.bucket" } } }),
  },
});
const docs = pipeline("docs");
const storefront = delivery([infra, web, docs], [environment("dev"), environment("test", { after: ["dev"] })]);

const infra41 = deployed(41, { outputs: { bucket: "dev-bucket" } });
const web41 = deployed(41, { artifacts: { dist: artifact("a") } });
const all41 = { dev: { infra: infra41, web: web41, docs: deployed(41) } };

function changes(paths: string[], parts: Partial<PlanRequest["change"]> = {}): Partial<PlanRequest["change"]> {
  return { changedSince: { "commit-41": paths }, ...parts };
}

test("what was never deployed runs", () => {
  const made = plan(storefront, request());
  assert.deepEqual(pipelineDecisions(made), [
    "infra@dev run never-deployed",
    "web@dev run never-deployed",
    "docs@dev run never-deployed",
  ]);
  assert.equal(made.pipelines[0]?.reason.text, "never deployed to dev");
});

test("nothing changed: all is reused by value", () => {
  const made = plan(storefront, request({ deployed: all41, change: changes(["README.md"]) }));
  assert.deepEqual(decisions(made), [
    "web.test reuse",
    "infra.apply@dev reuse",
    "web.deploy@dev reuse",
    "docs.deploy@dev reuse",
  ]);
  assert.equal(jobOf(made, "web.deploy@dev").reason.text, "unchanged since release 41: outputs reused");
  assert.deepEqual(made.pipelines[0]?.reused, infra41);
  assert.deepEqual(jobOf(made, "web.test").reused, web41);
});

test("a changed pipeline runs, what it needs is reused, what does not need it too", () => {
  const made = plan(storefront, request({ deployed: all41, change: changes(["web/a", "web/b", "README.md"]) }));
  assert.deepEqual(pipelineDecisions(made), [
    "infra@dev reuse unchanged",
    "web@dev run paths-changed",
    "docs@dev reuse unchanged",
  ]);
  assert.deepEqual(made.pipelines[1]?.reason, {
    code: "paths-changed",
    text: "2 files changed under web/**",
    because: ["web/a", "web/b"],
  });
  assert.deepEqual(jobOf(made, "web.deploy@dev").after, ["web.test"]);
});

test("consumers of what runs run too, and explain leads to the root", () => {
  const made = plan(storefront, request({ deployed: all41, change: changes(["infra/main.tf"]) }));
  assert.deepEqual(pipelineDecisions(made), [
    "infra@dev run paths-changed",
    "web@dev run upstream-runs",
    "docs@dev reuse unchanged",
  ]);
  assert.deepEqual(explain(made, "web.test"), [
    "web.test runs: infra runs, which web needs",
    "infra runs in dev: 1 file changed under infra/**",
    "  infra/main.tf",
  ]);
  assert.throws(() => explain(made, "web.tset"), /the plan has no job web.tset/);
});

test("each environment is compared with what it has, and reads its own values", () => {
  const infra38 = deployed(38, { outputs: { bucket: "test-bucket" } });
  const history = {
    ...all41,
    test: { infra: infra38, web: deployed(40, { artifacts: { dist: artifact("b") } }), docs: deployed(40) },
  };
  const made = plan(
    storefront,
    request({
      environments: ["dev", "test"],
      deployed: history,
      change: { changedSince: { "commit-41": [], "commit-40": ["web/x"], "commit-38": ["web/x"] } },
    }),
  );
  assert.deepEqual(pipelineDecisions(made), [
    "infra@dev reuse unchanged",
    "web@dev reuse unchanged",
    "docs@dev reuse unchanged",
    "infra@test reuse unchanged",
    "web@test run paths-changed",
    "docs@test reuse unchanged",
  ]);
  assert.equal(made.pipelines[3]?.reused?.outputs.bucket, "test-bucket");
  assert.equal(jobOf(made, "web.test").decision, "run");
  assert.deepEqual(jobOf(made, "web.deploy@test").after, ["web.test"]);
});

test("a base that git does not know, or that was not committed, counts as changed", () => {
  const unknown = plan(storefront, request({ deployed: all41 }));
  assert.equal(unknown.pipelines[0]?.reason.text, "git does not know commit commit-41, deployed to dev in release 41");
  const mixed = { dev: { ...all41.dev, docs: deployed(41, { commit: "commit-41+uncommitted" }) } };
  const made = plan(storefront, request({ deployed: mixed, change: changes([]) }));
  assert.equal(made.pipelines[2]?.reason.code, "base-unknown");
  assert.match(made.pipelines[2]!.reason.text, /not committed/);
});

test("uncommitted files count, and what they touch is not recorded as the commit alone", () => {
  const made = plan(storefront, request({ deployed: all41, change: changes(["web/a"], { uncommitted: ["web/b"] }) }));
  assert.equal(made.pipelines[1]?.reason.text, "2 files changed under web/**, 1 of them not committed");
  assert.deepEqual(
    made.pipelines.map(({ commit }) => commit),
    ["new", "new+uncommitted", "new"],
  );
});

test("a consumer that missed the last deployment of what it needs catches up", () => {
  const history = { dev: { ...all41.dev, infra: { ...infra41, release: 42 } } };
  const made = plan(storefront, request({ deployed: history, change: changes([]) }));
  assert.deepEqual(pipelineDecisions(made), [
    "infra@dev reuse unchanged",
    "web@dev run upstream-deployed",
    "docs@dev reuse unchanged",
  ]);
});

test("a deployment without an output that is taken from it is no substitute for a run", () => {
  const history = { dev: { ...all41.dev, infra: deployed(41) } };
  const made = plan(storefront, request({ deployed: history, change: changes([]) }));
  assert.equal(made.pipelines[0]?.reason.code, "not-published");
  assert.equal(made.pipelines[1]?.reason.code, "upstream-runs");
});

test("only selected pipelines start; what they need is reused, or runs when there is nothing to reuse", () => {
  const reusing = plan(
    storefront,
    request({ pipelines: ["web"], deployed: { dev: { infra: infra41 } }, change: changes(["infra/x"]) }),
  );
  assert.deepEqual(pipelineDecisions(reusing), [
    "infra@dev reuse not-selected",
    "web@dev run never-deployed",
    "docs@dev skip not-selected",
  ]);
  assert.equal(
    reusing.pipelines[0]?.reason.text,
    "not among the selected pipelines (web); outputs of release 41 reused",
  );
  const needing = plan(storefront, request({ pipelines: ["web"] }));
  assert.deepEqual(pipelineDecisions(needing).slice(0, 2), ["infra@dev run needed-by", "web@dev run never-deployed"]);
  const consumers = plan(storefront, request({ pipelines: ["infra"] }));
  assert.deepEqual(pipelineDecisions(consumers), [
    "infra@dev run never-deployed",
    "web@dev skip not-selected",
    "docs@dev skip not-selected",
  ]);
});

test("force runs what is unchanged, the named ones or all", () => {
  const named: Parameters<typeof request>[0] = {
    pipelines: ["web"],
    force: "named-pipelines",
    deployed: all41,
    change: changes([]),
  };
  assert.deepEqual(pipelineDecisions(plan(storefront, request(named))), [
    "infra@dev reuse not-selected",
    "web@dev run forced",
    "docs@dev skip not-selected",
  ]);
  const all = plan(storefront, request({ force: "all", deployed: all41, change: changes([]) }));
  assert.ok(pipelineDecisions(all).every((line) => line.endsWith("run forced")));
});

test("events and branches filter; what needs a filtered pipeline lives on what is deployed, or does not run", () => {
  const manual = delivery([{ ...infra, triggers: { ...infra.triggers, manual: false } }, web]);
  const reused = plan(
    manual,
    request({ deployed: { dev: { infra: infra41 } }, change: { event: "manual", ...changes([]) } }),
  );
  assert.deepEqual(pipelineDecisions(reused), ["infra@dev reuse event-filter", "web@dev run never-deployed"]);
  const blocked = plan(manual, request({ change: { event: "manual" } }));
  assert.deepEqual(pipelineDecisions(blocked), ["infra@dev skip event-filter", "web@dev skip upstream-skipped"]);
  assert.deepEqual(explain(blocked, "web.deploy@dev"), [
    "web.deploy@dev does not run: needs infra, which does not run in dev: infra may not be started by hand",
    "infra does not run in dev: infra may not be started by hand",
  ]);
  const onMain = delivery(
    [pipeline("web", { branches: ["main", "release/**"] })],
    [environment("dev", { branch: "**" })],
  );
  assert.deepEqual(pipelineDecisions(plan(onMain, request({ change: { branch: "release/a/b" } }))), [
    "web@dev run never-deployed",
  ]);
  assert.deepEqual(pipelineDecisions(plan(onMain, request({ change: { branch: "feature" } }))), [
    "web@dev skip branch-filter",
  ]);
});

test("a push to another branch does not deploy to an environment, a promotion does", () => {
  const guarded = delivery([docs], [environment("dev", { branch: "develop" })]);
  assert.deepEqual(pipelineDecisions(plan(guarded, request())), ["docs@dev skip branch-filter"]);
  assert.deepEqual(pipelineDecisions(plan(guarded, request({ change: { event: "promotion" } }))), [
    "docs@dev run never-deployed",
  ]);
});

test("a schedule starts those that have one, whatever changed", () => {
  const nightly = delivery([pipeline("backup", { schedules: ["0 3 * * *"] }), docs]);
  const history = { dev: { backup: deployed(41), docs: deployed(41) } };
  const made = plan(nightly, request({ deployed: history, change: { event: "schedule", ...changes([]) } }));
  assert.deepEqual(pipelineDecisions(made), ["backup@dev run scheduled", "docs@dev reuse event-filter"]);
});

test("a pull request runs checks of those that ask for it, by its own diff", () => {
  const change: Partial<PlanRequest["change"]> = {
    event: "pull-request",
    base: "fork",
    changedSince: { fork: ["web/a"] },
  };
  const made = plan(storefront, request({ deployed: all41, change }));
  assert.deepEqual(decisions(made), [
    "web.test run",
    "infra.apply@dev skip",
    "web.deploy@dev skip",
    "docs.deploy@dev skip",
  ]);
  assert.equal(jobOf(made, "web.deploy@dev").reason.text, "it deploys, and a pull request only runs checks");
  const alone = plan(storefront, request({ environments: [], change }));
  assert.deepEqual(decisions(alone), ["web.test run"]);
  assert.deepEqual(alone.pipelines, []);
  const elsewhere = plan(
    storefront,
    request({ environments: [], change: { ...change, changedSince: { fork: ["docs/a"] } } }),
  );
  assert.deepEqual(decisions(elsewhere), ["web.test skip"]);
});

test("a check of a pull request reads what is deployed, and is skipped where nothing is", () => {
  const checked = pipeline("web", {
    needs: ["infra"],
    pullRequests: true,
    jobs: { build: job({ env: { BUCKET: { output: "infra.bucket" } } }) },
  });
  const change: Partial<PlanRequest["change"]> = {
    event: "pull-request",
    base: "fork",
    changedSince: { fork: ["web/a"] },
  };
  const made = plan(delivery([infra, checked]), request({ change, deployed: { dev: { infra: infra41 } } }));
  assert.equal(jobOf(made, "web.build@dev").decision, "run");
  assert.equal(made.pipelines[0]?.reused?.outputs.bucket, "dev-bucket");
  const without = jobOf(plan(delivery([infra, checked]), request({ change })), "web.build@dev");
  assert.equal(
    without.reason.text,
    "it takes the output infra.bucket, but infra.apply@dev does not run and nothing deployed in dev has it",
  );
});

test("a promotion takes the files that were proven and deploys them", () => {
  const move: Partial<PlanRequest["change"]> = { event: "promotion", commit: "commit-41" };
  const promoted = plan(storefront, request({ environments: ["test"], deployed: all41, change: move }));
  assert.deepEqual(decisions(promoted), [
    "web.test reuse",
    "infra.apply@test run",
    "web.deploy@test run",
    "docs.deploy@test run",
  ]);
  assert.equal(jobOf(promoted, "web.test").reason.text, "made in release 41: the same files go everywhere");
  assert.deepEqual(jobOf(promoted, "web.test").reused, web41);
  const release = { infra: infra41, web: deployed(40, { artifacts: { dist: artifact("c") } }) };
  const given = plan(storefront, request({ environments: ["test"], release, deployed: all41, change: move }));
  assert.equal(jobOf(given, "web.test").reused?.release, 40);
});

test("a promotion replaces files that differ from the proven ones although the sources are the same", () => {
  const test40 = { infra: infra41, web: deployed(41, { artifacts: { dist: artifact("b") } }), docs: deployed(41) };
  const made = plan(
    storefront,
    request({
      environments: ["test"],
      release: { web: web41, infra: infra41 },
      deployed: { ...all41, test: test40 },
      change: { event: "promotion", ...changes([]) },
    }),
  );
  assert.deepEqual(pipelineDecisions(made), [
    "infra@test reuse unchanged",
    "web@test run new-release",
    "docs@test reuse not-in-release",
  ]);
});

test("going back, what an environment made before it deployed is taken as it was, and what differs by value is restored", () => {
  const shop = delivery([
    pipeline("infra", { outputs: { bucket: output("apply") }, jobs: { apply: job({ deploys: true }) } }),
    pipeline("web", {
      needs: ["infra"],
      jobs: {
        build: job({ artifacts: { dist: { path: "dist" } } }),
        deploy: job({ needs: ["build"], deploys: true }),
        smoke: job({ needs: ["deploy"] }),
        lint: job(),
      },
    }),
  ]);
  const set = (release: number, digit: string, bucket: string) => ({
    infra: deployed(release, { commit: "old", outputs: { bucket } }),
    web: deployed(release, { commit: "old", artifacts: { dist: artifact(digit) } }),
  });
  const back = (there: ReturnType<typeof set>, begun: Record<string, number> = {}) => {
    const change = { event: "rollback", commit: "old" } as const;
    const asked = request({ deployed: { dev: there }, release: set(1, "a", "one"), change });
    return plan(shop, { ...asked, history: { ...asked.history, begun: { dev: begun } } });
  };
  assert.deepEqual(decisions(back(set(2, "b", "one"))), [
    "infra.apply@dev reuse",
    "web.build@dev reuse",
    "web.deploy@dev run",
    "web.smoke@dev run",
    "web.lint@dev run",
  ]);
  const web = back(set(2, "b", "one")).pipelines.find((one) => one.pipeline === "web")!;
  assert.deepEqual([web.reason.code, web.reused], ["new-release", set(1, "a", "one").web]);
  const values = back(set(2, "a", "two"));
  assert.deepEqual(pipelineDecisions(values), ["infra@dev run new-release", "web@dev run upstream-runs"]);
  assert.deepEqual(pipelineDecisions(back(set(1, "a", "one"))), [
    "infra@dev reuse unchanged",
    "web@dev reuse unchanged",
  ]);
  assert.deepEqual(pipelineDecisions(back(set(1, "a", "one"), { web: 3 })), [
    "infra@dev reuse unchanged",
    "web@dev run half-deployed",
  ]);
});

test("what began to be deployed later and did not pass is deployed again, be it the same files", () => {
  const begun = { dev: { web: 42 } };
  const change = { ...changes([]), commit: "commit-41" };
  const history = { deployed: { dev: { infra: infra41, web: web41, docs: deployed(41) } }, begun };
  const found = plan(storefront, { ...request({ change }), history });
  assert.deepEqual(pipelineDecisions(found), [
    "infra@dev reuse unchanged",
    "web@dev run half-deployed",
    "docs@dev reuse unchanged",
  ]);
  const { reason } = found.pipelines[1]!;
  assert.equal(reason.text, "something newer than release 41 began to be deployed to dev and has not passed there");
});

test("conditions decide by environment, event, parameter and variable; what needs a skipped job is skipped unless it always runs", () => {
  const conditional = pipeline("web", {
    jobs: {
      seed: job({ condition: { all: [{ environment: ["dev"] }, { not: { event: ["schedule"] } }] } }),
      load: job({ needs: ["seed"] }),
      report: job({ needs: ["load"], runsAfter: "always" }),
      clean: job({ needs: ["load"], runsAfter: "failure" }),
      debug: job({
        condition: {
          any: [
            { parameter: "debug", equals: "true" },
            { variable: "tier", equals: "low" },
          ],
        },
      }),
    },
  });
  const sample: Delivery = {
    ...delivery([conditional], [environment("dev"), environment("prod", { variables: { tier: "low" } })]),
    parameters: { debug: { type: "boolean", default: "false", options: [] } },
    variables: { tier: "high" },
  };
  const made = plan(sample, request({ environments: ["dev", "prod"] }));
  assert.deepEqual(decisions(made), [
    "web.seed@dev run",
    "web.load@dev run",
    "web.report@dev run",
    "web.clean@dev run",
    "web.debug@dev skip",
    "web.seed@prod skip",
    "web.load@prod skip",
    "web.report@prod run",
    "web.clean@prod skip",
    "web.debug@prod run",
  ]);
  assert.deepEqual(explain(made, "web.load@prod"), [
    "web.load@prod does not run: web.seed@prod does not run, which it needs",
    "web.seed@prod does not run: its condition does not hold in prod: environment is dev and (not event is schedule)",
  ]);
  assert.equal(jobOf(made, "web.clean@prod").reason.text, "it runs after a failure, and nothing before it runs");
  assert.equal(jobOf(plan(sample, request({ parameters: { debug: "true" } })), "web.debug@dev").decision, "run");
});

test("names that every object has are ordinary names here", () => {
  const odd = delivery([pipeline("constructor")], [environment("valueOf")]);
  const made = plan(odd, request({ environments: ["valueOf"] }));
  assert.deepEqual(pipelineDecisions(made), ["constructor@valueOf run never-deployed"]);
});

test("a pull request whose base nobody knows is compared with what is deployed, and what that lacks is no reason", () => {
  const change: Partial<PlanRequest["change"]> = { event: "pull-request", ...changes([]) };
  const lib = pipeline("lib", {
    pullRequests: true,
    outputs: { version: output("pack") },
    jobs: { pack: releaseJob() },
  });
  const app = pipeline("app", {
    needs: ["lib"],
    pullRequests: true,
    jobs: { check: job({ env: { V: { output: "lib.version" } } }) },
  });
  const history = { dev: { lib: deployed(41), app: deployed(41) } };
  const found = plan(delivery([lib, app]), request({ deployed: history, change }));
  assert.deepEqual(pipelineDecisions(found), ["lib@dev reuse unchanged", "app@dev reuse unchanged"]);
  // The same as a push has to publish it.
  const pushed = plan(delivery([lib, app]), request({ deployed: history, change: changes([]) }));
  assert.equal(pipelineDecisions(pushed)[0], "lib@dev run not-published");
});

test("a need that does not run holds up what has a reason to run, and nothing else", () => {
  const byHand = delivery([{ ...infra, triggers: { ...infra.triggers, manual: false } }, web]);
  const change = { event: "manual" as const, ...changes([]) };
  // infra was never deployed and may not start; web is as it was, and stays so.
  const still = plan(byHand, request({ deployed: { dev: { web: web41 } }, change }));
  assert.deepEqual(pipelineDecisions(still), ["infra@dev skip event-filter", "web@dev reuse unchanged"]);
  const touched = { event: "manual" as const, ...changes(["web/a"]) };
  const held = plan(byHand, request({ deployed: { dev: { web: web41 } }, change: touched }));
  assert.deepEqual(pipelineDecisions(held), ["infra@dev skip event-filter", "web@dev skip upstream-skipped"]);
});
