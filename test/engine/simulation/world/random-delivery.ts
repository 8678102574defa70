import {
  type Delivery,
  type Environment,
  type Job,
  type Pipeline,
  type Value,
  weekdays,
} from "../../../../src/model/delivery.ts";
import { delivery, environment, job, pipeline } from "../../world/build.ts";
import { Chance } from "./chance.ts";

/** A small delivery with something of everything the engine must get right. */
export function randomDelivery(chance: Chance): Delivery {
  const names = ["dev", "test", "prod"].slice(0, chance.between(1, 3));
  const environments = names.map((name, i) => randomEnvironment(chance, name, names[i - 1]));
  const pipelines: Pipeline[] = [];
  for (const name of ["infra", "api", "web"].slice(0, chance.between(1, 3))) {
    pipelines.push(randomPipeline(chance, name, pipelines));
  }
  return delivery(pipelines, environments);
}

/** Of the kept seeds none is a world in which somebody verifies. */
const verifyingDice = 27000022;

/** In some worlds jobs look whether what was deployed works; thrown with dice of its own, so that other worlds stay as they are. */
export function verifying(delivery: Delivery, seed: number): Delivery {
  const dice = new Chance(seed + verifyingDice);
  if (!dice.happens(25)) return delivery;
  const pipelines = delivery.pipelines.map((each) => {
    const verify = { forMs: dice.between(0, 400), everyMs: dice.between(100, 200) };
    const smoke = job({ ...randomRetry(dice), ...randomConcurrency(dice), needs: ["deploy"], verify });
    return dice.happens(30) ? each : { ...each, jobs: { ...each.jobs, smoke } };
  });
  return { ...delivery, pipelines };
}

/** Of the kept seeds none is a world in which something goes back by itself. */
const goingBackDice = 35000771;

/** In most worlds what fails is taken back by itself; thrown with dice of its own as well. */
export function goingBack(delivery: Delivery, seed: number): Delivery {
  const dice = new Chance(seed + goingBackDice);
  if (!dice.happens(60)) return delivery;
  const environments = delivery.environments.map((each) =>
    dice.happens(90) ? { ...each, onFailure: "rollback" as const } : each,
  );
  return { ...delivery, environments };
}

/** Of the kept seeds none is a world in which a rollback undoes something first. */
const undoingDice = 61000489;

/** In some worlds pipelines have jobs that undo what they deployed. */
export function undoing(delivery: Delivery, seed: number): Delivery {
  const dice = new Chance(seed + undoingDice);
  if (!dice.happens(30)) return delivery;
  const pipelines = delivery.pipelines.map((each) => {
    if (!each.jobs.deploy?.deploys || dice.happens(20)) return each;
    const env: Record<string, Value> = dice.happens(50) ? { WAS: { output: `${each.name}.address` } } : {};
    const back = job({ ...randomRetry(dice), ...randomConcurrency(dice), undo: true, env });
    const more = job({ undo: true, needs: ["back"] });
    return { ...each, jobs: { ...each.jobs, back, ...(dice.happens(30) && { more }) } };
  });
  return { ...delivery, pipelines };
}

/** Of the kept seeds none is a world in which something cannot be undone. */
const irreversibleDice = 71000036;

/** In some worlds what pipelines deploy cannot be undone. */
export function irreversible(delivery: Delivery, seed: number): Delivery {
  const dice = new Chance(seed + irreversibleDice);
  if (!dice.happens(20)) return delivery;
  const pipelines = delivery.pipelines.map((each) => {
    const { deploy } = each.jobs;
    if (!deploy?.deploys || dice.happens(50)) return each;
    return { ...each, jobs: { ...each.jobs, deploy: { ...deploy, irreversible: "drops a column" } } };
  });
  return { ...delivery, pipelines };
}

/** Of the kept seeds none is a world with change windows. */
const windowDice = 53000397;
const worldBegins = 1_700_000_000_000;

/** In some worlds environments are closed for some minutes, soon after their beginning and on every day that comes. */
export function withWindows(delivery: Delivery, seed: number): Delivery {
  const dice = new Chance(seed + windowDice);
  if (!dice.happens(25)) return delivery;
  const environments = delivery.environments.map((each) => {
    const closes = worldBegins + dice.between(0, 3) * 60_000;
    const opens = closes + dice.between(1, 3) * 60_000;
    const window = { days: [...weekdays], from: timeOf(opens), to: timeOf(closes), zone: "UTC" };
    return dice.happens(70) ? { ...each, windows: [window] } : each;
  });
  return { ...delivery, environments };
}

const timeOf = (at: number) => new Date(at).toISOString().slice(11, 16);

/** Of the kept seeds none is a world in which several must approve. */
const askingDice = 41004260;

/** In some worlds several must approve, or somebody else than who asked for the run, and people are told again. */
export function askingSeveral(delivery: Delivery, seed: number): Delivery {
  const dice = new Chance(seed + askingDice);
  if (!dice.happens(40)) return delivery;
  const environments = delivery.environments.map((each) => {
    if (each.approval === undefined) return each;
    const approval = {
      ...each.approval,
      ...(dice.happens(70) && { count: 2 }),
      ...(dice.happens(60) && { selfApproval: false as const }),
      ...(dice.happens(60) && { reminderMs: dice.between(20, 300) }),
    };
    return { ...each, approval };
  });
  return { ...delivery, environments };
}

function randomEnvironment(chance: Chance, name: string, before: string | undefined): Environment {
  const after = before === undefined || chance.happens(15) ? [] : [before];
  const approval = chance.happens(name === "prod" ? 60 : 10)
    ? { approval: { reviewers: ["ops"], timeoutMs: chance.between(50, 2000) } }
    : {};
  return environment(name, {
    after,
    variables: { where: name },
    ...(after.length === 0 && { branch: "main" }),
    ...approval,
  });
}

function randomPipeline(chance: Chance, name: string, earlier: readonly Pipeline[]): Pipeline {
  const needs = earlier.filter(() => chance.happens(60));
  const jobs: Record<string, Job> = {};
  const env: Record<string, Value> = {};
  for (const need of needs) env[`FROM_${need.name}`] = { output: `${need.name}.address` };
  const common = () => ({ ...randomRetry(chance), ...randomConcurrency(chance), ...randomTolerance(chance) });
  const builds = chance.happens(60);
  if (builds)
    jobs.build = job({ ...common(), continueOnFailure: false, per: "release", artifacts: { dist: { path: "dist" } } });
  if (chance.happens(45)) {
    jobs.check = job({
      ...common(),
      env,
      needs: builds ? ["build"] : [],
      ...(chance.happens(60) ? { matrix: randomMatrix(chance) } : {}),
    });
  }
  jobs.deploy = job({
    ...common(),
    continueOnFailure: false,
    deploys: chance.happens(85),
    env,
    needs: Object.keys(jobs).filter((each) => each !== "check" || chance.happens(70)),
    uses: builds ? [{ artifact: `${name}.dist`, path: "dist" }] : [],
  });
  if (chance.happens(40)) {
    const runsAfter = chance.pick(["failure", "always", "success"] as const);
    jobs.report = job({ ...common(), needs: ["deploy"], runsAfter, deploys: chance.happens(20) });
  }
  return pipeline(name, jobs, {
    needs: needs.map((need) => need.name),
    triggers: { paths: [`${name}/**`], branches: [], pullRequests: true, manual: true, schedules: [] },
    outputs: { address: { type: "string", job: "deploy" } },
  });
}

function randomRetry(chance: Chance): Pick<Job, "retry"> {
  const attempts = chance.happens(35) ? chance.between(2, 3) : 1;
  return { retry: { attempts, delayMs: chance.between(0, 300), factor: 2, maxDelayMs: 500 } };
}

function randomConcurrency(chance: Chance): Pick<Job, "concurrency"> {
  if (!chance.happens(25)) return {};
  const group: Value = chance.happens(50) ? "shared" : ["for ", { variable: "where" }];
  return { concurrency: { group, limit: chance.between(1, 2) } };
}

function randomTolerance(chance: Chance): Pick<Job, "continueOnFailure"> {
  return { continueOnFailure: chance.happens(10) };
}

function randomMatrix(chance: Chance): NonNullable<Job["matrix"]> {
  const leg = ["a", "b", "c"].slice(0, chance.between(2, 3));
  const limit = chance.happens(50) ? { maxParallel: chance.between(1, 2) } : {};
  return { values: { leg }, include: [], exclude: [], failFast: chance.happens(60), ...limit };
}
