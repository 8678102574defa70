/**
 * A definition as facts: one pipeline whose run is a release on its way, with every job in every environment. Nothing is
 * hidden in it, so that hardly anything is unknown.
 */

import type { Place, SourceFile } from "../../findings/source.ts";
import type { Condition, Delivery } from "../../model/delivery.ts";
import { whyNotOn } from "../../model/deploys-on.ts";
import { compileFilter } from "../../model/filters.ts";
import { matrixLegs } from "../../model/matrix-legs.ts";
import type {
  Activation,
  Circumstances,
  Facts,
  JobFacts,
  Lock,
  NameSet,
  Pipeline,
  Start,
  StepFacts,
} from "../facts.ts";
import { allNames, noNames } from "../name-set.ts";
import { accessesOfJob, accessesOfStep, keyOf } from "./accesses.ts";
import { type Instance, instancesOf } from "./instances.ts";

/** What nobody but a rollback starts is in no order with the rest. */
function withoutUndo({ pipelines, ...rest }: Delivery): Delivery {
  const jobsOf = ({ jobs }: Delivery["pipelines"][number]) =>
    Object.fromEntries(Object.entries(jobs).filter(([, { undo }]) => undo === undefined));
  return { ...rest, pipelines: pipelines.map((pipeline) => ({ ...pipeline, jobs: jobsOf(pipeline) })) };
}

/** Whoever waits for a lock is never dropped. */
const endless = 1_000_000;

export function modelFacts(written: Delivery, source: SourceFile): Facts {
  const delivery = withoutUndo(written);
  const file = source.path;
  const whole: Place = { source, start: 0, end: 0 };
  const instances = instancesOf(file, delivery);
  const byId = new Map(instances.map((instance) => [instance.id, instance]));
  const places = new Map<unknown, Place>();
  const placeOf = (instance: Instance): Place => {
    const { job, name, pipeline } = instance;
    const known = places.get(job);
    if (known) return known;
    const place = findJob(source, pipeline.name, name);
    places.set(job, place);
    return place;
  };
  const context: Context = { delivery, file, byId, placeOf, asked: new WeakMap() };
  const jobs = instances.map((instance) => jobFacts(instance, context));
  const pipeline: Pipeline = {
    id: file,
    name: delivery.name,
    label: file.slice(file.lastIndexOf("/") + 1),
    source,
    at: whole,
    nameAt: undefined,
    starts: startsOf(delivery, file, whole),
    callable: false,
    jobs,
    locks: [],
  };
  return {
    pipelines: [pipeline],
    defaultBranch: undefined,
    onDefaultBranch: undefined,
    repository: undefined,
    unreadable: [],
    secrets: [],
    pipeline: (id) => (id === file ? pipeline : undefined),
    job: (id) => jobs.find((job) => job.id === id),
  };
}

interface Context {
  readonly delivery: Delivery;
  readonly file: string;
  readonly byId: ReadonlyMap<string, Instance>;
  placeOf(instance: Instance): Place;
  readonly asked: WeakMap<Circumstances, Map<string, Activation>>;
}

/** Where the job's name stands as a key, behind the name of its pipeline; the beginning where it is put together. */
function findJob(source: SourceFile, pipeline: string, job: string): Place {
  const { text } = source;
  const from = Math.max(0, text.search(new RegExp(`["']?\\b${pipeline}["']?\\s*[:,]`)));
  const found = new RegExp(`(^|[\\s{,"'])(${job})["']?\\s*:`, "m").exec(text.slice(from));
  if (!found) return { source, start: 0, end: 0 };
  const start = from + found.index + found[1]!.length;
  return { source, start, end: start + job.length };
}

// ---------------------------------------------------------------------------------------------------------------------
// Starts

function startsOf(delivery: Delivery, file: string, at: Place): Start[] {
  const start = (event: string, cause: Start["cause"]): Start => ({
    id: `${file}@${event}`,
    pipeline: file,
    cause,
    event,
    at,
  });
  const branches = [
    ...new Set([
      ...delivery.environments.flatMap(({ branch }) => branch ?? []),
      ...delivery.pipelines.flatMap(({ triggers }) => triggers.branches),
    ]),
  ];
  const triggers = delivery.pipelines.map((pipeline) => pipeline.triggers);
  return [
    ...(branches.length > 0
      ? [start("push", { kind: "push", branches: nameSet(branches, at), tags: noNames, paths: allNames })]
      : []),
    ...(triggers.some(({ pullRequests }) => pullRequests)
      ? [
          start("pull-request", {
            kind: "pull-request",
            trusted: "head",
            branches: allNames,
            paths: allNames,
            types: [],
          }),
        ]
      : []),
    ...(triggers.some(({ manual }) => manual) ? [start("manual", { kind: "dispatch", inputs: [] })] : []),
    ...(triggers.some(({ schedules }) => schedules.length > 0) ? [start("schedule", { kind: "schedule" })] : []),
  ];
}

function nameSet(patterns: readonly string[], at: Place): NameSet {
  const filter = compileFilter(patterns);
  const plain = patterns.filter((pattern) => !/[*?+[\]!\\]/.test(pattern));
  return {
    kind: "patterns",
    patterns: patterns.map((value) => ({ value, at })),
    inverted: false,
    accepts: (name) => filter.matches(name),
    samples: [...plain, ...patterns.flatMap(sampleOf)].filter((name) => filter.matches(name)),
    literals: plain.length === patterns.length ? plain : undefined,
  };
}

/** A member of a pattern with plain stars. */
function sampleOf(pattern: string): string[] {
  return /[?+[\]!\\]/.test(pattern) ? [] : [pattern.replace(/\*+/g, "x")];
}

// ---------------------------------------------------------------------------------------------------------------------
// Jobs

function jobFacts(instance: Instance, context: Context): JobFacts {
  const { id, pipeline, name, job, environment, needs } = instance;
  const { delivery, file } = context;
  const at = context.placeOf(instance);
  const runs = (under: Circumstances) => activation(instance, under, context);
  return {
    id,
    pipeline: file,
    path: [...(environment ? [environment.name] : []), pipeline.name, name],
    file,
    key: name,
    label: name,
    at,
    keyAt: at,
    kind: "work",
    target: undefined,
    given: new Map(),
    caller: undefined,
    needs,
    condition: undefined,
    steps: stepsOf(instance, context, at),
    environment: environment && { name: [{ kind: "text", text: environment.name }], at },
    locks: locksOf(instance, context, at),
    matrix: job.matrix && {
      legs: matrixLegs(job.matrix).map((leg) => new Map(Object.entries(leg))),
      axes: Object.keys(job.matrix.values),
      oneAtATime: job.matrix.maxParallel === 1,
      at,
    },
    failureIgnored: job.continueOnFailure ? { value: "yes", at } : undefined,
    rights: {
      secrets: delivery.environments.length > 0 ? ["environment"] : [],
      writes: "no",
      permissionsAt: undefined,
    },
    runs,
  };
}

/** One deployment of an environment at a time; groups of one, whoever asks for them; all that wait get their turn. */
function locksOf(instance: Instance, { delivery, file }: Context, at: Place): Lock[] {
  const { job, environment } = instance;
  const lock = (group: Lock["group"]): Lock => ({
    group,
    at,
    scope: "job",
    groupUnder: () => group,
    cancels: () => "no",
    queue: endless,
    reads: [],
    file,
  });
  const locks = environment && job.deploys ? [lock([{ kind: "text", text: `environment ${environment.name}` }])] : [];
  if (job.concurrency?.limit === 1) locks.push(lock(keyOf(job.concurrency.group, delivery, instance)));
  return locks;
}

function stepsOf(instance: Instance, { delivery }: Context, at: Place): StepFacts[] {
  const { job } = instance;
  const place = { delivery, instance, at };
  return job.steps.map((step, index): StepFacts => {
    const own = accessesOfStep(step, place);
    return {
      index,
      at,
      label: step.name,
      condition: undefined,
      kind: "command",
      action: undefined,
      signsIn: false,
      actionVersion: undefined,
      folder: [{ kind: "text", text: step.workingDirectory }],
      text: step.run,
      opened: "",
      shell: { stopsAtErrors: true, failsInPipes: true },
      id: undefined,
      // What the job takes is there before its first step.
      accesses: index === 0 ? [...accessesOfJob(place), ...own] : own,
      failureIgnored: step.continueOnFailure,
      runs: () => (step.condition ? "unknown" : "yes"),
      resolve: (key) => key,
      parameter: () => undefined,
      edit: undefined,
    };
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// Activation

/** Each job is asked once under the same circumstances. */
function activation(instance: Instance, under: Circumstances, context: Context): Activation {
  let known = context.asked.get(under);
  if (known === undefined) {
    known = new Map();
    context.asked.set(under, known);
  }
  let answer = known.get(instance.id);
  if (answer === undefined) {
    answer = runsUnder(instance, under, context);
    known.set(instance.id, answer);
  }
  return answer;
}

function runsUnder(instance: Instance, under: Circumstances, context: Context): Activation {
  const started = startsHere(instance, under, context);
  if (started === "no") return "no";
  const { condition } = instance.job;
  const held = condition ? conditionHolds(condition, instance, under) : "yes";
  if (held === "no") return "no";
  // It takes what an earlier release left behind, or does not run for want of it.
  const isWithout = instance.makers.some((id) => activation(context.byId.get(id)!, under, context) === "no");
  if (isWithout) return "unknown";
  const after = endedWell(instance, under, context);
  const { runsAfter } = instance.job;
  if (runsAfter === "success" && !after) return "no";
  if (runsAfter === "failure" && after) return "no";
  return held === "unknown" ? "unknown" : started;
}

/** Whether such an event brings a release to this place at all. */
function startsHere(
  { environment, job, pipeline }: Instance,
  { start, branch }: Circumstances,
  { delivery }: Context,
): Activation {
  const { triggers } = pipeline;
  switch (start.cause.kind) {
    case "push": {
      if (environment === undefined) return "possible";
      const goesHere = branch !== undefined && whyNotOn(delivery, environment.name, branch) === undefined;
      const isWanted =
        triggers.branches.length === 0 || (branch !== undefined && compileFilter(triggers.branches).matches(branch));
      return goesHere && isWanted ? (triggers.paths.length === 0 ? "yes" : "possible") : "no";
    }
    case "pull-request":
      return triggers.pullRequests && !job.deploys ? "possible" : "no";
    case "dispatch":
      return triggers.manual ? "possible" : "no";
    case "schedule":
      return triggers.schedules.length > 0 ? "possible" : "no";
    default:
      return "no";
  }
}

/** Nothing it needs, at any distance, ended badly. A job whose failure gates nothing does not count. */
function endedWell(instance: Instance, { results }: Circumstances, { byId }: Context): boolean {
  const seen = new Set<string>();
  const open = [...instance.needs];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const before = byId.get(id);
    if (!before) continue;
    const result = results?.get(id) ?? "success";
    if (result !== "success" && !before.job.continueOnFailure) return false;
    open.push(...before.needs);
  }
  return true;
}

function conditionHolds(condition: Condition, instance: Instance, under: Circumstances): "yes" | "no" | "unknown" {
  const all = (parts: readonly Condition[]) => parts.map((part) => conditionHolds(part, instance, under));
  if ("all" in condition) return every(all(condition.all));
  if ("any" in condition) return not(every(all(condition.any).map(not)));
  if ("not" in condition) return not(conditionHolds(condition.not, instance, under));
  if ("environment" in condition) {
    return instance.environment !== undefined && condition.environment.includes(instance.environment.name)
      ? "yes"
      : "no";
  }
  if ("branch" in condition) {
    if (under.branch === undefined) return "unknown";
    return compileFilter(condition.branch).matches(under.branch) ? "yes" : "no";
  }
  if ("event" in condition) return condition.event.some((event) => event === under.start.event) ? "yes" : "unknown";
  return "unknown";
}

function every(parts: readonly ("yes" | "no" | "unknown")[]): "yes" | "no" | "unknown" {
  if (parts.includes("no")) return "no";
  return parts.includes("unknown") ? "unknown" : "yes";
}

function not(truth: "yes" | "no" | "unknown"): "yes" | "no" | "unknown" {
  return truth === "unknown" ? "unknown" : truth === "yes" ? "no" : "yes";
}
