import type { IdlePath } from "../control/local/idle-paths.ts";
import type { Lack } from "../control/local/lacking.ts";
import type { Source } from "../control/request/source.ts";
import type { Planned } from "../control/verbs/plan.ts";
import type { FreezeView } from "../control/views/freezes.ts";
import type { ExplainedJob, Plan, PlannedJob, PlannedPipeline, Requirements, Stray } from "../control/views/plan.ts";
import type { ClosedView } from "../control/views/windows.ts";
import { count } from "../findings/count.ts";
import type { Delivery } from "../model/delivery.ts";
import { durationText } from "../model/duration.ts";
import { dayTime } from "./terminal/duration.ts";
import type { Style } from "./terminal/style.ts";
import { closedText } from "./terminal/wait-text.ts";
import { pad, widthOf } from "./terminal/width.ts";

export interface PlanView {
  plan: Plan;
  source: Source;
  inPlace: boolean;
  style: Style;
}

export interface JudgedView extends PlanView, Unusual, Soaking {
  lacking: readonly Lack[];
  freezes: readonly FreezeView[];
  closed: readonly ClosedView[];
  idlePaths: readonly IdlePath[];
}

/** What is unusual about a plan, beside what it does. */
export interface Unusual {
  plan: Plan;
  requirements: Pick<Requirements, "approvals" | "hollowGates">;
  strays: readonly Stray[];
  guessed: string | undefined;
}

/** What is promoted by itself: what this brings, and what it takes the place of. */
export interface Soaking {
  plan: Plan;
  delivery: Pick<Delivery, "environments">;
  displaces?: Planned["displaces"];
}

/**
 * The plan for people: what it is about, then every environment with its pipelines, each with what it does and why; then what has
 * to be known before it is run.
 */
export function planLines(view: JudgedView): string[] {
  const { plan, style } = view;
  const lines = [`${style.strong(plan.delivery)}  ${sourceText(view)}`];
  const release = plan.jobs.filter((job) => job.environment === undefined);
  if (release.length > 0) {
    lines.push("", style.strong("once for the release"));
    lines.push(...blocks(byPipeline(release).map(([pipeline, jobs]) => ({ pipeline, jobs, style }))));
  }
  for (const environment of plan.environments) {
    lines.push("", style.strong(environment));
    const planned = plan.pipelines.filter((item) => item.environment === environment);
    const jobs = plan.jobs.filter((job) => job.environment === environment);
    lines.push(
      ...blocks(
        planned.map((item) => ({
          pipeline: item.pipeline,
          decision: item,
          jobs: jobs.filter((job) => job.pipeline === item.pipeline),
          style,
        })),
      ),
    );
  }
  lines.push(
    "",
    totals(plan),
    ...unusualLines(view, style),
    ...freezeLines(view.freezes, style),
    ...closedLines(view.closed, style),
    ...soakLines(view, style),
    ...hollowLines(view),
    ...idleLines(view),
    ...lackingLines(view),
  );
  return lines;
}

/** Where it goes although nothing says so, who has to approve, and what goes past a branch. */
export function unusualLines({ plan, requirements, strays, guessed }: Unusual, style: Style): string[] {
  const lines: string[] = [];
  if (guessed !== undefined)
    lines.push(style.warning(`goes to ${plan.environments.at(-1)}, the first environment: ${guessed}`));
  for (const approval of requirements.approvals) {
    const { environment, reviewers, count = 1, selfApproval } = approval;
    const many = count === 1 ? "" : reviewers.length === 0 ? `${count} people` : `${count} of `;
    const by = many === "" && reviewers.length === 0 ? "" : ` by ${many}${reviewers.join(", ")}`;
    const unchecked = reviewers.length === 0 ? "" : "; who answers here is not checked";
    const other = selfApproval === false ? ", not by who asks for the run" : "";
    lines.push(`${environment} asks for approval${by}${other}${unchecked}`);
    lines.push(...approvalDoubts(approval).map(style.warning));
  }
  for (const { text, code, isRefused } of strays) {
    const flag = code === "uncommitted" ? "--allow-dirty" : "--any-branch";
    lines.push(style.warning(`${text}${isRefused ? `: only with ${flag}` : ""}`));
  }
  return lines;
}

/** An approval that nobody can give, unless a name is that of a group. */
function approvalDoubts({
  environment,
  reviewers,
  count = 1,
  selfApproval,
}: Requirements["approvals"][number]): string[] {
  const names = new Set(reviewers).size;
  if (names === 0) return [];
  const group = `unless ${names === 1 ? `${reviewers[0]} is` : "one of them is"} a group`;
  if (count > names)
    return [
      `${environment}: ${count} must approve and ${names} ${names === 1 ? "is" : "are"} named: nobody gets there ${group}`,
    ];
  if (selfApproval === false && count === names) {
    return [`${environment}: a run that ${reviewers.join(" or ")} asks for cannot be approved ${group}`];
  }
  return [];
}

/** Where it waits for a change window. */
export function closedLines(closed: readonly ClosedView[], style: Style): string[] {
  return closed.map(({ environment, until }) => style.warning(closedText(environment, until)));
}

/** Where it goes on by itself, and what does not any more when this is deployed. */
export function soakLines({ plan, delivery, displaces = [] }: Soaking, style: Style): string[] {
  const { event, branch } = plan.change;
  const isDelivered = event === "push" || event === "schedule";
  const next = delivery.environments.flatMap(({ name, after, promote }) => {
    if (promote === undefined || !isDelivered || !after.every((before) => plan.environments.includes(before)))
      return [];
    return `goes on to ${name} by itself after ${durationText(promote.soakMs)}, by baton serve --deliver ${branch}`;
  });
  const instead = isDelivered ? "this soaks in its place" : "this takes its place, and does not go on by itself either";
  const gone = displaces.map(({ environment, release }) =>
    style.warning(`release ${release} does not go to ${environment} by itself then: ${instead}`),
  );
  return [...next, ...gone];
}

/** What is kept waiting, and why. */
export function freezeLines(freezes: readonly FreezeView[], style: Style): string[] {
  return freezes.map(({ environment, until, by, reason }) =>
    style.warning(`${environment} is frozen until ${dayTime(until)} by ${by}: ${reason}`),
  );
}

/** What is made anew although an earlier release had it, and what goes for the sake of others through where nothing changed. */
export function anewLines({ jobs, pipelines }: Plan, style: Style): string[] {
  const made = jobs.flatMap(({ pipeline, job, environment, decision, reason }) =>
    environment === undefined && decision === "run" && reason.code === "not-kept"
      ? `${pipeline}.${job}: ${reason.text}`
      : [],
  );
  const through = pipelines.flatMap(({ pipeline, decision, reason }) =>
    decision === "run" && reason.code === "not-proven" ? `${pipeline}: ${reason.text}` : [],
  );
  return Array.from(new Set([...made, ...through]), style.warning);
}

function hollowLines({ requirements, style }: JudgedView): string[] {
  return requirements.hollowGates.map(({ job, neededBy }) =>
    style.warning(
      `a hollow gate: ${job} may fail, and ${neededBy.join(", ")} ${neededBy.length === 1 ? "goes" : "go"} on`,
    ),
  );
}

function idleLines({ idlePaths, style }: JudgedView): string[] {
  return idlePaths.map(({ pipeline, pattern }) =>
    style.warning(`${pattern} of ${pipeline} matches no file in git: no change makes ${pipeline} run by it`),
  );
}

function lackingLines({ lacking, style }: JudgedView): string[] {
  return lacking.map(({ kind, name, problem, jobs }) => {
    const [first] = jobs;
    const more = jobs.length > 1 ? ` and ${jobs.length - 1} more` : "";
    return style.bad(`missing: ${kind} ${name}, ${problem}${first === undefined ? "" : ` (${first}${more})`}`);
  });
}

export function sourceText({ plan, source, inPlace }: Omit<PlanView, "style">): string {
  if (source.kind === "folder") return `the files as they are: ${source.because}, so everything counts as changed`;
  const branch = branchText(source.branch, plan.change.branch);
  const extra = source.uncommitted.length > 0 ? ` with ${count(source.uncommitted.length, "uncommitted file")}` : "";
  return `${source.head.slice(0, 7)}${branch}${extra}${inPlace ? ", in the working tree itself" : ""}`;
}

/** A branch that was only named is told from the one that is checked out. */
function branchText(here: string | undefined, meant: string): string {
  if (here !== undefined && meant !== here) return ` on ${here}, as if on ${meant}`;
  return meant ? ` on ${meant}` : "";
}

export function totals(plan: Plan): string {
  const number = { run: 0, reuse: 0, skip: 0 };
  for (const { decision } of plan.jobs) number[decision]++;
  return `${count(number.run, "job")} to run, ${number.reuse} reused, ${number.skip} skipped`;
}

interface Block {
  pipeline: string;
  decision?: PlannedPipeline;
  jobs: PlannedJob[];
  style: Style;
}

function blocks(list: readonly Block[]): string[] {
  const width = Math.max(0, ...list.map(({ pipeline }) => widthOf(pipeline)));
  return list.flatMap((block) => blockLines(block, width));
}

/** One line for the pipeline; below it only the jobs that do not do what the pipeline does. */
function blockLines({ pipeline, decision, jobs, style }: Block, width: number): string[] {
  const main = decision ?? commonDecision(jobs);
  const running = jobs.filter((job) => job.decision === "run");
  const names = running.length > 0 ? style.faint(` (${shortNames(running)})`) : "";
  const head = `  ${mark(main.decision, style)} ${pad(pipeline, width)}  ${main.reason.text}${names}`;
  const others = jobs.filter((job) => job.decision !== main.decision && job.decision !== "run");
  const reasons = Map.groupBy(others, (job) => `${job.decision} ${job.reason.text}`);
  return [
    head,
    ...Array.from(reasons.values(), (same) => {
      const [first] = same;
      return `    ${mark(first!.decision, style)} ${shortNames(same)}: ${first!.reason.text}`;
    }),
  ];
}

/** A per-release pipeline has no decision of its own: what most of its jobs do stands for it. */
function commonDecision(jobs: readonly PlannedJob[]): Pick<PlannedJob, "decision" | "reason"> {
  return jobs.find((job) => job.decision === "run") ?? jobs[0]!;
}

const mostNames = 6;

function shortNames(jobs: readonly PlannedJob[]): string {
  const names = [...new Set(jobs.map(({ job }) => job))];
  const legs = (name: string) => jobs.filter(({ job }) => job === name).length;
  const shown = names.slice(0, mostNames).map((name) => (legs(name) > 1 ? `${name} ×${legs(name)}` : name));
  return shown.join(", ") + (names.length > mostNames ? ` and ${names.length - mostNames} more` : "");
}

function mark(decision: PlannedJob["decision"], style: Style): string {
  switch (decision) {
    case "run":
      return style.good("run  ");
    case "reuse":
      return style.active("reuse");
    case "skip":
      return style.faint("skip ");
    default:
      return decision satisfies never;
  }
}

function byPipeline(jobs: readonly PlannedJob[]): [string, PlannedJob[]][] {
  return [...Map.groupBy(jobs, ({ pipeline }) => pipeline)];
}

/** Everything the plan knows about one job. */
export function explainLines(job: ExplainedJob, style: Style): string[] {
  const [, ...rest] = job.why;
  const lines = [
    `${mark(job.decision, style)} ${style.strong(job.id)}`,
    `  why: ${job.reason.text} ${style.faint(`(${job.reason.code})`)}`,
    ...rest.map((line) => `       ${line}`),
  ];
  if (job.reused) lines.push(`  comes from release ${job.reused.release}, commit ${job.reused.commit.slice(0, 7)}`);
  if (job.after.length > 0) lines.push(`  starts after: ${job.after.join(", ")}`);
  const gates = job.requires.length === job.after.length ? [] : job.requires;
  if (gates.length > 0) lines.push(`  requires success of: ${gates.join(", ")}`);
  return lines;
}

type OpenRuns = Planned["open"];

/** Other runs that have not ended, oldest first: they are told of and left alone. */
export function openLines(open: OpenRuns): string[] {
  const named = (some: OpenRuns) => some.map(({ run }) => run).toReversed();
  const underway = named(open.filter(({ isUnderway }) => isUnderway));
  const left = named(open.filter(({ isUnderway }) => !isUnderway));
  return [
    ...ofRuns(underway, { one: "goes on in another terminal", many: "go on in other terminals" }),
    ...ofRuns(left, { one: "has not ended and is left as it is", many: "have not ended and are left as they are" }),
  ];
}

function ofRuns(runs: readonly string[], does: { one: string; many: string }): string[] {
  if (runs.length === 0) return [];
  return [
    runs.length === 1
      ? `run ${runs[0]} ${does.one}: baton status`
      : `runs ${runs.join(", ")} ${does.many}: baton status`,
  ];
}
