/** No finding without a counterexample: every proposal claims, and what it claims can be told from its opposite. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check } from "../../src/check/check.ts";
import type { Candidate } from "../../src/check/rule.ts";
import { rules } from "../../src/check/rules.ts";
import { unreplayed } from "../../src/check/unreplayed.ts";
import { githubFacts } from "../../src/platforms/github/facts/github-facts.ts";
import type { Replay, Simulator } from "../../src/simulation/simulator.ts";
import { fullDepth } from "../lane/needs.ts";
import { casesOf, checkFolder } from "./cases.ts";

const ids = new Set(rules.map((rule) => rule.id));

test("only rules that there are may report without a claim, each for a reason", () => {
  for (const [id, reason] of unreplayed) {
    assert.ok(ids.has(id), `${id} is no rule`);
    assert.match(reason, /^[a-z].{20,}$/);
  }
});

test("a rule that is not among them and claims nothing is our mistake", async () => {
  const folder = casesOf("err")[0]!.folder;
  const facts = githubFacts((await checkFolder(folder)).repository);
  const silent = { ...rules[0]!, find: () => [{ message: "wrong" } as unknown as Candidate] };
  assert.throws(() => check(facts, { rules: [silent] }), /reports without a claim/);
});

describe("what cannot be carried out is not reported", fullDepth(), () => {
  const never: Simulator = {
    simulate: () => assert.fail("only replays are asked for"),
    replay: (scenario, schedule): Replay => {
      const trace = { scenario, runs: [], entries: [] };
      return { kind: "impossible", moment: schedule.length, reason: "nothing ever happens", trace };
    },
  };
  for (const { rule, name, folder } of casesOf("err")) {
    if (unreplayed.has(rule)) continue;
    test(`${rule}/${name}`, async () => {
      const { facts } = await checkFolder(folder);
      const refuted: string[] = [];
      const onRefuted = ({ id }: { readonly id: string }) => refuted.push(id);
      // What needs nothing to happen is reported all the same.
      const left = check(facts, { simulator: never, onRefuted }).filter((finding) => !unreplayed.has(finding.rule));
      assert.deepEqual(left, []);
      assert.ok(refuted.includes(rule));
    });
  }
});

describe("an ending is told from its opposite", fullDepth(), () => {
  for (const { rule, name, folder } of casesOf("err")) {
    if (unreplayed.has(rule)) continue;
    test(`${rule}/${name}: not in a trace in which nothing has happened, unless it says that something never does`, async () => {
      const { facts, simulator: real } = await checkFolder(folder);
      const empty: Simulator = {
        ...real,
        replay: (scenario) => ({ kind: "possible", trace: { scenario, runs: [], entries: [] } }),
      };
      const only = rules.filter(({ id }) => id === rule);
      const claimed = check(facts, { rules: only, simulator: empty });
      const found = check(facts, { rules: only, simulator: real });
      assert.ok(found.length > 0);
      const happening = claimed.filter(({ message }) => !/ never runs: /.test(message));
      if (!neverRules.has(rule)) assert.deepEqual(happening, []);
    });
  }
  /** Rules about what never happens: there the schedule is what has to be carried out. */
  const neverRules = new Set([
    "dangling-workflow-run",
    "chain-too-deep",
    "upstream-path-starvation",
    "impossible-branch-filter",
    "ref-test-never-true-under-workflow-run",
    "condition-never-true",
    "event-field-absent",
    "skip-propagation-blocks-deploy",
    "wait-action-empty-set",
    "self-or-cyclic-workflow-run",
    "called-workflow-waits-for-caller",
    "trigger-misses-consumer",
    "filter-misses-what-it-deploys",
    "required-check-never-reports",
  ]);
});
