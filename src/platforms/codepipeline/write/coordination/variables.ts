/** Variables of a run that tell what another pipeline has handed over: the action `enter` has them. */

import { CannotWrite } from "../../../generated.ts";
import type { JobPlace } from "../job-place.ts";
import { snake } from "../names.ts";

/** Variable of every separate pipeline: the environment that a run begins with. */
export const fromVariable = "BATON_FROM";
/** Its value unless somebody says otherwise: all environments. */
export const fromFirst = "first";

export const separateRemedy = "use the layout single, or put the two into one pipeline";

/** A job whose output is read, with the name of the output. */
type Producer = JobPlace & { readonly output: string };

/** Whether what one job makes reaches the other by the hand-over only. */
export const isElsewhere = (producer: JobPlace, consumer: JobPlace): boolean =>
  consumer.options.layout === "separate" && producer.pipeline.name !== consumer.pipeline.name;

/** An output of a stack, its value. */
export const handedOutput = (producer: Producer, consumer: JobPlace) =>
  variableOf(`OUTPUT_${snake(producer.pipeline.name)}_${producer.output}`, { producer, consumer });

/** The run under whose name an output is kept. */
export const handedRun = (producer: Producer, consumer: JobPlace) =>
  variableOf(`${producer.environment === undefined ? "RELEASE" : "RUN"}_${snake(producer.pipeline.name)}`, {
    producer,
    consumer,
  });

/** @throws {CannotWrite} where no environment hands anything over. */
function variableOf(name: string, { producer, consumer }: { producer: Producer; consumer: JobPlace }): string {
  if (consumer.environment !== undefined) return `#{enter@${consumer.environment.name}.${name}}`;
  throw new CannotWrite(
    `${consumer.pipeline.name}.${consumer.name} reads ${producer.pipeline.name}.${producer.output} once for each release, and separate CodePipelines hand outputs over in environments only`,
    separateRemedy,
    ["pipelines", consumer.pipeline.name, "jobs", consumer.name],
  );
}
