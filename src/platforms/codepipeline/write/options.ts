import { z } from "zod";
import type { WrittenFile } from "../../generated.ts";
import { type Format, formats, type Layout, layouts } from "./layouts.ts";

export { type Format, formats, type Layout, layouts };

const statement = z.strictObject({
  actions: z.array(z.string().regex(/^[a-z0-9-]+:[A-Za-z*]+$/)).min(1),
  /** ARNs. `${environment}`, `${partition}`, `${region}` and `${account}` are filled in. */
  resources: z.array(z.string().min(1)).min(1),
});

/** Text, because a number loses the zeros at its beginning. */
const accountId = z
  .string("an account is twelve digits in quotes: as a number it would lose the zeros at its beginning")
  .regex(/^[0-9]{12}$/, "an account is twelve digits in quotes");
const regionName = z
  .string()
  .regex(/^[a-z]{2,4}-([a-z]+-)+[0-9]+$/, "a region is called as AWS calls it, such as eu-central-1");

/** What a definition does not say because it concerns CodePipeline alone. Kept beside it, in `baton.codepipeline.yaml`. */
export const settingsSchema = z.strictObject({
  layout: z.enum(layouts).default("single"),
  format: z.enum(formats).default("cloudformation"),
  /** What the role of a job may do, by `pipeline.job`, where Baton cannot tell from the job's steps. */
  permissions: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z][A-Za-z0-9_-]*$/), z.array(statement))
    .default({}),
  /** CloudWatch alarms, by environment: one that rings after a deployment rolls the environment back. */
  alarms: z.record(z.string(), z.array(z.string().min(1)).min(1).max(5)).default({}),
  /** How long after a deployment its alarms are watched before the next stage, in minutes. */
  watchMinutes: z.int().min(1).max(1440).default(5),
  /**
   * Who rolls an environment back when its deployment fails: CodePipeline itself (`stage`), or a function that hears of
   * it (`function`).
   */
  rollback: z.enum(["stage", "function"]).default("stage"),
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
  /** Image of the build machines. */
  image: z.string().min(1).default("aws/codebuild/amazonlinux-x86_64-standard:5.0"),
  /** Commands that put a tool on a build machine, by the tool's name. */
  install: z.record(z.string(), z.array(z.string().min(1))).default({}),
  /** Where the repository can be looked at; the approval links to the commit there. */
  host: z.url().default("https://github.com"),
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
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
