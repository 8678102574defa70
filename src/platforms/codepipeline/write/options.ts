import { z } from "zod";
import type { WrittenFile } from "../../generated.ts";
import { type Format, formats, type Layout, layouts } from "./layouts.ts";
import { machineSchema } from "./machine-settings.ts";

export { type Format, formats, type Layout, layouts };

/** `web.deploy`. */
const jobName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z][A-Za-z0-9_-]*$/);

const statement = z.strictObject({
  actions: z.array(z.string().regex(/^[a-z0-9-]+:[A-Za-z*]+$/)).min(1),
  /** ARNs. `${environment}`, `${partition}`, `${region}` and `${account}` are filled in. */
  resources: z.array(z.string().min(1)).min(1),
  /** As IAM has them: operator, key, value or values. The same is filled in. */
  conditions: z
    .record(z.string().min(1), z.record(z.string().min(1), z.union([z.string(), z.array(z.string()).min(1)])))
    .optional(),
});

/** Where the source of a CodePipeline is. */
const sourceSchema = z.discriminatedUnion("type", [
  /** GitHub, GitLab, Bitbucket or Azure DevOps, and their servers, over a connection. */
  z.strictObject({
    type: z.literal("connection"),
    /** Patterns of tags: a push of one starts the pipelines, and a push to the branch none. */
    tags: z.array(z.string().min(1).max(255)).min(1).max(8).optional(),
  }),
  /** A repository of the account and region of the pipelines. */
  z.strictObject({ type: z.literal("codecommit") }),
  /** An archive of the repository in a bucket. */
  z.strictObject({
    type: z.literal("s3"),
    /** `${branch}` is filled in. */
    key: z.string().min(1).max(1024).default("${branch}.zip"),
  }),
]);

export type SourceSettings = z.infer<typeof sourceSchema>;

/** Text, because a number loses the zeros at its beginning. */
const accountId = z
  .string("an account is twelve digits in quotes: as a number it would lose the zeros at its beginning")
  .regex(/^[0-9]{12}$/, "an account is twelve digits in quotes");
const regionName = z
  .string()
  .regex(/^[a-z]{2,4}-([a-z]+-)+[0-9]+$/, "a region is called as AWS calls it, such as eu-central-1");

const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket");

/** By its ARN: actions of CodePipeline take no alias, and a policy that names one gives no right to its key. */
const keyArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[\w-]+$/, "the ARN of a key, and no alias");

/** Who is told beside the topic. Patterns: the service's own. */
const chatSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("slack"),
    /** Ids, as Slack shows them. */
    workspace: z.string().regex(/^[0-9A-Z]{1,255}$/, "the id of a workspace, such as T012ABCDEFG"),
    channel: z.string().regex(/^[A-Za-z0-9]{1,255}$/, "the id of a channel, such as C012ABCDEFG"),
  }),
  z.strictObject({
    type: z.literal("teams"),
    tenant: z.uuid(),
    team: z.uuid(),
    /** As it stands in a link to it. */
    channel: z
      .string()
      .max(255)
      .regex(
        /^[\w=+/.,-]*%3[aA][\w=+/.,-]*%40[\w=+/.,-]*$/,
        "the id of a channel as a link to it has it, such as 19%3A…%40thread.tacv2",
      ),
  }),
]);

const existingSchema = z.strictObject({
  /** Name of the bucket for artifacts. */
  bucket: bucketName.optional(),
  /** The key that encrypts. */
  key: keyArn.optional(),
  /** The topic that is told. */
  topic: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w-]+$/, "the ARN of a topic that is no FIFO")
    .optional(),
  /** The key with which the topic is encrypted, where that is another one than `key`. */
  topicKey: keyArn.optional(),
});

/** What a definition does not say because it concerns CodePipeline alone. Kept beside it, in `baton.codepipeline.yaml`. */
export const settingsSchema = z.strictObject({
  layout: z.enum(layouts).default("single"),
  format: z.enum(formats).default("cloudformation"),
  /** What the role of a job may do, by `pipeline.job`, where Baton cannot tell from the job's steps. */
  permissions: z.record(jobName, z.array(statement)).default({}),
  /** CloudWatch alarms, by environment: one that rings after a deployment rolls the environment back. */
  alarms: z.record(z.string(), z.array(z.string().min(1)).min(1).max(5)).default({}),
  /** How long after a deployment its alarms are watched before the next stage, in minutes. */
  watchMinutes: z.int().min(1).max(1440).default(5),
  /**
   * Who rolls an environment back when its deployment fails: CodePipeline itself (`stage`), or a function that hears of
   * it (`function`).
   */
  rollback: z.enum(["stage", "function"]).default("stage"),
  /** Which of the runs that wait before a stage go on: all, in order (`all`), or the newest alone (`newest`). */
  waiting: z.enum(["all", "newest"]).default("all"),
  source: sourceSchema.default({ type: "connection" }),
  /** By pipeline: images of ECR whose push starts it. Without a tag: every one of the repository. */
  startedByImages: z
    .record(
      z.string(),
      z.array(z.strictObject({ repository: z.string().min(1), tag: z.string().min(1).optional() })).min(1),
    )
    .default({}),
  /** What pull requests start: nothing, or a pipeline with the `checks` that need no rights. */
  pullRequests: z.enum(["nothing", "checks"]).default("nothing"),
  /** Where the pipelines are; needed as soon as an environment is somewhere else. */
  home: z.strictObject({ account: accountId, region: regionName }).optional(),
  /** Where environments are, by environment. What is not said is as at home. */
  targets: z
    .record(z.string(), z.strictObject({ account: accountId.optional(), region: regionName.optional() }))
    .default({}),
  /**
   * Who holds the key that encrypts artifacts, logs and notices: the service (`managed`), or the team (`key`). Default:
   * the service, where that is possible.
   */
  encryption: z.enum(["managed", "key"]).optional(),
  /** Folder of the definition in the source, without slashes at its ends. Default: where it is in this repository. */
  root: z
    .string()
    .regex(/^([\w.@-]+(\/[\w.@-]+)*)?$/)
    .optional(),
  /** Before the names of outputs in Parameter Store and of secrets. Default: the delivery's name. */
  prefix: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)*$/)
    .optional(),
  /** Image of the build machines. Default: Amazon Linux of their architecture. */
  image: z.string().min(1).optional(),
  /** What builds run on. */
  machine: machineSchema.default({}),
  /** What differs for a job, by `pipeline.job`. */
  machines: z.record(jobName, machineSchema).default({}),
  /** What is there already and takes the place of what the pipelines would bring. */
  existing: existingSchema.default({}),
  /** Channels that are told beside the topic, by Amazon Q Developer in chat applications. */
  chat: z.array(chatSchema).max(20).default([]),
  /** Path of roles and policies in IAM. */
  rolePath: z
    .string()
    .max(512)
    .regex(/^\/([\w+=,.@-]+\/)*$/, "a path of IAM begins and ends with a slash")
    .default("/"),
  /** ARN of a policy that the roles' own policies never go beyond. `${partition}` and `${account}` are filled in. */
  permissionsBoundary: z
    .string()
    .regex(/^arn:[^:]+:iam::[^:]*:policy\/.+$/, "the ARN of a policy")
    .optional(),
  /** Name of a bucket that the buckets tell of every access; of the account and region of each. */
  accessLogs: bucketName.optional(),
  /** How long logs are kept. */
  logDays: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
    .default(90),
  /** Commands that put a tool on a build machine, by the tool's name. */
  install: z.record(z.string(), z.array(z.string().min(1))).default({}),
  /** Where the repository can be looked at; the approval links to the commit there. */
  host: z.url().default("https://github.com"),
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
  /** What is laid over the written files, by resource: values over values, in the words of the format. */
  overlay: z.record(z.string().min(1), z.record(z.string(), z.unknown())).default({}),
});

export type Settings = z.infer<typeof settingsSchema>;

export interface WriteOptions {
  readonly layout: Layout;
  readonly format: Format;
  readonly settings: Settings;
  /** Folder of the definition, relative to the repository, without slashes at its ends; empty: the repository itself. */
  readonly root: string;
  /** Folder of the written files, relative to the definition. */
  readonly folder: string;
}

export interface Written {
  readonly files: readonly WrittenFile[];
  /** What the definition asks for and CodePipeline has no means for, where that does no harm. For people. */
  readonly notes: readonly string[];
}

/** Writes the files again. */
export const commandOf = ({ layout, format }: Pick<WriteOptions, "layout" | "format">) =>
  `baton generate codepipeline --layout ${layout} --format ${format}`;
