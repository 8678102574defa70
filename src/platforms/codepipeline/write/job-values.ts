/** Where the values of a job come from, and how commands in its buildspec name them. */

import type { Condition, Value } from "../../../model/delivery.ts";
import type { EnvironmentVariable } from "./infrastructure.ts";
import { type JobPlace, outputScope, prefixOf, type Register } from "./job-place.ts";
import { producerOf, variablesIn } from "./known-values.ts";
import { Names, outputPath, path, secretName, snake } from "./names.ts";
import { nativeStack, stackOutput } from "./native.ts";
import { deploysSet, takingVariables } from "./separate/handed.ts";
import { inDoubleQuotes } from "./shell.ts";
import { versionOf } from "./sources.ts";

type Hole = Exclude<Value, string | readonly Value[]>;

export class JobValues {
  readonly #names = new Names();
  readonly #holes = new Map<string, Hole>();
  readonly #place: JobPlace;

  constructor(place: JobPlace) {
    this.#place = place;
    const { pipeline, job } = place;
    const values = [...Object.values(pipeline.env), ...Object.values(job.env)];
    values.push(...job.steps.flatMap(({ env }) => Object.values(env)));
    for (const value of values) this.#collect(value);
    for (const condition of [job.condition, ...job.steps.map((step) => step.condition)]) {
      if (condition !== undefined) this.#collectCondition(condition);
    }
    for (const dimension of Object.keys(job.matrix?.values ?? {})) this.#collect({ matrix: dimension });
  }

  /** A value as text between double quotes of a shell. */
  shellText(value: Value): string {
    if (typeof value === "string") return inDoubleQuotes(value);
    if (Array.isArray(value)) return value.map((part) => this.shellText(part)).join("");
    if ("context" in value && value.context === "directory") {
      const root = path(this.#place.options.root);
      return `\${CODEBUILD_SRC_DIR}${root === "" ? "" : `/${root}`}`;
    }
    return `\${${this.variableOf(value)}}`;
  }

  /** The variable of the build that holds a value. */
  variableOf(hole: Hole): string {
    const name = this.#variableOf(hole);
    return "context" in hole ? name : this.#names.of(JSON.stringify(hole), name);
  }

  #variableOf(hole: Hole): string {
    if ("output" in hole) return `BATON_HANDED_${snake(hole.output)}`;
    if ("secret" in hole) return `BATON_SECRET_${snake(hole.secret)}`;
    if ("variable" in hole) return `BATON_VARIABLE_${snake(hole.variable)}`;
    if ("parameter" in hole) return `BATON_PARAMETER_${snake(hole.parameter)}`;
    if ("matrix" in hole) return `BATON_MATRIX_${snake(hole.matrix)}`;
    return `BATON_${hole.context.toUpperCase()}`;
  }

  get holes(): readonly Hole[] {
    return [...this.#holes.values()];
  }

  /** `pipeline.output` of all that is read. */
  get outputs(): readonly string[] {
    return this.holes.flatMap((hole) => ("output" in hole ? [hole.output] : []));
  }

  /** Settings of the build project: what is known when the files are written. */
  get settled(): EnvironmentVariable[] {
    const { delivery, environment, pipeline, name, line } = this.#place;
    const plain = (variable: string, value: string): EnvironmentVariable => ({
      name: variable,
      type: "PLAINTEXT",
      value,
    });
    const own = [
      plain("BATON_DELIVERY", delivery.name),
      plain("BATON_ENVIRONMENT", environment?.name ?? ""),
      plain("BATON_PIPELINE", pipeline.name),
      plain("BATON_JOB", name),
      plain("BATON_BRANCH", line.branch),
    ];
    for (const hole of this.holes) {
      if ("variable" in hole) {
        const value = variablesIn(delivery, environment?.name)[hole.variable] ?? "";
        own.push(plain(this.variableOf(hole), value));
      }
      if ("secret" in hole) {
        const place = { prefix: prefixOf(this.#place), environment: environment?.name, secret: hole.secret };
        own.push({ name: this.variableOf(hole), type: "SECRETS_MANAGER", value: secretName(place) });
      }
    }
    // An empty value is refused by CodeBuild; the buildspec fills it in.
    return own.filter(({ value }) => value !== "");
  }

  /** Settings of the action: what only a run knows. */
  running(register: Register, leg: Readonly<Record<string, string>>): EnvironmentVariable[] {
    const plain = (variable: string, value: string): EnvironmentVariable => ({
      name: variable,
      type: "PLAINTEXT",
      value,
    });
    const inSet = deploysSet(this.#place);
    const own = [
      ...(inSet ? [] : [plain("BATON_RUN", "#{codepipeline.PipelineExecutionId}")]),
      plain("BATON_COMMIT", versionOf(this.#place.options.settings)),
      ...(inSet ? takingVariables(this.#place, this.outputs).map(([name, value]) => plain(name, value)) : []),
    ];
    for (const hole of this.holes) {
      // In a set a build reads outputs itself, once it knows that its pipeline goes.
      if ("output" in hole && !inSet) own.push(this.#handed(hole.output, this.variableOf(hole), register));
      if ("parameter" in hole) own.push(plain(this.variableOf(hole), `#{variables.${hole.parameter}}`));
      if ("matrix" in hole) own.push(plain(this.variableOf(hole), leg[hole.matrix] ?? ""));
    }
    return own.filter(({ value }) => value !== "");
  }

  /**
   * An output of the same run. What a per-release job published has the name of the run that built it: a rollback is a
   * run of its own that deploys what another built.
   */
  #handed(reference: string, variable: string, register: Register): EnvironmentVariable {
    const producer = producerOf(this.#place, reference);
    if (nativeStack(producer, register) !== undefined) {
      const value = `#{${register.namespace(producer)}.${stackOutput(producer, producer.output)!}}`;
      return { name: variable, type: "PLAINTEXT", value };
    }
    const place = {
      prefix: prefixOf(this.#place),
      environment: outputScope(producer),
      pipeline: producer.pipeline.name,
      output: producer.output,
    };
    const run =
      producer.environment === undefined && this.#place.environment !== undefined
        ? `#{${register.namespace(producer)}.BATON_RUN}`
        : "#{codepipeline.PipelineExecutionId}";
    return { name: variable, type: "PARAMETER_STORE", value: `${outputPath(place)}/${run}` };
  }

  #collect(value: Value): void {
    if (typeof value === "string") return;
    if (Array.isArray(value)) {
      for (const part of value) this.#collect(part);
      return;
    }
    this.#holes.set(JSON.stringify(value), value);
    // Named in the order of the definition, so that every reader of these values finds the same names.
    this.variableOf(value);
  }

  #collectCondition(condition: Condition): void {
    if ("all" in condition) for (const part of condition.all) this.#collectCondition(part);
    else if ("any" in condition) for (const part of condition.any) this.#collectCondition(part);
    else if ("not" in condition) this.#collectCondition(condition.not);
    else if ("parameter" in condition) this.#collect({ parameter: condition.parameter });
    else if ("variable" in condition) this.#collect({ variable: condition.variable });
  }
}
