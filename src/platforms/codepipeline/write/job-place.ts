import type { Delivery, Environment, Job, Pipeline } from "../../../model/delivery.ts";
import { limits } from "./limits.ts";
import { Names, pascal, path, snake, within } from "./names.ts";
import type { WriteOptions } from "./options.ts";
import type { ReleaseLine } from "./release-lines.ts";

/** A job of the model at the place where it is written. */
export interface JobPlace {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  readonly line: ReleaseLine;
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly job: Job;
  /** Undefined for a per-release job. */
  readonly environment: Environment | undefined;
}

export const prefixOf = ({ delivery, options }: Pick<JobPlace, "delivery" | "options">) =>
  options.settings.prefix ?? delivery.name;

/** `web.build`, and `web.build@prod` where an environment has its own. */
export const referenceOf = ({ pipeline, name }: Pick<JobPlace, "pipeline" | "name">) => `${pipeline.name}.${name}`;

/** Folder of a job below the source. */
export const directoryOf = ({ options, pipeline, job }: Pick<JobPlace, "options" | "pipeline" | "job">) =>
  path(options.root, pipeline.workingDirectory, job.workingDirectory);

/** Where outputs of a job are kept: by environment, and apart from all releases for pull requests. */
export const outputScope = ({ environment, line }: Pick<JobPlace, "environment" | "line">): string | undefined =>
  environment?.name ?? (line.runsFor === "pull requests" ? "pull-requests" : undefined);

/** CodePipelines in which a run may be that is given these outputs. Nobody is given those of a pull request later on. */
export const readersOf = ({ line }: Pick<JobPlace, "line">): readonly string[] =>
  line.runsFor === "pull requests" ? [] : line.everywhere;

/** Of what surrounds the pipelines; no job's id may be the same. */
const fixedIds = [
  "Releases",
  "ReleasesRole",
  "ReleasesLogs",
  "ReleasesAlarm",
  "RunEnded",
  "EveryTenMinutes",
  "Kept",
  "CheckArtifacts",
  "Rollback",
  "RollbackRole",
  "RollbackLogs",
];

/** Names that a document needs once and finds again from several places. */
export class Register {
  readonly #ids = new Names();
  readonly #actions = new Map<string, Names>();
  readonly #artifacts = new Names();
  readonly #projects = new Names();

  constructor() {
    for (const id of fixedIds) this.#ids.of(`fixed ${id}`, id);
  }

  /** Logical id. */
  id(...words: readonly string[]): string {
    return this.#ids.of(words.join(" "), pascal(...words));
  }

  /** Unique in its stage. */
  action(place: JobPlace, leg = ""): string {
    const stage = `${place.line.name} ${place.environment?.name ?? ""}`;
    const names = this.#actions.get(stage) ?? new Names();
    this.#actions.set(stage, names);
    const words = [place.pipeline.name, place.name, ...(leg === "" ? [] : [leg])];
    return names.of(words.join(" "), words.join("-").slice(0, 90));
  }

  namespace(place: JobPlace): string {
    const end = place.environment === undefined ? "" : `@${place.environment.name}`;
    return within(limits.codepipeline.name, `${place.pipeline.name}-${place.name}${end}`);
  }

  /** Of all that a job leaves behind. The build of a consumer puts the name together from the same two parts. */
  artifact({ pipeline, name, environment }: Pick<JobPlace, "pipeline" | "name" | "environment">): string {
    const base = this.#artifacts.of(`${pipeline.name} ${name}`, snake(pipeline.name, name));
    return environment === undefined ? base : `${base}__${snake(environment.name)}`;
  }

  project({ delivery, pipeline, name, environment, line }: JobPlace): string {
    const end = environment?.name ?? (line.isOnlyBranch ? undefined : line.branch);
    const what = line.runsFor === "pull requests" ? ["checks"] : [];
    const words = [delivery.name, pipeline.name, name, ...(end === undefined ? [] : [end]), ...what];
    const wanted = words.join("-").replaceAll(/[^A-Za-z0-9_-]/g, "-");
    return this.#projects.of(words.join(" "), wanted.slice(0, 140));
  }
}
