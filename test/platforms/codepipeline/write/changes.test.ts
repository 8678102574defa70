/** Pushes to CodeCommit: who is started for which, whatever becomes of the events. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planOf } from "../../../../src/platforms/codepipeline/write/functions/changes.ts";
import type { LambdaFunction } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import type { ReleaseLine } from "../../../../src/platforms/codepipeline/write/release-lines.ts";
import { tries } from "../../../lane/depth.ts";
import { type Handler, loadedFunction } from "./loaded-function.ts";
import { codeCommitSettings, shop } from "./written.ts";

type Files = Readonly<Record<string, string>>;
interface Run {
  id: string;
  codepipeline: string;
  commit: string | undefined;
  executionType?: string;
}

const named = (name: string) => Object.assign(new Error(name), { name });

/** A repository and CodePipelines, as far as the function asks. A run takes the newest commit. */
class World {
  readonly commits: { id: string; files: Files }[] = [];
  readonly runs: Run[] = [];
  readonly said: string[] = [];
  /** By command: fails so often. */
  readonly fails = new Map<string, number>();
  readonly #tokens = new Set<string>();
  readonly #handler: Handler;
  readonly pageSize = 1;

  constructor(source: string) {
    this.#handler = loadedFunction(source, {
      env: { REPOSITORY: "shop" },
      answer: (command, input) => this.#answer(command, input),
      log: (line) => this.said.push(line),
    });
  }

  get head() {
    return this.commits.at(-1)!;
  }

  push(files: Files): void {
    this.commits.push({ id: `c${this.commits.length + 1}`, files });
  }

  /** An event comes, be it the first time or not. */
  hears(branch = "main"): Promise<unknown> {
    return this.#handler({ detail: { event: "referenceUpdated", referenceName: branch } });
  }

  runsFor(codepipeline: string): (string | undefined)[] {
    return this.runs.filter((run) => run.codepipeline === codepipeline).map(({ commit }) => commit);
  }

  #answer(command: string, input: Record<string, string>): unknown {
    const left = this.fails.get(command) ?? 0;
    if (left > 0) {
      this.fails.set(command, left - 1);
      throw named("ThrottlingException");
    }
    switch (command) {
      case "GetBranch":
        assert.deepEqual(input, { repositoryName: "shop", branchName: "main" });
        return { branch: { commitId: this.head.id } };
      case "GetDifferences": {
        const [before, after] = [input.beforeCommitSpecifier, input.afterCommitSpecifier].map(
          (id) => this.commits.find((one) => one.id === id)?.files,
        );
        if (before === undefined || after === undefined) throw named("CommitDoesNotExistException");
        const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
          (path) => before[path] !== after[path],
        );
        const at = Number(input.NextToken ?? 0);
        const differences = paths.slice(at, at + this.pageSize).map((path) => ({
          ...(path in before && { beforeBlob: { path } }),
          ...(path in after && { afterBlob: { path } }),
        }));
        return { differences, ...(at + this.pageSize < paths.length && { NextToken: String(at + this.pageSize) }) };
      }
      case "ListPipelineExecutions": {
        const own = this.runs.filter(({ codepipeline }) => codepipeline === input.pipelineName).reverse();
        const at = Number(input.nextToken ?? 0);
        return {
          pipelineExecutionSummaries: own.slice(at, at + this.pageSize).map(({ id, commit, executionType }) => ({
            pipelineExecutionId: id,
            executionType,
            sourceRevisions: commit === undefined ? [] : [{ actionName: "repository", revisionId: commit }],
          })),
          ...(at + this.pageSize < own.length && { nextToken: String(at + this.pageSize) }),
        };
      }
      case "StartPipelineExecution":
        if (this.#tokens.has(input.clientRequestToken!)) return {};
        this.#tokens.add(input.clientRequestToken!);
        this.runs.push({ id: `r${this.runs.length + 1}`, codepipeline: input.name!, commit: this.head.id });
        return {};
      default:
        return assert.fail(`${command} is not what this function does`);
    }
  }
}

const { resources } = lowerDelivery(shop, {
  ...{ layout: "separate", format: "cloudformation", root: "", folder: "codepipeline" },
  settings: settingsSchema.parse(codeCommitSettings),
});
const { source } = resources.find((one): one is LambdaFunction => one.id === "Changes")!;
const [infra, web] = ["shop-infra-main", "shop-web-main"] as const;

test("a push starts those whose paths it touches, and the first one all", async () => {
  const world = new World(source);
  world.push({ "infra/a": "1", "web/a": "1", README: "1" });
  await world.hears();
  world.push({ "infra/a": "1", "web/b": "1", README: "1" });
  await world.hears();
  world.push({ "infra/a": "1", "web/b": "1", README: "2" });
  await world.hears();
  assert.deepEqual([world.runsFor(infra), world.runsFor(web)], [["c1"], ["c1", "c2"]]);
  assert.match(world.said.at(-1)!, /^shop-web-main: nothing of its own is new since c2$/);
  await world.hears("develop");
  assert.equal(world.runs.length, 3, "a branch that nobody is of");
});

test("a run whose commit is not known yet, or that brought an older one back, is not what is compared with", async () => {
  const world = new World(source);
  world.push({ "infra/a": "1", "web/a": "1" });
  await world.hears();
  world.push({ "infra/a": "1", "web/a": "2" });
  await world.hears();
  const begun = world.runs.find(({ codepipeline, commit }) => codepipeline === web && commit === "c2")!;
  begun.commit = undefined;
  await world.hears();
  assert.equal(world.runsFor(web).length, 2, "the same start, asked for once more");
  begun.commit = "c2";
  world.runs.push({ id: "back", codepipeline: web, commit: "c1", executionType: "ROLLBACK" });
  await world.hears();
  assert.equal(world.runsFor(web).length, 3);
});

test("what cannot be compared is new, and what fails for one holds nobody else up", async () => {
  const world = new World(source);
  world.push({ "infra/a": "1", "web/a": "1" });
  await world.hears();
  world.commits[0] = { id: "gone", files: {} };
  world.push({ "infra/a": "1", "web/a": "1" });
  await world.hears();
  assert.deepEqual(
    [world.runsFor(infra), world.runsFor(web)],
    [
      ["c1", "c2"],
      ["c1", "c2"],
    ],
  );
  world.push({ "infra/a": "2", "web/a": "2" });
  world.fails.set("GetDifferences", 1);
  await assert.rejects(world.hears(), /ThrottlingException/);
  assert.equal(world.runsFor(web).at(-1), "c3");
  assert.equal(world.runsFor(infra).at(-1), "c2");
  await world.hears();
  assert.equal(world.runsFor(infra).at(-1), "c3");
});

const step = fc.record({
  touches: fc.subarray(["infra/a", "web/a", "web/deep/b", "README"]),
  heard: fc.integer({ min: 0, max: 2 }),
});

type Step = { touches: string[]; heard: number };

/** The last push is heard. */
async function pushed(steps: readonly Step[], program: string): Promise<void> {
  const world = new World(program);
  let files: Record<string, string> = { "infra/a": "0", "web/a": "0", "web/deep/b": "0", README: "0" };
  world.push(files);
  await world.hears();
  for (const [at, { touches, heard }] of steps.entries()) {
    files = { ...files, ...Object.fromEntries(touches.map((path) => [path, String(at + 1)])) };
    world.push(files);
    for (let time = 0; time < heard; time++) await world.hears();
  }
  await world.hears();
  for (const [codepipeline, folder] of [
    [infra, "infra/"],
    [web, "web/"],
  ] as const) {
    const ran = world.runsFor(codepipeline);
    const of = (all: Files) => JSON.stringify(Object.entries(all).filter(([path]) => path.startsWith(folder)));
    const contents = ran.map((id) => of(world.commits.find((one) => one.id === id)!.files));
    assert.equal(contents.at(-1), of(world.head.files), `${codepipeline} has what is newest`);
    for (const [at, content] of contents.entries())
      if (at > 0) assert.notEqual(content, contents[at - 1], `${codepipeline} never runs for nothing`);
  }
}

const lives = (program: string) =>
  fc.asyncProperty(fc.array(step, { maxLength: 8 }), (steps) => pushed(steps, program));

test("any pushes, with events lost and doubled: when the last one is heard, everybody ran for what is new", async () => {
  await fc.assert(lives(source), tries(100));
});

for (const [what, words, by] of [
  ["starts everybody", "if (tests.some((patterns) => belongs(own, patterns))) return true;", "return true;"],
  ["starts nobody a second time", "if (last?.commit === head)", "if (last !== undefined)"],
] as const) {
  test(`the property sees a function that ${what}`, async () => {
    assert.ok(source.includes(words));
    const { failed } = await fc.check(lives(source.replace(words, by)), { numRuns: 50 });
    assert.ok(failed);
  });
}

test("paths are those below the definition, and patterns that only take out leave the rest", () => {
  const line = (paths: string[]) =>
    ({ name: "x", branch: "main", pipelines: [{ triggers: { paths } }] }) as unknown as ReleaseLine;
  const plan = planOf([line(["!docs/**", "web/**"])], "apps/shop");
  assert.equal(plan.folder, "apps/shop/");
  assert.deepEqual(plan.branches.main![0]!.pipelines[0], [
    ["without", "^docs\\/.*$"],
    ["with", "^web\\/.*$"],
  ]);
});
