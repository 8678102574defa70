import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployed, Plan, PlannedPipeline } from "../../src/plan/plan.ts";
import { withUndo } from "../../src/plan/undo.ts";
import { type RunFacts, releaseHistory } from "../../src/release/history.ts";
import { promotionTo, rollbackOf } from "../../src/release/moves.ts";
import { delivery, deployed, environment, job, pipeline } from "../plan/sample-delivery.ts";

const shop = delivery(
  [pipeline("infra"), pipeline("web")],
  [environment("dev"), environment("prod", { after: ["dev"] })],
);

type Told = Record<string, Deployed> | "began";

let seq = 0;

/** A run that changes environments, in this order; what it was to do there follows from it unless it is said. */
function run(
  number: number,
  changes: [string, Told][],
  parts: Partial<RunFacts> & { runs?: string[]; only?: true } = {},
) {
  const { runs = ["infra", "web"], only, moves, ...rest } = parts;
  const environments = [...new Set(changes.map(([name]) => name))];
  const facts: RunFacts = {
    run: `r${number}`,
    number,
    seq: ++seq,
    at: seq,
    delivery: shop,
    plan: {
      version: 1,
      delivery: "sample",
      change: { event: "manual", commit: `commit-${number}`, branch: "main" },
      environments,
      parameters: {},
      jobs: [],
      joins: [],
      criticalPath: [],
      pipelines: environments.flatMap((name) =>
        ["infra", "web"].map((each): PlannedPipeline => {
          const reason = { code: only ? ("not-selected" as const) : ("unchanged" as const), text: "", because: [] };
          const isRun = runs.includes(each);
          const common = { pipeline: each, environment: name, commit: `commit-${number}` };
          return isRun
            ? { ...common, decision: "run", reason: { ...reason, code: "paths-changed" } }
            : { ...common, decision: "reuse", reason, reused: deployed(1) };
        }),
      ),
    },
    conclusion: "succeeded",
    changes: changes.map(([name, told]) => ({
      environment: name,
      seq: ++seq,
      at: seq,
      ...(told !== "began" && { deployed: told }),
    })),
    answers: [],
    ...(moves !== undefined && { moves }),
    ...rest,
  };
  return facts;
}

const both = (release: number, origin?: number): Record<string, Deployed> => {
  const record = deployed(release, origin === undefined ? {} : { origin });
  return { infra: record, web: record };
};

function moved(
  number: number,
  moves: number,
  kind: "promotion" | "rollback",
  told: Told = both(number, moves),
): RunFacts {
  const facts = run(number, [["prod", told]], { moves });
  facts.plan.change.event = kind;
  return facts;
}

const placesOf = (history: ReturnType<typeof releaseHistory>) =>
  Object.fromEntries([...history.releases].map(([number, { proven }]) => [number, [...proven.keys()]]));

test("a release is proven where all that was to run passed, and in what comes before", () => {
  const history = releaseHistory([
    run(1, [
      ["dev", both(1)],
      ["prod", both(1)],
    ]),
    run(2, [["dev", { infra: deployed(2) }]], { conclusion: "failed" }),
    run(
      3,
      [
        ["dev", { infra: deployed(3) }],
        ["prod", both(3)],
      ],
      { conclusion: "failed" },
    ),
    run(4, [["dev", "began"]], { conclusion: "failed" }),
    run(5, [["dev", { web: deployed(5) }]], { runs: ["web"] }),
  ]);
  assert.deepEqual(placesOf(history), { 5: ["dev"], 4: [], 3: [], 2: [], 1: ["dev", "prod"] });
  const { visits } = history.environments.get("dev")!;
  assert.deepEqual(
    visits.map(({ release, outcome }) => [release, outcome]),
    [
      [1, "whole"],
      [2, "part"],
      [3, "part"],
      [4, "part"],
      [5, "whole"],
    ],
  );
  assert.deepEqual(history.releases.get(5)!.proven.get("dev"), { infra: deployed(3), web: deployed(5) });
});

test("what nobody had to do is proven with what was there, and a pull request makes no release", () => {
  const idle = run(2, [["dev", { web: deployed(2) }]], { runs: ["web"] });
  idle.plan.environments.push("prod");
  idle.plan.pipelines.push(
    ...["infra", "web"].map(
      (each): PlannedPipeline => ({
        pipeline: each,
        environment: "prod",
        decision: "reuse",
        reason: { code: "unchanged", text: "", because: [] },
        commit: "commit-2",
        reused: deployed(1),
      }),
    ),
  );
  const check = run(3, []);
  check.plan.change.event = "pull-request";
  const history = releaseHistory([idle, check]);
  assert.deepEqual(placesOf(history), { 2: ["dev", "prod"] });
  assert.deepEqual(history.releases.get(2)!.proven.get("prod"), { infra: deployed(1), web: deployed(1) });
});

test("a move brings a release on and makes none; going back takes back all that came after its target", () => {
  const first = [1, 2, 3].map((number) => run(number, [["dev", both(number)]]));
  const there = [...first, moved(4, 1, "promotion"), moved(5, 2, "promotion"), moved(6, 3, "promotion")];
  const history = releaseHistory(there);
  assert.deepEqual(placesOf(history), { 3: ["dev", "prod"], 2: ["dev", "prod"], 1: ["dev", "prod"] });

  const back = releaseHistory([...there, moved(7, 1, "rollback", "began")]).environments.get("prod")!;
  assert.deepEqual(
    [...back.takenBack],
    [
      [2, "r7"],
      [3, "r7"],
    ],
    "as soon as it has begun",
  );
  const last = back.visits.at(-1)!;
  assert.deepEqual([last.kind, last.release, last.outcome], ["rollback", 1, "part"]);

  const again = releaseHistory([...there, moved(7, 1, "rollback"), moved(8, 3, "promotion")]).environments.get("prod")!;
  assert.deepEqual([...again.takenBack.keys()], [2], "what is brought by its name is welcome again");
  assert.deepEqual(again.visits.at(-1)!.set, both(8, 3));
});

test("one pipeline alone is told as such and proves nothing as a whole", () => {
  const alone = moved(3, 1, "promotion", { web: deployed(3, { origin: 1 }) });
  for (const planned of alone.plan.pipelines) {
    if (planned.pipeline === "infra") {
      planned.decision = "reuse";
      planned.reason = { code: "not-selected", text: "", because: [] };
    }
  }
  const history = releaseHistory([run(1, [["dev", both(1)]]), alone]);
  const visit = history.environments.get("prod")!.visits.at(-1)!;
  assert.deepEqual([visit.only, visit.outcome], [["web"], "whole"]);
  assert.deepEqual(placesOf(history), { 1: ["dev"] });
});

test("a run that goes on is open, until somebody else comes there", () => {
  const open = run(1, [["dev", "began"]]);
  delete open.conclusion;
  assert.equal(releaseHistory([open]).environments.get("dev")!.visits[0]!.outcome, "open");
  const { visits } = releaseHistory([open, run(2, [["dev", both(2)]])]).environments.get("dev")!;
  assert.deepEqual(
    visits.map(({ outcome }) => outcome),
    ["part", "whole"],
  );
});

test("a release that never was where something newer is goes there neither forwards nor back, and both say so", () => {
  const history = releaseHistory([
    run(1, [
      ["dev", both(1)],
      ["prod", both(1)],
    ]),
    run(2, [["dev", both(2)]]),
    run(3, [
      ["dev", both(3)],
      ["prod", both(3)],
    ]),
  ]);
  const move = (judge: typeof promotionTo | typeof rollbackOf, number: number) => {
    const found = judge(history, { to: "prod", release: history.releases.get(number)! });
    assert.ok("mayNot" in found);
    return found.mayNot;
  };
  assert.deepEqual(move(promotionTo, 1), { code: "older", release: 1, here: 3, wasThere: true });
  assert.deepEqual(move(promotionTo, 2), { code: "older", release: 2, here: 3, wasThere: false });
  assert.deepEqual(move(rollbackOf, 2), { code: "was-never-there", release: 2, known: [1], isOlder: true });
});

/** A run whose pipelines all began to be deployed, by a delivery in which each has a job that undoes. */
function undoable(facts: RunFacts): RunFacts {
  const jobs = { deploy: job({ deploys: true }), back: job({ undo: true }) };
  const here = facts.plan.pipelines.filter(({ decision }) => decision === "run");
  const reason = { code: "forced" as const, text: "", because: [] };
  facts.delivery = delivery([pipeline("infra", { jobs }), pipeline("web", { jobs })], shop.environments);
  facts.plan.jobs = here.map(({ pipeline: name, environment: where }): Plan["jobs"][number] => {
    const is = { pipeline: name, job: "deploy", environment: where!, decision: "run" as const };
    return { id: `${name}.deploy@${where}`, ...is, reason, after: [], requires: [] };
  });
  const [{ seq: told, at }] = facts.changes as [RunFacts["changes"][number]];
  facts.changes.unshift(...facts.plan.jobs.map(({ id }) => ({ environment: "prod", seq: told - 0.5, at, job: id })));
  return facts;
}

test("what one pipeline went back to is undone beneath what the others have upon it, each with its own values", () => {
  const first = [1, 2, 3].map((number) => run(number, [["prod", both(number)]]));
  const alone = run(4, [["prod", { web: deployed(4, { origin: 2 }) }]], { moves: 2, runs: ["web"], only: true });
  alone.plan.change.event = "rollback";
  const runs = [...first, alone].map(undoable);
  const found = rollbackOf(releaseHistory(runs), { to: "prod", release: releaseHistory(runs).releases.get(1)! });
  assert.ok("move" in found);
  const planned = withUndo(run(5, [["prod", "began"]]).plan, "prod", found.move.undoes);
  assert.deepEqual(
    planned.jobs.map(({ id, undoes }) => [id, undoes?.to.release]),
    [
      ["infra.back@prod[release=3]", 2],
      ["web.back@prod[release=2]", 1],
      ["infra.back@prod[release=2]", 1],
    ],
  );
  const released = Object.entries(planned.undone![2]!.set).map(([name, { release }]) => [name, release]);
  assert.deepEqual(released, [
    ["infra", 2],
    ["web", 4],
  ]);
});
