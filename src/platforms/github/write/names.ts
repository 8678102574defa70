/** What things are called in the files: one place, so that writers and readers of a value agree. */

import type { Delivery, Pipeline } from "../../../model/delivery.ts";

/** Names that are not taken yet; a name that is gets underscores, with which no name of a delivery ends. */
export class Ids {
  readonly #taken: Set<string>;
  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }
  claim(wanted: string): string {
    let name = wanted;
    while (this.#taken.has(name)) name += "_";
    this.#taken.add(name);
    return name;
  }
}

export const folder = ".github/workflows";

/** Inputs and outputs of called workflows. Names have no two underscores, so these cannot be confused with each other. */
export const outputInput = (reference: string) => reference.replace(".", "_");
export const digestInput = (reference: string) => `${reference.replace(".", "_")}__digest`;
export const runInput = (reference: string) => `${reference.replace(".", "_")}__run`;
export const digestOutput = (artifact: string) => `${artifact}__digest`;
export const parameterInput = (name: string) => `parameter__${name}`;
export const resultInput = (pipeline: string) => `${pipeline}__result`;

/** Of GitHub: the one whose reviewers are asked, before anything waits for the environment. */
export const approvalEnvironment = (environment: string) => `${environment}-approval`;

/** The lock of an environment: whoever deploys to it holds this. */
export const lockGroup = (delivery: Delivery, environment: string) => `deploy-${delivery.name}-${environment}`;

/** What comes between the name of a preview and the number of its pull request. */
export const previewName = (preview: string, number: string) => `${preview}-${number}`;

/** Of the artifacts that say what is deployed: see the program. */
const recordName = (environment: string) => `release-${environment}`;
const startedName = (environment: string) => `started-${environment}`;

/**
 * What an artifact is called on GitHub: its own name where no other pipeline has one like it. In an environment
 * its name follows. `separator` is a dot where hyphens would make two names one.
 */
export class ArtifactNames {
  readonly #names = new Map<string, string>();
  readonly #separator: string;

  constructor(delivery: Delivery) {
    const references = delivery.pipelines.flatMap((pipeline) =>
      artifactsOf(pipeline).map(({ name, per }) => ({ pipeline: pipeline.name, name, per })),
    );
    const count = new Map<string, number>();
    for (const { name } of references) count.set(name, (count.get(name) ?? 0) + 1);
    const short = new Map(
      references.map(({ pipeline, name }) => [
        `${pipeline}.${name}`,
        count.get(name) === 1 ? name : `${pipeline}-${name}`,
      ]),
    );
    const environments = delivery.environments.map(({ name }) => name);
    const final = references.flatMap(({ pipeline, name, per }) => {
      const base = short.get(`${pipeline}.${name}`)!;
      return per === "release" ? [base] : environments.map((environment) => `${base}-${environment}`);
    });
    final.push(...environments.flatMap((name) => [recordName(name), startedName(name)]));
    const isClear = new Set(final).size === final.length;
    this.#separator = isClear ? "-" : ".";
    for (const { pipeline, name } of references) {
      const reference = `${pipeline}.${name}`;
      this.#names.set(reference, isClear ? short.get(reference)! : reference);
    }
  }

  /** What is before the name of the environment; of an artifact of the release the whole. */
  stem(reference: string, per: "release" | "environment"): string {
    const base = this.#names.get(reference)!;
    return per === "release" ? base : `${base}${this.#separator}`;
  }

  /** `environment` is a name or an expression with `${{ }}`; undefined for an artifact of the release. */
  of(reference: string, environment: string | undefined): string {
    const base = this.#names.get(reference)!;
    return environment === undefined ? base : `${base}${this.#separator}${environment}`;
  }
}

export function artifactsOf(
  pipeline: Pipeline,
): { name: string; job: string; path: string; per: "release" | "environment" }[] {
  return Object.entries(pipeline.jobs).flatMap(([job, { artifacts, per }]) =>
    Object.entries(artifacts).map(([name, { path }]) => ({ name, job, path, per })),
  );
}

export function outputsOf(pipeline: Pipeline): { name: string; job: string; per: "release" | "environment" }[] {
  return Object.entries(pipeline.outputs).map(([name, { job }]) => ({ name, job, per: pipeline.jobs[job]!.per }));
}
