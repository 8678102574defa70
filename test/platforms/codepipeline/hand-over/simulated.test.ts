/**
 * Separate pipelines, as they are printed, carried out side by side with the real function between them: random pushes,
 * failures, alarms and rejections, in random orders. What is deployed must be what the delivery allows at every moment,
 * nobody may wait for ever, and when all went well every environment ends with the newest sources.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { seed as chosen, isFull, times } from "../../../lane/depth.ts";
import { fullDepth, needs } from "../../../lane/needs.ts";
import { write } from "../write/written.ts";
import { startFunction } from "./function.ts";
import {
  type Happening,
  madeOf,
  type PrintedPipeline,
  printedPipelines,
  type Run,
  type Service,
  type Sources,
  World,
} from "./world.ts";

const when = needs("python3");
const slow = fullDepth("python3");

const prod = env("prod", { after: "test", approval: { reviewers: ["release-managers"] } });

/** Outputs go through Parameter Store: their names hold the run that the consumer was told of. */
function chain(): Delivery {
  const network = pipeline("network", {
    paths: ["network/**", "!network/**.md"],
    outputs: { id: "string" },
    jobs: { deploy: { deploys: true, steps: [sh('echo id=1 >> "$BATON_OUTPUT"')] } },
  });
  const infra = pipeline("infra", {
    needs: [network],
    paths: ["infra/**"],
    outputs: { url: "string" },
    jobs: { deploy: { deploys: true, env: { ID: network.outputs.id }, steps: [sh('echo url=1 >> "$BATON_OUTPUT"')] } },
  });
  const web = pipeline("web", {
    needs: [infra],
    paths: ["web/**"],
    jobs: {
      build: { per: "release", steps: [sh("true")] },
      deploy: { deploys: true, env: { URL: infra.outputs.url }, steps: [sh("true")] },
      check: { needs: ["deploy"], steps: [sh("true")] },
    },
  });
  return delivery("chain", { pipelines: [network, infra, web], environments: [env("test", { branch: "main" }), prod] });
}

/** A pipeline with two that need it, and one that needs both; three environments. */
function diamond(): Delivery {
  const base = pipeline("base", { paths: ["base/**"], jobs: { deploy: { deploys: true, steps: [sh("true")] } } });
  const side = (name: string) =>
    pipeline(name, { needs: [base], paths: [`${name}/**`], jobs: { deploy: { deploys: true, steps: [sh("true")] } } });
  const left = side("left");
  const right = side("right");
  const top = pipeline("top", {
    needs: [left, right],
    paths: ["top/**"],
    jobs: { deploy: { deploys: true, steps: [sh("true")] } },
  });
  return delivery("diamond", {
    pipelines: [base, left, right, top],
    environments: [env("dev", { branch: "main" }), env("test", { after: "dev" }), prod],
  });
}

const alarms = { alarms: { test: ["errors"], prod: ["errors", "latency"] } };

const cases = [
  { name: "a chain", built: chain(), settings: {}, runs: 14 },
  {
    name: "a chain with alarms",
    built: chain(),
    settings: alarms,
    runs: 20,
  },
  { name: "a diamond", built: diamond(), settings: {}, runs: 6 },
] as const;

const history = fc.record({
  pushes: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 4 }),
  starts: fc.array(fc.nat(3), { maxLength: 1 }),
  picks: fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 }),
  service: fc.record({
    whileWatched: fc.constantFrom("InProgress", "Succeeded"),
    whenRung: fc.constantFrom("Failed", "Succeeded"),
    rollbacksEnter: fc.constantFrom("as all", "at once"),
    rollbacksAre: fc.constantFrom("watched", "not watched"),
    tells: fc.constantFrom("before watching", "after watching"),
    tellsTimes: fc.constantFrom(1, 2),
  }),
});
const strict: Service = {
  whileWatched: "InProgress",
  whenRung: "Failed",
  rollbacksEnter: "as all",
  rollbacksAre: "watched",
  tells: "after watching",
  tellsTimes: 1,
};
const lax: Service = {
  whileWatched: "Succeeded",
  whenRung: "Succeeded",
  rollbacksEnter: "at once",
  rollbacksAre: "not watched",
  tells: "before watching",
  tellsTimes: 2,
};
/** What goes wrong, by how often it was asked. */
const wrong = fc.array(fc.nat(25), { maxLength: 2 });

for (const { name, built, settings, runs } of cases) {
  test(`${name}: what is deployed is what the delivery allows, and all of it arrives`, when, async () => {
    const printed = printedOf(built, settings);
    const seen = await carryOut(printed, { source: printed.source, numRuns: times(runs) });
    if (!isFull) return;
    assert.ok(seen.deployments > 80 && seen.skipped > 40 && seen.failed > 2, JSON.stringify(seen));
    if (name !== "a diamond") assert.ok(seen.rollbacks > 0, JSON.stringify(seen));
  });
}

const byStage = `return {"Succeeded": "good", "InProgress": "open"}.get(
        next(
            one.get("latestExecution", {"status": "Succeeded"})["status"]
            for one in codepipeline.get_pipeline_state(name=name)["stageStates"]
            if one["stageName"] == environment
        ),
        "bad",
    )`;
const broken = [
  ["the lock is never taken", "if put_when(mine,", "if True or put_when(mine,", {}],
  ["other sources are as good", 'if there["digest"] != release.digest(need):', "if False:", {}],
  ["what was proven is not asked", "if proof is None:", "if proof is None and False:", {}],
  ["nobody is started when a stage has passed", "if how is None:", "if True:", {}],
  ["the lock goes to whoever asks", 'if asked["do"] == "enter" and', "if True or", {}],
  ["only those who are ready are asked, and all go", 'if asked.get("ready", "yes") != "yes":', "if False:", {}],
  ["what alarms say is not asked", "if alarms == 0:", "if True:", alarms],
  ["what the stage says is taken for what alarms say", "last = {}", byStage, alarms],
] as const;

for (const [name, right, wrong, settings] of broken) {
  test(`a function that is broken is noticed: ${name}`, slow, async () => {
    const printed = printedOf(chain(), settings);
    assert.ok(printed.source.includes(right), right);
    const source = printed.source
      .replace(right, wrong)
      .replace('proven.append(proof["at"])', 'proven.append(proof["at"] if proof else 0)');
    await assert.rejects(carryOut(printed, { source, numRuns: 60 }), /Property failed/);
  });
}

interface Printed {
  readonly built: Delivery;
  readonly pipelines: readonly PrintedPipeline[];
  /** Of the function. */
  readonly source: string;
  /** Pipelines whose stages the function is told of. */
  readonly awaited: readonly string[];
}

function printedOf(built: Delivery, settings: object): Printed {
  const template = write(built, settings, { layout: "separate" }).files[0]!.text;
  const { Resources } = parse(template, { logLevel: "silent" }) as {
    Resources: {
      HandOver: { Properties: { Code: { ZipFile: string } } };
      StagePassed: { Properties: { EventPattern: { detail: { pipeline: string[] } } } };
    };
  };
  return {
    built,
    pipelines: printedPipelines(template),
    source: Resources.HandOver.Properties.Code.ZipFile,
    awaited: Resources.StagePassed.Properties.EventPattern.detail.pipeline,
  };
}

interface History {
  /** Which pipelines' sources each push changes, as bits. */
  readonly pushes: readonly number[];
  readonly starts: readonly number[];
  readonly picks: readonly number[];
  readonly service: Service;
}

/** Whether a job, an approval or an alarm goes wrong. */
type GoesWrong = (at: { run: Run; stage: string; action: string }) => boolean;

/** Random worlds, the same ones each time unless a seed is asked for. @throws when one breaks a promise. */
async function carryOut(printed: Printed, options: { source: string; numRuns: number }): Promise<Seen> {
  const { source, numRuns } = options;
  await using there = await settle(printed, source);
  await fc.assert(
    fc.asyncProperty(history, wrong, async (happens, numbers) => {
      let asked = 0;
      await there.live(happens, () => numbers.includes(asked++));
    }),
    { numRuns, seed: chosen ?? 7, endOnFailure: true },
  );
  return there.seen;
}

interface Seen {
  deployments: number;
  skipped: number;
  rollbacks: number;
  failed: number;
}

/** A function that lives through one world after the other. */
async function settle({ built, pipelines, awaited }: Printed, source: string) {
  let world: World;
  let count = 0;
  const seen: Seen = { deployments: 0, skipped: 0, rollbacks: 0, failed: 0 };
  const handOver = await startFunction(source, {
    env: { ...process.env, AWS_DEFAULT_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "t", AWS_SECRET_ACCESS_KEY: "t" },
    answers: (call, asked) => world.answer(call, asked),
  });
  return {
    seen,
    async live({ pushes, starts, picks, service }: History, wrong: GoesWrong): Promise<void> {
      await handOver.ask({ begin: `world-${++count}` });
      const witness = new Witness(built, pipelines);
      let at = 0;
      let wentWrong = 0;
      const goesWrong: GoesWrong = (place) => {
        const is = wrong(place);
        if (is) wentWrong++;
        return is;
      };
      world = new World(pipelines, {
        function: handOver,
        awaited,
        choices: {
          service,
          pushes: sourcesOf(built, pushes),
          starts,
          choose: (of) => picks[at++ % picks.length]! % of,
          fails: (place) => place.stage !== "Source" && goesWrong(place),
          rings: ({ run, stage }) => goesWrong({ run, stage, action: "alarm" }),
          see: (happening, now) => witness.see(happening, now),
        },
      });
      await world.goOn();
      for (const run of world.runs) assert.notEqual(run.status, "InProgress", `${run.id} waits for ever`);
      if (wentWrong === 0) witness.everythingArrived(world);
      seen.deployments += witness.deployments;
      seen.skipped += witness.skipped;
      seen.rollbacks += world.runs.filter(({ kind }) => kind === "ROLLBACK").length;
      seen.failed += wentWrong;
    },
    [Symbol.asyncDispose]: () => handOver[Symbol.asyncDispose](),
  };
}

test("every single action that fails, in a run of its own: what stays is what the delivery allows", slow, async () => {
  const printed = printedOf(chain(), { alarms: { prod: ["errors"] } });
  await using there = await settle(printed, printed.source);
  const actions = printed.pipelines.flatMap(({ name, stages }) =>
    stages
      .slice(1)
      .flatMap((stage) => [
        ...stage.actions
          .filter(({ provider }) => provider !== "Lambda")
          .map((action) => [name, stage.name, action.name]),
        ...(stage.watched.length > 0 ? [[name, stage.name, "alarm"]] : []),
      ]),
  );
  const failed = new Set<string>();
  // The first time, and the second time, when there may be something that can be put back.
  for (const time of [0, 1]) {
    for (const [number, [pipeline, stage, name]] of actions.entries()) {
      let before = 0;
      const service: Service = number % 2 === 0 ? strict : lax;
      await there.live(
        { pushes: [7, 7], starts: [], picks: [3, 7 + number, 1, 4, 11], service },
        ({ run, ...place }) => {
          if (run.pipeline.name !== pipeline || place.stage !== stage || place.action !== name) return false;
          if (before++ !== time) return false;
          failed.add(`${pipeline} ${stage} ${name}`);
          return true;
        },
      );
    }
  }
  assert.equal(failed.size, actions.length);
  assert.ok(there.seen.rollbacks > 5, `${there.seen.rollbacks} rollbacks`);
});

/** What each push has, when it changes the pipelines whose bits are set. The first has everything. */
function sourcesOf({ pipelines }: Delivery, pushes: readonly number[]): Sources[] {
  const files: Record<string, string> = { "README.md": "0" };
  return pushes.map((bits, index) => {
    pipelines.forEach(({ name }, bit) => {
      if (index === 0 || (bits >> bit) & 1) files[`${name}/main`] = String(index);
    });
    files["README.md"] = files["network/notes.md"] = String(index);
    return { ...files };
  });
}

/** Looks on, and knows of the hand-over only what it can see: which jobs run where, of which sources. */
class Witness {
  deployments = 0;
  skipped = 0;
  readonly #delivery: Delivery;
  readonly #made: Record<string, { paths: readonly string[]; needs: readonly string[] }>;
  readonly #pipelines: readonly PrintedPipeline[];
  /** Who is at work in an environment. */
  readonly #atWork = new Map<string, Run>();
  /** By environment and pipeline: what is there; none while it is replaced, or when that failed. */
  readonly #there = new Map<string, { made: string; run: string; commit: number }>();
  readonly #proven = new Set<string>();

  constructor(built: Delivery, pipelines: readonly PrintedPipeline[]) {
    this.#delivery = built;
    this.#pipelines = pipelines;
    this.#made = Object.fromEntries(
      built.pipelines.map(({ name, needs, triggers }) => [name, { paths: triggers.paths, needs }]),
    );
  }

  see({ what, run, stage, action }: Happening, world: World): void {
    const environment = this.#delivery.environments.find(({ name }) => name === stage);
    if (what === "skipped") this.skipped++;
    if (environment === undefined) return;
    const pipeline = this.#pipelineOf(run);
    const own = `${stage}/${pipeline}`;
    const isJob = !/^(enter|leave)-/.test(action);
    const made = (name: string) => madeOf(world.commits[run.commit!]!, name, this.#made);
    if (what === "started" && isJob) {
      const other = this.#atWork.get(stage);
      assert.ok(
        other === undefined || other === run,
        `${run.id} begins ${action} in ${stage} while ${other?.id} is at work`,
      );
      this.#atWork.set(stage, run);
      this.#there.delete(own);
      for (const need of this.#made[pipeline]!.needs) {
        const there = this.#there.get(`${stage}/${need}`);
        assert.ok(there, `${run.id} begins ${action} in ${stage}, where ${need} is not`);
        assert.equal(
          there.made,
          made(need),
          `${run.id} begins ${action} in ${stage}, where ${need} is of commit ${there.commit}`,
        );
        const told = run.variables.get(`enter@${stage}.RUN_${need}`);
        assert.equal(told, there.run, `${run.id} reads what another run of ${need} left in ${stage}`);
      }
      if (run.kind === "STANDARD") {
        for (const earlier of environment.after) {
          assert.ok(
            this.#proven.has(`${earlier}/${pipeline}/${made(pipeline)}`),
            `${run.id} was not proven in ${earlier}`,
          );
        }
        if (environment.approval)
          assert.ok(run.passedStages.has(`Approve-${stage}`), `${run.id} came into ${stage} unasked`);
      }
    }
    if (what === "stage-failed") {
      if (this.#atWork.get(stage) === run) this.#atWork.delete(stage);
      this.#there.delete(own);
    }
    // The last thing in a stage: from here on the next may come.
    if (what === "passed" && action === `leave-${stage}`) {
      this.deployments++;
      this.#atWork.delete(stage);
      this.#proven.add(`${own}/${made(pipeline)}`);
      this.#there.set(own, { made: made(pipeline), run: run.id, commit: run.commit! });
    }
  }

  everythingArrived(world: World): void {
    const newest = world.commits.at(-1)!;
    for (const { name: environment } of this.#delivery.environments) {
      for (const { name } of this.#delivery.pipelines) {
        const there = this.#there.get(`${environment}/${name}`);
        assert.equal(
          there?.made,
          madeOf(newest, name, this.#made),
          `${environment} ends with ${name} of commit ${there?.commit}, of ${world.commits.length - 1}`,
        );
      }
    }
  }

  #pipelineOf({ pipeline }: Run): string {
    const index = this.#pipelines.indexOf(pipeline);
    assert.notEqual(index, -1);
    return pipeline.name.slice(this.#delivery.name.length + 1);
  }
}
