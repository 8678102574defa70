/**
 * What a step finds where it looks, and what it leaves for others: revisions and artifacts. Where only the run knows what
 * is meant, nothing is said.
 */

import type { Access, Key, ResourceAccess } from "../../../facts/access.ts";
import type { Found } from "../../../simulation/trace.ts";
import { accessesOf } from "../read/accesses.ts";
import type { Environment } from "../read/expressions/evaluate.ts";
import type { Job, Step } from "../workflow.ts";
import { viewOfLeg } from "./contexts.ts";
import { accessesIn, type EffectSetting, textOf } from "./step-effects.ts";
import { type Artifact, runNumber, type SimLeg, type SimRun, type World } from "./world.ts";

export interface ReadSetting extends EffectSetting {
  readonly world: World;
}

export function findsOf(step: Step, leg: SimLeg, setting: ReadSetting): Found[] {
  return handsIn(step, leg, setting).flatMap(({ access, environment }) => {
    if (access.mode !== "read") return [];
    const place: Place = { leg, environment, world: setting.world };
    return access.resource === "source" ? revisionOf(access, place) : artifactsFor(access, place);
  });
}

/** Names of the artifacts that the step uploads. */
export function leavesOf(step: Step, leg: SimLeg, setting: EffectSetting): (string | undefined)[] {
  return handsIn(step, leg, setting).flatMap(({ access, environment }) =>
    access.resource === "artifact" && access.mode !== "read" ? [textOf(access.key, environment)] : [],
  );
}

interface Hand {
  readonly access: ResourceAccess;
  readonly environment: Environment;
}

const quiet = new WeakMap<Job, Set<Step>>();

function handsIn(step: Step, leg: SimLeg, setting: EffectSetting): Hand[] {
  const { job, scope } = leg.job;
  const silent = quiet.get(job) ?? new Set<Step>();
  quiet.set(job, silent);
  if (silent.has(step)) return [];
  const isOpaque = step.kind === "uses" && step.uses.kind === "local";
  if (!isOpaque && !accessesOf(setting.repository, step, { job, level: scope }).some(isHandOver)) {
    silent.add(step);
    return [];
  }
  return [...accessesIn(step, { leg, view: { ...viewOfLeg(leg), step }, setting })].flatMap(({ access, view }) =>
    isHandOver(access) ? [{ access, environment: setting.evaluate.environment(view) }] : [],
  );
}

function isHandOver(access: Access): access is ResourceAccess {
  return access.kind === "resource" && (access.resource === "source" || access.resource === "artifact");
}

interface Place {
  readonly leg: SimLeg;
  readonly environment: Environment;
  readonly world: World;
}

// ---------------------------------------------------------------------------------------------------------------------
// Revisions

function revisionOf(access: ResourceAccess, place: Place): Found[] {
  const repository = access.details.get("repository");
  const from = repository && textOf(repository, place.environment);
  const isFork = from === outsideRepository;
  if (repository && !isFork && from !== ownRepository(place)) return [];
  const ref = access.key.length === 0 ? "" : textOf(access.key, place.environment);
  if (ref === undefined) return [];
  const commit = isFork ? commitInFork(ref, place.world) : commitOf(ref, place);
  if (commit === undefined) return [];
  return [{ of: "source", commit, outsider: isFork || isFromOutside(commit, place.world) }];
}

const outsideRepository = "somebody/fork";

function ownRepository({ environment }: Place): string | undefined {
  return textOf([{ kind: "expression", text: "github.repository" }], environment);
}

/** A branch is where it points to now; a commit stays what it is; without either it is what started the run. */
function commitOf(ref: string, { leg, world }: Place): string | undefined {
  const { origin } = leg.job.scope.run;
  if (ref === "" || ref === origin.sha) return origin.sha;
  if (ref.startsWith("refs/pull/")) return commitOfPullRequest(ref, world);
  if (ref.startsWith("refs/")) return world.refs.get(ref) ?? unmoved(ref);
  for (const kind of ["heads", "tags"]) {
    const commit = world.refs.get(`refs/${kind}/${ref}`);
    if (commit !== undefined) return commit;
  }
  return isCommit(ref, world) ? ref : unmoved(`refs/heads/${ref}`);
}

function unmoved(ref: string): string {
  return ref.startsWith("refs/tags/")
    ? `commit of ${ref.slice("refs/tags/".length)}`
    : `tip of ${ref.slice("refs/heads/".length)}`;
}

function isCommit(text: string, { runs, scenario }: World): boolean {
  return (
    /^(tip|commit|merge) of /.test(text) ||
    runs.some(({ origin }) => origin.sha === text || origin.headSha === text) ||
    scenario.events.some((event) => "commit" in event && event.commit === text)
  );
}

function commitOfPullRequest(ref: string, { runs }: World): string | undefined {
  const [, number, what] = /^refs\/pull\/(\d+)\/(merge|head)$/.exec(ref) ?? [];
  const run = runs.find(({ origin }) => `${origin.number}` === number);
  const head = run?.origin.headSha;
  return head === undefined || what === "head" ? head : `merge of ${head}`;
}

function commitInFork(ref: string, { scenario }: World): string | undefined {
  const branch = ref.replace(/^refs\/heads\//, "");
  for (const event of scenario.events) {
    if (event.kind !== "pull-request" || !event.outsider) continue;
    if (event.head === branch || event.commit === ref) return event.commit;
  }
  return undefined;
}

function isFromOutside(commit: string, { scenario }: World): boolean {
  return scenario.events.some(
    (event) =>
      event.kind === "pull-request" &&
      event.outsider &&
      (commit === event.commit || commit === `merge of ${event.commit}`),
  );
}

// ---------------------------------------------------------------------------------------------------------------------
// Artifacts

function artifactsFor(access: ResourceAccess, place: Place): Found[] {
  if (access.details.has("repository") || access.details.has("repo")) return [];
  const runs = searchedRuns(access, place);
  if (runs === undefined) return [];
  const isOpen = access.key.length === 0 || access.details.has("pattern");
  const wanted = isOpen ? undefined : textOf(access.key, place.environment);
  const found = place.world.artifacts.findLast((each) => runs.includes(each.run) && mayBe(each, wanted));
  return [{ of: "artifact", name: wanted ?? "", from: found?.run.info.id }];
}

function mayBe({ name }: Artifact, wanted: string | undefined): boolean {
  return name === undefined || wanted === undefined || name === wanted;
}

/** The run in question, all its attempts; undefined where only the run knows which. */
function searchedRuns(access: ResourceAccess, { leg, environment, world }: Place): SimRun[] | undefined {
  const own = leg.job.scope.run;
  const before = own.origin.upstream?.run;
  const { binding } = access;
  switch (binding.kind) {
    case "this-run":
      return world.runs.filter(({ firstId }) => firstId === own.firstId);
    case "given-run": {
      if (isNoRun(binding.run)) return [];
      const id = textOf(binding.run, environment);
      // An empty id is none: the action refuses it.
      if (id === "") return [];
      if (id === undefined || !/^\d+$/.test(id)) return undefined;
      return world.runs.filter((run) => runNumber(run) === Number(id));
    }
    case "latest": {
      const named = access.details.get("workflow");
      const workflow = named && (isIdOfWorkflow(named) ? before?.workflow.file : textOf(named, environment));
      if (named && workflow === undefined) return undefined;
      const branch = binding.branch && textOf(binding.branch, environment);
      const newest = world.runs.findLast(
        (run) =>
          run !== own &&
          run.state === "ended" &&
          (binding.of === "any" || run.conclusion === "success") &&
          isNamed(run, workflow, access.tool === currentByDefault ? own : undefined) &&
          (!branch || (run.origin.head ?? run.info.ref) === branch),
      );
      return newest ? [newest] : [];
    }
    default:
      return undefined;
  }
}

/** Numbers of the run before that are not its id. */
function isNoRun([part, ...more]: Key): boolean {
  const path = part?.kind === "expression" && more.length === 0 ? part.text.trim().toLowerCase() : "";
  return /^github\.event\.workflow_run\.(workflow_id|run_number|check_suite_id)$/.test(path);
}

function isIdOfWorkflow([part, ...more]: Key): boolean {
  return part?.kind === "expression" && more.length === 0 && /workflow_run\.workflow_id$/i.test(part.text.trim());
}

/** Without a workflow it looks at runs of its own. */
const currentByDefault = "dawidd6/action-download-artifact";

function isNamed({ workflow }: SimRun, name: string | undefined, own: SimRun | undefined): boolean {
  if (!name) return own === undefined || workflow === own.workflow;
  return workflow.displayName === name || workflow.file === name || workflow.file.endsWith(`/${name}`);
}
