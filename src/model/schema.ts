import { z } from "zod";
import { noticeTopics, weekdays } from "./delivery.ts";
import { durationPattern } from "./duration.ts";
import { inputPattern, namePattern, placePattern, secretPattern, servicePattern, variablePattern } from "./names.ts";
import { contextNames, eventNames } from "./normalise/values.ts";

/**
 * The written form of a delivery as YAML and JSON have it. The published JSON Schema (`schema/delivery.schema.json`) is
 * made from this one, so every description here is what editors show. Loading Zod takes longer than a whole `baton`
 * that finds nothing to do, so nothing on that way imports this file: the normaliser reads the same form by itself, and
 * a property test holds the two to the same answer.
 */

const name = z.string().regex(namePattern).max(100);
const place = z.string().regex(placePattern).max(100);
const globs = z.array(z.string());
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const duration = z
  .union([z.string().regex(durationPattern), z.number()])
  .meta({ id: "duration", description: 'A length of time: "90s", "10m", "1h30m", or a number of milliseconds.' });
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item)]);
const variables = z.record(z.string().regex(variablePattern), scalar);

const value: z.ZodType = z
  .lazy(() =>
    z.union([
      scalar,
      z.strictObject({ output: z.string() }).describe("`pipeline.output`, or `output` of the own pipeline."),
      z.strictObject({ secret: z.string().regex(secretPattern) }).describe("A secret; masked in every log."),
      z.strictObject({ variable: z.string() }).describe("A variable of the environment or of the delivery."),
      z.strictObject({ parameter: z.string() }).describe("A parameter of the run."),
      z.strictObject({ matrix: z.string() }).describe("The value of this dimension in this leg of the matrix."),
      z.strictObject({ context: z.enum(contextNames) }).describe("What Baton knows about the running job."),
      z.array(value),
    ]),
  )
  .meta({
    id: "value",
    description: "A string, something that is filled in when the job starts, or a list of both that is joined.",
  });

const env = z
  .record(z.string().regex(variablePattern), value)
  .describe("Environment variables. Values reach a script through these only.");

const condition: z.ZodType = z
  .lazy(() =>
    z.union([
      z.strictObject({ all: z.array(condition) }).describe("All of these hold."),
      z.strictObject({ any: z.array(condition) }).describe("At least one of these holds."),
      z.strictObject({ not: condition }).describe("This does not hold."),
      z.strictObject({ environment: oneOrMore(z.string()) }).describe("In one of these environments."),
      z.strictObject({ branch: oneOrMore(z.string()) }).describe("On a branch that matches one of these globs."),
      z.strictObject({ event: oneOrMore(z.enum(eventNames)) }).describe("Started by one of these events."),
      z.strictObject({ parameter: z.string(), equals: scalar }).describe("A parameter of the run has this value."),
      z.strictObject({ variable: z.string(), equals: scalar }).describe("A variable has this value."),
    ]),
  )
  .meta({ id: "condition", description: "When a job or step runs: an object with exactly one of these keys." });

const use = z.union([
  z.string(),
  z.strictObject({
    artifact: z.string().describe("`pipeline.artifact`, or `artifact` of the own pipeline."),
    path: z
      .string()
      .describe("Where it is laid, relative to the job's working directory. Default: where it was made.")
      .optional(),
  }),
]);
const uses = z.array(use).describe("Artifacts that are laid into the working directory before the first step.");

const step = z.union([
  z.string().describe("A shell command."),
  z.strictObject({
    name: z.string().describe("Default: the first line of the script.").optional(),
    run: z.string().describe("A shell script."),
    shell: z.enum(["bash", "sh"]).describe("`bash -eo pipefail` (the default) or `sh -e`.").optional(),
    env: env.optional(),
    condition: condition.optional(),
    workingDirectory: z.string().describe("Relative to the job's.").optional(),
    timeout: duration.optional(),
    continueOnFailure: z.boolean().describe("Its failure does not end the job. Default: false.").optional(),
    uses: uses.optional(),
    action: z
      .strictObject({
        kind: z.string(),
        inputs: env.optional(),
        publishes: z.array(z.string()).describe("Outputs of the pipeline that it publishes.").optional(),
        drift: z
          .strictObject({ run: z.string(), env: env.optional() })
          .describe("How it looks whether what it left is still as it was.")
          .optional(),
      })
      .describe("What the script was made from, so that a platform may use something native instead.")
      .optional(),
  }),
]);

const dimension = z.string().regex(inputPattern);
const matrixValues = z.record(dimension, z.array(scalar));
const matrixLegs = z.array(z.record(dimension, scalar));
/** Written with any of its own keys it is the long form; else every key is a dimension. */
const matrixKeys = ["values", "include", "exclude", "failFast", "maxParallel"];
const matrix = z
  .union([
    z.strictObject({
      values: matrixValues.describe("The values of each dimension.").optional(),
      include: matrixLegs.describe("Legs to add, or values to add to legs, as on GitHub.").optional(),
      exclude: matrixLegs.describe("Combinations to leave out.").optional(),
      failFast: z.boolean().describe("Cancel the other legs when one fails. Default: true.").optional(),
      maxParallel: z.number().optional(),
    }),
    z.record(dimension.regex(new RegExp(`^(?!(?:${matrixKeys.join("|")})$)`)), z.array(scalar)),
  ])
  .describe('The job runs once for every combination: { node: ["20", "22"] }.');

const retry = z
  .union([
    z.number().describe("How often a failed job is tried again."),
    z.strictObject({
      attempts: z.number().describe("Counts the first attempt too. Default: 1.").optional(),
      delay: duration.describe("The wait before the second attempt. Default: 10s.").optional(),
      factor: z.number().describe("How much longer each further wait is. Default: 2.").optional(),
      maxDelay: duration.describe("The longest wait. Default: 5m.").optional(),
    }),
  ])
  .describe("Whether a failed job is tried again.");

const image = value.describe("`node:24`; an output where a job has built it.");
const containerForm = {
  image,
  env: env.optional(),
  options: z.string().describe("Of `docker create`: `--cpus 2`.").optional(),
  credentials: z
    .strictObject({ username: value, password: value.describe("A secret.") })
    .describe("For the registry of the image.")
    .optional(),
};
const container = z
  .union([value, z.strictObject(containerForm)])
  .describe("An image that the steps run in. Default: the machine itself.");
const service = z.union([
  value,
  z.strictObject({
    ...containerForm,
    ports: z
      .array(z.union([z.string(), z.number()]))
      .describe("`5432`, or `5432:5432`: of the machine, and of the container.")
      .optional(),
  }),
]);
const labels = oneOrMore(value);
const runsOn = z
  .union([labels, z.strictObject({ labels: labels.optional(), group: value.optional() })])
  .describe("Labels that the machine has, or a group of machines. Default: what the platform has.");

const job = z
  .strictObject({
    per: z
      .enum(["release", "environment"])
      .describe("`release`: once, the same bytes everywhere. `environment` (the default): again in each.")
      .optional(),
    needs: oneOrMore(name).describe("Jobs of this pipeline that must succeed first.").optional(),
    deploys: z.boolean().describe("Changes the environment: takes its lock. Default: false.").optional(),
    irreversible: z
      .string()
      .describe('What it does that no rollback undoes: "drops a column". No rollback goes over it by itself.')
      .optional(),
    undo: z
      .boolean()
      .describe(
        "Undoes what its release did in an environment, before a rollback deploys an earlier one; runs at no other time.",
      )
      .optional(),
    verify: z
      .union([
        z.boolean(),
        duration,
        z.strictObject({
          for: duration.describe("How long it must go on to pass."),
          every: duration.describe("How often it looks. Default: 1m, or `for` where that is shorter.").optional(),
        }),
      ])
      .describe("Looks whether what was deployed works, once or for some time; comes behind what deploys.")
      .optional(),
    drift: z
      .union([z.string(), z.boolean()])
      .describe(
        "A command that looks whether the environment is still as this job left it: exit code 0 says yes, 2 no. `true`: each of its actions that knows how to ask.",
      )
      .optional(),
    remove: z
      .string()
      .describe("A command that takes away again what this job left in a preview; ends well where nothing is there.")
      .optional(),
    onLost: z
      .enum(["retry", "ask"])
      .describe(
        "When the agent that runs it is lost: run it again, or let a person look first. Default: ask where it deploys and the environment has an approval, else retry.",
      )
      .optional(),
    runsAfter: z
      .enum(["success", "failure", "always"])
      .describe("Which end of its needs lets it run. Default: success.")
      .optional(),
    condition: condition.optional(),
    steps: z.array(step).describe("What it does, in order."),
    env: env.optional(),
    matrix: matrix.optional(),
    timeout: duration.describe("For the whole job. Default: 1h.").optional(),
    retry: retry.optional(),
    concurrency: z
      .union([z.string(), z.strictObject({ group: value, limit: z.number().optional() })])
      .describe("At most `limit` (default 1) jobs of one group at a time; the others wait, none is dropped.")
      .optional(),
    workingDirectory: z.string().describe("Relative to the pipeline's.").optional(),
    runsOn: runsOn.optional(),
    container: container.optional(),
    services: z
      .record(z.string().regex(servicePattern), service)
      .describe("Containers that run beside the steps, by the name of their host.")
      .optional(),
    tools: z
      .array(z.union([z.string(), z.strictObject({ name: z.string(), version: z.string().optional() })]))
      .describe('Programs it needs: "node", "terraform@>=1.5".')
      .optional(),
    continueOnFailure: z.boolean().describe("Its failure is reported but stops nothing. Default: false.").optional(),
    artifacts: z
      .record(name, z.union([z.string(), z.strictObject({ path: z.string() })]))
      .describe("Files or folders it leaves behind, by name, relative to its working directory.")
      .optional(),
    report: z
      .string()
      .describe("Text or Markdown for people that its steps leave behind: a plan of what would change.")
      .optional(),
    uses: uses.optional(),
  })
  .meta({ id: "job", description: "Steps on one machine, in order." });

const outputType = z.enum(["string", "number", "boolean", "url", "json"]);
const output = z.union([
  outputType,
  z.strictObject({
    type: outputType.describe("Default: string.").optional(),
    description: z.string().optional(),
    job: name.describe("The job that publishes it. Default: the only job, or the only one that deploys.").optional(),
    parameter: z.string().describe("Name under which it is kept outside Baton; {environment} is replaced.").optional(),
  }),
]);

const pipeline = z
  .strictObject({
    description: z.string().optional(),
    needs: oneOrMore(name).describe("Pipelines that hand over to this one.").optional(),
    paths: globs.describe("GitHub path globs; later ones win, ! negates. Default: every change.").optional(),
    branches: globs.describe("GitHub branch globs. Default: the branches of the environments.").optional(),
    pullRequests: z.boolean().describe("Run what does not deploy for pull requests. Default: true.").optional(),
    manual: z.boolean().describe("May be started by hand. Default: true.").optional(),
    schedules: z.array(z.string()).describe("POSIX cron lines, UTC.").optional(),
    outputs: z.record(name, output).describe("Values it publishes in an environment.").optional(),
    env: env.optional(),
    workingDirectory: z.string().describe("Relative to the folder of the definition. Default: that folder.").optional(),
    jobs: z.record(name, job).describe("In the order in which they are shown."),
  })
  .meta({ id: "pipeline", description: "A unit that one team owns." });

const dayPattern = weekdays.join("|");
const days = z.string().regex(new RegExp(`^(${dayPattern})(-(${dayPattern}))?$`));
const window = z
  .strictObject({
    days: oneOrMore(days).describe('"mon", "mon-fri". Default: every day.').optional(),
    from: z.string().describe('"09:00" on the clocks of the zone.'),
    to: z.string().describe('Up to but without it; before "from" it is on the day after. "24:00" is midnight.'),
    zone: z.string().describe('"Europe/Berlin".'),
  })
  .meta({ id: "window", description: "A change window." });

const environment = z
  .union([
    z.null(),
    z.strictObject({
      branch: z.string().describe("Pushes to branches that match this GitHub glob deploy here.").optional(),
      after: oneOrMore(place).describe("Environments that a release must have passed first.").optional(),
      promote: z
        .strictObject({ soak: duration.describe("How long it must have been in everything that comes before.") })
        .describe("Pushes end before it; baton serve promotes releases to it by itself. Default: pushes go on at once.")
        .optional(),
      approval: z
        .strictObject({
          reviewers: z
            .array(z.string())
            .describe(
              "Who may approve. Default: at a server whoever has the role approver there, on a terminal anybody.",
            )
            .optional(),
          message: z.string().optional(),
          timeout: duration.describe("Not answered by then, it is rejected. Default: 7d.").optional(),
          count: z.number().describe("How many different people must approve. Default: 1.").optional(),
          selfApproval: z
            .boolean()
            .describe("Whether whoever asked for the run may approve it. Default: true.")
            .optional(),
          reminder: duration
            .describe("Each time that nobody has answered for so long, people are told again.")
            .optional(),
        })
        .optional(),
      onFailure: z
        .enum(["stay", "rollback"])
        .describe("What fails there stays (the default) or is taken back to the last good release by itself.")
        .optional(),
      windows: z
        .union([window, z.array(window).min(1)])
        .describe("When something may be deployed here. Default: always.")
        .optional(),
      preview: z
        .boolean()
        .describe("Each pull request has one of its own, called NAME-NUMBER, until it is closed. Default: false.")
        .optional(),
      variables: variables.describe("Win over the delivery's of the same name.").optional(),
    }),
  ])
  .meta({ id: "environment", description: "A place that releases are deployed to." });

const secretReference = z.strictObject({ secret: z.string().regex(secretPattern) });
const notice = z
  .strictObject({
    slack: secretReference.describe("The address of an incoming webhook.").optional(),
    teams: secretReference.describe("The address of a workflow that takes webhooks.").optional(),
    webhook: z
      .strictObject({
        url: secretReference,
        signing: secretReference.describe("What it is signed with; begins with whsec_.").optional(),
      })
      .describe("Standard Webhooks.")
      .optional(),
    email: z
      .strictObject({
        server: secretReference.describe("smtps://user:password@host, or smtp://host:port."),
        from: z.string(),
        to: oneOrMore(z.string()),
      })
      .optional(),
    sns: z.string().describe("The ARN of a topic.").optional(),
    eventbridge: z.string().describe("The ARN of an event bus.").optional(),
    cdevents: z
      .strictObject({ url: secretReference, signing: secretReference.optional() })
      .describe("CDEvents as CloudEvents over HTTP.")
      .optional(),
    github: z
      .strictObject({
        repository: z.string().describe("owner/name"),
        token: secretReference,
        api: z.string().describe("Of a GitHub Enterprise Server: https://HOST/api/v3.").optional(),
      })
      .describe("Statuses of commits, and deployments.")
      .optional(),
    otlp: z
      .strictObject({
        url: secretReference,
        headers: secretReference.describe("name=value,name=value").optional(),
      })
      .describe("Traces and metrics of runs, as OpenTelemetry over OTLP/HTTP.")
      .optional(),
    on: oneOrMore(z.enum(noticeTopics))
      .describe("Of what it is told. Default: of everything; where people read it, without run.")
      .optional(),
    environments: oneOrMore(z.string()).describe("Of what happens where. Default: of all.").optional(),
  })
  .meta({ id: "notice", description: "Somebody who is told: exactly one address." });

const parameterType = z.enum(["string", "number", "boolean", "choice"]);
const parameter = z.union([
  parameterType,
  z.strictObject({
    type: parameterType.describe("Default: choice when there are options, else string.").optional(),
    description: z.string().optional(),
    default: scalar.describe("Without one it must be given.").optional(),
    options: z.array(scalar).describe("For a choice.").optional(),
  }),
]);

export const deliverySchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1).describe("The version of this form.").optional(),
    name: place,
    variables: variables.describe("For all environments.").optional(),
    parameters: z
      .record(z.string().regex(inputPattern), parameter)
      .describe("What a person may give when starting a run by hand.")
      .optional(),
    environments: z.record(place, environment).describe("In promotion order.").optional(),
    pipelines: z.record(name, pipeline).describe("The pipelines by name."),
    notices: z.record(name, notice).describe("Who is told what happens: targets by names of your own.").optional(),
  })
  .meta({ title: "Baton delivery", description: "Environments, pipelines and how they depend on each other." });

/** The published JSON Schema (draft 2020-12) of the written form. */
export function deliveryJsonSchema(): object {
  return z.toJSONSchema(deliverySchema, { io: "input", target: "draft-2020-12", reused: "inline" });
}
