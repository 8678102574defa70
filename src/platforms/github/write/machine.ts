/** The machine and the containers of a job, and what of them GitHub cannot do. */

import type { Container, Delivery, Job, Pipeline, RunsOn, Value } from "../../../model/delivery.ts";
import { outputsIn } from "../../../model/job-values.ts";
import { type System, systemOf, systemWanted } from "../../../model/machine-labels.ts";
import { matrixLegs } from "../../../model/matrix-legs.ts";
import { CannotWrite } from "../../generated.ts";
import { readsPackages } from "./clouds.ts";
import { computed } from "./computed.ts";
import type { ContainerDocument, RunnerChoice, StepsJobDocument } from "./document.ts";
import { literal } from "./expressions.ts";
import type { WriteOptions } from "./options.ts";

/** Where jobs run that do not say it, and the few that are not of the definition. */
export function usualMachine({ runsOn }: Pick<WriteOptions, "runsOn">): RunnerChoice {
  return runsOn ?? "ubuntu-24.04";
}

type Written = Pick<StepsJobDocument, "runsOn" | "container" | "services">;

export function machineOf(
  job: Job,
  { delivery, options, text }: { delivery: Delivery; options: WriteOptions; text(value: Value): string },
): Written {
  const { runsOn, container, services = {} } = job;
  const containerDocument = (one: Container) => containerOf(one, { delivery, text });
  return {
    runsOn: runsOn === undefined ? usualMachine(options) : machine(runsOn, text),
    ...(container && { container: containerDocument(container) }),
    ...(Object.keys(services).length > 0 && {
      services: Object.fromEntries(
        Object.entries(services).map(([name, service]) => [
          name,
          { ...containerDocument(service), ...(service.ports.length > 0 && { ports: service.ports }) },
        ]),
      ),
    }),
  };
}

function machine({ labels, group }: RunsOn, text: (value: Value) => string): RunnerChoice {
  const all = labels.map(text);
  const has = all.length === 1 ? all[0]! : all;
  return group === undefined ? has : { group: text(group), ...(all.length > 0 && { labels: has }) };
}

function containerOf(
  { image, env, options, credentials }: Container,
  { delivery, text }: { delivery: Delivery; text(value: Value): string },
): ContainerDocument {
  // GitHub pulls it before the first step, by the token of the job.
  const isOwn = credentials === undefined && readsPackages(outputsIn([image]), delivery);
  return {
    image: text(image),
    ...(credentials && {
      credentials: { username: text(credentials.username), password: text(credentials.password) },
    }),
    ...(isOwn && { credentials: { username: computed("github.actor"), password: computed("github.token") } }),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, text(value)])),
    ...(options !== undefined && { options: literal(options) }),
  };
}

/** @throws {CannotWrite} for what GitHub's machines of that kind cannot do. */
export function refuseMachine(delivery: Delivery, pipeline: Pipeline, name: string): void {
  const job = pipeline.jobs[name]!;
  const where = `${pipeline.name}.${name}`;
  const path = ["pipelines", pipeline.name, "jobs", name];
  const systems = systemsOf(delivery, job);
  const other = systems.find((system) => system !== "Linux");
  if (other === undefined) return;
  for (const key of ["container", "services"] as const) {
    if (job[key] === undefined || Object.keys(job[key]).length === 0) continue;
    throw new CannotWrite(
      `${where} has ${key === "container" ? "a container" : "services"} and runs on ${other}; GitHub starts containers on Linux alone`,
      "let it run on Linux, or do without them there",
      [...path, key],
    );
  }
  const plain = job.steps.findIndex(({ shell }) => shell === "sh");
  if (other === "Windows" && plain !== -1) {
    throw new CannotWrite(
      `${where} runs on Windows, and its step "${job.steps[plain]!.name}" wants sh, which GitHub does not have there`,
      "let bash run it: GitHub's Windows machines have that of Git",
      [...path, "steps", plain],
    );
  }
}

/** Of all environments and legs; what no label says counts as none. */
function systemsOf(delivery: Delivery, { runsOn, per, matrix }: Job): System[] {
  if (runsOn === undefined) return [];
  const environments = per === "release" ? [undefined] : delivery.environments.map(({ name }) => name);
  return environments.flatMap((environment) =>
    matrixLegs(matrix).flatMap((leg) => systemWanted(runsOn, { delivery, environment, leg }) ?? []),
  );
}

/** The program's own jobs read history with bash, git, jq and unzip, as machines with Linux have them. */
export function refuseUsualMachine({ runsOn = [] }: WriteOptions): void {
  const other = [runsOn].flat().find((label) => ![undefined, "Linux"].includes(systemOf(label)));
  if (other === undefined) return;
  throw new CannotWrite(
    `runsOn of baton.github.yaml is ${other}, and what decides and records runs on Linux alone`,
    "name that machine in runsOn of the jobs that need it",
  );
}
