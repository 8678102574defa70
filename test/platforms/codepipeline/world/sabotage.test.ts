/** What the checkers see: an account that does what it must not, by a function or a template with a mistake in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimulatedPipeline } from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { Account } from "./account.ts";
import { type checkers, violations } from "./checkers.ts";
import type { Definition, Layout } from "./definition.ts";
import { begun, ended } from "./life.ts";
import { shopIn } from "./shop.ts";

interface Sabotage {
  /** What is seen. */
  readonly sees: keyof typeof checkers | "a push that does not get everywhere" | "other bytes in another environment";
  readonly layout: Layout;
  readonly rollback?: "function";
  /** Words of a function, and what takes their place. */
  readonly words?: readonly (readonly [string, string])[];
  readonly template?: (definition: Definition) => Definition;
  /** With what is found meanwhile, if anything. */
  readonly when: (account: Account) => Promise<unknown>;
}

const inPipelines =
  (change: (pipeline: SimulatedPipeline) => SimulatedPipeline) =>
  (definition: Definition): Definition => ({ ...definition, pipelines: definition.pipelines.map(change) });
const inParallel = inPipelines((one) => ({ ...one, executionMode: "PARALLEL" }));

/** Everybody a little, in turn. */
async function takeTurns(account: Account): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    const all = account.moves();
    const move = all[turn % Math.max(1, all.length)];
    if (move) await account.perform(move);
    else for (const id of account.machine.pipelines.keys()) account.answer(id, "approve");
  }
}

const sabotages: readonly Sabotage[] = [
  {
    sees: "what was not proven before",
    layout: "separate",
    words: [["proven.every((before) => before.has(number))", "true"]],
    when: async (account) => {
      account.closed.add("shop-infra-to-dev dev");
      account.push(["web"]);
      await account.settle();
    },
  },
  {
    sees: "what was not proven before",
    layout: "single",
    template: inPipelines((one) => ({ ...one, stages: [...one.stages.slice(0, 2), ...one.stages.slice(2).reverse()] })),
    when: async () => undefined,
  },
  {
    sees: "older over newer, and nobody asked",
    layout: "separate",
    words: [
      ['asked === "newest" ||', 'asked === "newest" && (number = releases.at(-1)) ||'],
      ["const number = releases.find", "let number = releases.find"],
    ],
    when: async (account) => {
      account.push(["web"]);
      await account.settle();
      account.enqueue("shop-infra-to-dev", { by: "person" });
      await account.settle();
    },
  },
  {
    sees: "older over newer, and nobody asked",
    layout: "single",
    template: inParallel,
    when: async (account) => {
      for (const _ of ["one", "other"]) {
        account.push(["web"]);
        await account.perform(account.moves()[0]!);
      }
      for (let move = account.moves().at(-1); move; move = account.moves().at(-1)) await account.perform(move);
    },
  },
  {
    sees: "two runs in one environment",
    layout: "single",
    template: inParallel,
    when: async (account) => {
      for (const _ of ["one", "other"]) account.push(["web"]);
      await takeTurns(account);
    },
  },
  {
    sees: "two runs in one environment",
    layout: "separate",
    template: inParallel,
    when: async (account) => {
      for (const _ of ["one", "other"]) account.begin(account.enqueue("shop-infra-to-dev", { by: "person" }));
      await takeTurns(account);
    },
  },
  {
    sees: "green, and nothing done",
    layout: "separate",
    words: [['", nothing new"', '""']],
    when: async (account) => {
      account.enqueue("shop-infra-to-dev", { by: "person" });
      await account.settle();
    },
  },
  {
    sees: "green, and nothing done",
    layout: "single",
    template: inPipelines((one) => ({
      ...one,
      stages: one.stages.map((stage) =>
        stage.name === "dev" ? { ...stage, actions: stage.actions.filter(({ name }) => name !== "web-deploy") } : stage,
      ),
    })),
    when: async () => undefined,
  },
  {
    sees: "a value that is another one when it arrives",
    layout: "separate",
    words: [["] = one.run;", "] = run;"]],
    when: async (account) => {
      account.push(["web"]);
      await account.settle();
    },
  },
  {
    sees: "a value that is another one when it arrives",
    layout: "single",
    template: (definition) => ({
      ...definition,
      infrastructure: JSON.parse(
        JSON.stringify(definition.infrastructure).replaceAll("url/#{codepipeline.PipelineExecutionId}", "url/run-0"),
      ),
    }),
    when: async () => undefined,
  },
  {
    sees: "back to what was taken back, or twice",
    layout: "single",
    rollback: "function",
    words: [["wasTakenBack(+one.startTime)", "false"]],
    when: async (account) => {
      account.push(["web"]);
      await account.settle({ waits: false });
      account.send("CloudWatch Alarm State Change", { alarmName: "bad", state: { value: "ALARM" } });
      await account.settle();
      account.passes = ({ environment }) => environment !== "prod";
      account.push(["web"]);
      await account.settle();
    },
  },
  {
    sees: "back to what was taken back, or twice",
    layout: "single",
    rollback: "function",
    words: [["there.run !== run", "false"]],
    when: async (account) => {
      account.passes = ({ environment }) => environment !== "dev";
      account.push(["web"]);
      while (account.machine.runs[1]?.status !== "failed") await account.perform(account.moves()[0]!);
      account.passes = () => true;
      await account.settle();
      const detail = { pipeline: "shop", stage: "dev", state: "FAILED", "execution-id": "run-1" };
      account.send("CodePipeline Stage Execution State Change", detail);
    },
  },
  {
    sees: "half deployed, and recorded as whole",
    layout: "separate",
    words: [["isWhole: false", "isWhole: true"]],
    when: async (account) => {
      account.passes = ({ environment }) => environment === undefined;
      account.push(["web"]);
      await account.settle();
      return violations(account);
    },
  },
  {
    sees: "a push that does not get everywhere",
    layout: "separate",
    words: [[`token: \`\${number}-after-\${last?.id ?? "none"}\``, 'token: "once"']],
    when: async (account) => {
      account.push(["web"]);
      await account.settle();
    },
  },
  {
    sees: "a push that does not get everywhere",
    layout: "single",
    template: inPipelines((one) => ({ ...one, starts: [] })),
    when: async () => undefined,
  },
];

for (const { sees, layout, rollback, words = [], template, when } of sabotages) {
  const how = words[0]?.[0] ?? "in the template";
  test(`${layout}: ${sees} is seen, with a mistake: ${how}`, async () => {
    const settings = rollback ? { rollback, alarms: ["bad"] } : {};
    const definition = await shopIn(layout, {}, settings);
    let isPlaced = words.length === 0;
    const sabotage = (source: string) =>
      words.reduce((text, [word, other]) => {
        isPlaced ||= text.includes(word);
        return text.replaceAll(word, () => other);
      }, source);
    const account = await begun(template?.(definition) ?? definition, { sabotage });
    assert.ok(isPlaced);
    const meanwhile = await when(account);
    const found = [...(Array.isArray(meanwhile) ? meanwhile : []), ...(await ended(account))];
    assert.ok(
      found.some((one) => one.startsWith(sees)),
      found.join("\n") || "nothing is found",
    );
  });
}
