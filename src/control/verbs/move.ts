import type { RunId } from "../../engine/events.ts";
import { resolveCommit } from "../../git/worktree.ts";
import { compileFilter } from "../../model/filters.ts";
import { own } from "../../model/own.ts";
import { isPreview, standing } from "../../model/previews.ts";
import { resolveDelivery } from "../../model/resolved-delivery.ts";
import { definitionChange } from "../../plan/definition-change.ts";
import { plan as makePlan } from "../../plan/make-plan.ts";
import type { Plan, PlanRequest } from "../../plan/plan.ts";
import { originOf } from "../../plan/plan.ts";
import { requirementsOf } from "../../plan/requirements.ts";
import { withUndo } from "../../plan/undo.ts";
import type { AutomaticPromotion } from "../../release/automatic.ts";
import type { ReleaseHistory } from "../../release/history.ts";
import { type MayNotMove, type Move, type Moving, promotionTo, rollbackOf } from "../../release/moves.ts";
import { underTodaysPolicies } from "../../release/todays-policies.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { asked, notThere, refused } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import { freezesNow, isUnderway, openJournal, requireJournal } from "../local/journal.ts";
import { lackingHere } from "../local/lacking.ts";
import { pastOf } from "../local/past.ts";
import { outlookIn, readReleases } from "../local/release-facts.ts";
import type { Place, Project } from "../project.ts";
import { type Past, withoutLegs } from "../request/run-request.ts";
import { readSecrets } from "../request/secrets.ts";
import { changesSince, definitionPrefix, type Source } from "../request/source.ts";
import { type MoveView, moveView } from "../views/move.ts";
import { isTooLate } from "../views/run.ts";
import { freezesFor, type Judged, type Planned } from "./plan.ts";
import { diffOf, findRelease, sideIn, sideOf } from "./releases.ts";

export interface MoveRequest {
  kind: Move["kind"];
  /** The environment. */
  to: string;
  /** By its number. Default: the newest that may go on there, or the last good one to go back to. */
  release?: string | undefined;
  /** Only these. Default: all. */
  pipelines?: string[] | undefined;
  /** Only if it is due to go there by itself, by this clock (milliseconds since the epoch): asked again when it begins. */
  byItself?: { now(): number } | undefined;
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string | undefined;
}

/** What a promotion or rollback would do. To be started like any other plan. */
export interface PlannedMove extends Planned {
  move: MoveView;
}

/** Says what a promotion or rollback would do. Changes nothing. @throws {Refused} */
export async function planMove(place: Place, request: MoveRequest): Promise<PlannedMove> {
  const { project, caller } = place;
  using journal = requireJournal(project);
  if (request.byItself !== undefined) requireDue(journal, request);
  const history = readReleases(journal);
  const today = await asked(() => loadDefinition(project.file, caller));
  const underToday = (one: Move) => underTodaysPolicies(one, today.ok ? today.value : undefined);
  const { move, policies } = underToday(chosenMove(history, request));
  const source = await sourceOf(project, move);
  const held = Object.values(move.set);
  const { delivery } = move.release.facts;
  const past = pastOf(journal, { project, source, delivery, also: held });
  const open = journal.openRuns().map(({ run }) => ({ run, isUnderway: isUnderway(journal, run) }));
  const left = open.flatMap(({ run, isUnderway: isIt }) => (isIt ? [] : [run]));
  // Whoever was told of a release gets this one and no other, whatever has happened since.
  const named: MoveRequest = { ...request, release: String(move.release.number) };
  const again = async (now: Past): Promise<Judged> => {
    using present = openJournal(project);
    const moved = present === undefined ? move : underToday(chosenMove(readReleases(present), named)).move;
    return await judged(moved, { source, past: now });
  };
  const first = await judged(move, { source, past });
  await requireCommits(project, first.plan, move.to);
  const view = moveView(move, {
    plan: first.plan,
    changes: await changesOf(project, history, move),
    apart: first.apart,
    policies,
  });
  return {
    project,
    delivery,
    source,
    past,
    held,
    moves: move.release.number,
    open,
    freezes: freezesFor(first.plan, freezesNow(journal)),
    again,
    requireStill: (present, now) => {
      if (request.byItself !== undefined) requireDue(present, request);
      if (request.kind === "promotion") requireNotAsked(present, move, { left, now });
    },
    // The definition that is moved is not to be mended any more.
    idlePaths: async () => [],
    lacking: async () =>
      await lackingHere(
        caller,
        { ...first, project, delivery, secrets: readSecrets(caller, request.secretsFile) },
        { versions: "left out" },
      ),
    ...first,
    move: view,
    files: view.files,
  };
}

/** @throws {Refused} */
function requireDue(journal: JournalReader, { to, release, byItself }: MoveRequest): void {
  const now = byItself!.now();
  const isIt = (one: AutomaticPromotion) => one.environment === to && String(one.release) === release;
  if (outlookIn(journal).promotions.some((one) => isIt(one) && one.at <= now)) return;
  throw refused("outdated-plan", { subject: to, because: `release ${release} is not due there by itself any more` });
}

/**
 * Who promotes again what waits already means that, and nobody is to be asked twice. `left`: the runs that nobody goes on with;
 * any other is in the way, as the engine says. @throws {Refused}
 */
function requireNotAsked(
  journal: JournalReader,
  { to, release, set }: Move,
  { left, now }: { left: readonly RunId[]; now: number },
): void {
  for (const id of left) {
    const begun = journal.moveOf(id);
    if (begun?.moves !== release.number || begun.plan.change.event === "rollback") continue;
    const run = journal.runState(id);
    const there = run?.environments.get(to);
    if (run === undefined || there === undefined || run.cancel !== undefined || there.open === 0) continue;
    if (there.approval.status === "requested" && isTooLate(there.approval, now)) continue;
    const its = run.plan.pipelines.filter(({ environment }) => environment === to).map(({ pipeline }) => pipeline);
    if (!Object.keys(set).every((pipeline) => its.includes(pipeline))) continue;
    throw refused("asked-already", { subject: to, known: [id, String(release.number)] });
  }
}

function chosenMove(history: ReleaseHistory, { kind, to, release: named, pipelines = [] }: MoveRequest): Move {
  const release = named === undefined ? undefined : findRelease(history, named);
  const known = release ?? history.releases.values().next().value;
  if (known !== undefined && isPreview(known.facts.delivery, to)) throw refused("is-preview", { subject: to });
  const environments = known === undefined ? [] : standing(known.facts.delivery).environments.map(({ name }) => name);
  if (!environments.includes(to)) {
    throw release === undefined || !history.environments.has(to)
      ? notThere("no-environment", to, environments)
      : refused("not-in-release", { subject: to, known: [String(release.number)] });
  }
  const names = known?.facts.delivery.pipelines.map(({ name }) => name) ?? [];
  for (const pipeline of pipelines) if (!names.includes(pipeline)) throw notThere("no-pipeline", pipeline, names);
  const found: Moving = (kind === "promotion" ? promotionTo : rollbackOf)(history, { to, release, pipelines });
  if ("move" in found) return found.move;
  throw refusedMove(to, found.mayNot);
}

/** Subject: the environment. Known: releases, the one that is meant first, or environments. */
function refusedMove(to: string, mayNot: MayNotMove): Error {
  const numbers = (...releases: (number | undefined)[]) => releases.filter((one) => one !== undefined).map(String);
  const { code } = mayNot;
  switch (code) {
    case "nothing-before":
      return refused(code, { subject: to });
    case "nothing-proven":
      return refused(code, { subject: to, known: mayNot.before });
    case "not-proven":
      return refused("release-not-proven", { subject: to, known: mayNot.before, because: String(mayNot.release) });
    case "differs-before":
      return refused(code, { subject: to, known: numbers(mayNot.release), because: mayNot.pipeline });
    case "nothing-newer":
      return refused(code, { subject: to, known: numbers(mayNot.here, mayNot.takenBack) });
    case "is-there":
      return refused(code, { subject: to, known: numbers(mayNot.release) });
    case "older":
      return refused("older-release", {
        subject: to,
        known: numbers(mayNot.release, mayNot.here),
        ...(!mayNot.wasThere && { because: "never-there" }),
      });
    case "nothing-to-go-back-to":
      return refused(code, { subject: to, known: numbers(mayNot.here, ...(mayNot.takenBack ?? [])) });
    case "was-never-there":
      return refused(code, {
        subject: to,
        known: numbers(mayNot.release, ...mayNot.known),
        ...(mayNot.isOlder && { because: "older" }),
      });
    default:
      return code satisfies never;
  }
}

/** The files of the release's commit, whatever is checked out. @throws {Refused} */
async function sourceOf(project: Project, { release, to }: Move): Promise<Source & { kind: "commit" }> {
  const { commit, branch } = release.facts.plan.change;
  const number = String(release.number);
  if (project.repository === undefined || commit === "") throw refused("commit-gone", { subject: to, known: [number] });
  if ((await resolveCommit(project.repository, commit)) === undefined) {
    throw refused("commit-gone", { subject: to, known: [number], because: commit });
  }
  return {
    kind: "commit",
    root: project.repository,
    prefix: definitionPrefix(project),
    commit,
    head: commit,
    branch: branch === "" ? undefined : branch,
    uncommitted: [],
  };
}

/** Of what is undone the files are those of its own commit. @throws {Refused} */
async function requireCommits({ repository }: Project, { undone = {} }: Plan, to: string): Promise<void> {
  for (const [release, { commit }] of Object.entries(undone)) {
    if (commit !== "" && (await resolveCommit(repository!, commit)) !== undefined) continue;
    throw refused("commit-gone", { subject: to, known: [release], because: commit });
  }
}

interface MoveContext {
  source: Source & { kind: "commit" };
  past: Past;
}

/** A plan for it, and pipelines that will stand beside another version than the one they were proven with. */
interface JudgedMove extends Judged {
  apart: Apart[];
}

export interface Apart {
  pipeline: string;
  /** What it needs, or what needs it. */
  other: string;
}

/** @throws {Refused} when what is there, or what is kept, does not allow it. */
async function judged(move: Move, { source, past }: MoveContext): Promise<JudgedMove> {
  const { release, set, to, kind, pipelines } = move;
  const { delivery, plan } = release.facts;
  const there = Object.values(past.history.deployed[to] ?? {});
  const bases = [...there, ...Object.values(set)].map(({ commit }) => commit);
  const changedSince = await changesSince(source, bases);
  requireOneCommit(move, { changedSince, past });
  const request: PlanRequest = {
    change: { event: kind, commit: source.commit, branch: source.branch ?? "", changedSince, uncommitted: [] },
    environments: [to],
    pipelines,
    parameters: plan.parameters,
    force: "none",
    history: past.history,
    made: past.made,
    lost: past.lost,
    release: set,
    expectedMs: withoutLegs(past.durations),
  };
  const planned = withUndo(makePlan(delivery, request), to, move.undoes);
  requireKept(move, planned, past);
  const apart = pipelines.length === 0 ? [] : apartIn(move, makePlan(delivery, { ...request, pipelines: [] }));
  if (kind === "promotion" && apart.length > 0) {
    const [{ pipeline, other }] = apart as [Apart];
    throw refused("never-together", { subject: to, known: [String(release.number), pipeline, other] });
  }
  return {
    plan: planned,
    branch: source.branch,
    guessed: undefined,
    missingParameters: [],
    // Folders are looked for in what is checked out, which is not what is deployed.
    requirements: { ...requirementsOf(delivery, planned), folders: [] },
    strays: [],
    apart,
  };
}

/**
 * A run works from one commit. Where somebody ran one pipeline alone, the set holds another that was not made of the files which
 * the release's commit has for it, so that nobody has proven these. @throws {Refused}
 */
function requireOneCommit(
  { release, set, to, pipelines, kind }: Move,
  { changedSince, past }: { changedSince: Record<string, string[]>; past: Past },
): void {
  const { delivery } = release.facts;
  const resolved = resolveDelivery(delivery, [to]);
  for (const { pipeline, name, releaseJobs, environmentJobs } of resolved.pipelines) {
    const version = own(set, name);
    if (version === undefined || (pipelines.length > 0 && !pipelines.includes(name))) continue;
    const { matches } = compileFilter(pipeline.triggers.paths);
    const paths = own(changedSince, version.commit);
    const before = past.made.find((one) => one.release === version.release)?.delivery;
    const jobs = [...releaseJobs, ...environmentJobs];
    // Of an environment that it comes from, only what is the same in every environment tells.
    const environment = kind === "rollback" ? to : undefined;
    const isOther =
      paths === undefined ||
      paths.some(matches) ||
      (before !== undefined && definitionChange({ before, now: delivery, pipeline, environment, jobs }) !== undefined);
    if (!isOther) continue;
    const others = delivery.pipelines
      .map((one) => one.name)
      .filter((one) => one !== name && own(set, one) !== undefined);
    throw refused("several-commits", {
      subject: to,
      known: [String(release.number), String(originOf(version)), ...others],
      because: name,
    });
  }
}

/** What was made once must be there as it was proven; nothing of it is ever made anew. @throws {Refused} */
function requireKept({ release, set, to, kind }: Move, plan: Plan, { lost }: Past): void {
  const gone = new Set(lost);
  const { pipelines } = release.facts.delivery;
  // Going on, what the environment before made for itself is of no use.
  const isNeeded = (pipeline: string, artifact: string) =>
    kind === "rollback" ||
    Object.values(pipelines.find(({ name }) => name === pipeline)?.jobs ?? {}).some(
      ({ per, artifacts }) => per === "release" && Object.hasOwn(artifacts, artifact),
    );
  const moved = new Set(plan.pipelines.flatMap(({ decision, pipeline }) => (decision === "run" ? [pipeline] : [])));
  const missing = Object.entries(set).flatMap(([pipeline, { artifacts }]) =>
    moved.has(pipeline)
      ? Object.entries(artifacts).flatMap(([name, { digest }]) =>
          isNeeded(pipeline, name) && gone.has(digest) ? [`${pipeline}.${name}`] : [],
        )
      : [],
  );
  const anew = plan.jobs.flatMap(({ id, environment, decision, pipeline }) =>
    environment === undefined && decision === "run" && moved.has(pipeline) ? [id] : [],
  );
  const known = [String(release.number), ...missing, ...anew];
  if (known.length > 1) throw refused("files-gone", { subject: to, known });
}

/** Of the pipelines that are moved alone: those that need, or are needed by, one that would have to come as well. */
function apartIn({ release, pipelines }: Move, whole: Plan): Apart[] {
  const comes = new Set(whole.pipelines.flatMap(({ decision, pipeline }) => (decision === "run" ? [pipeline] : [])));
  const { delivery } = release.facts;
  return pipelines.flatMap((pipeline) => {
    const needs = delivery.pipelines.find(({ name }) => name === pipeline)?.needs ?? [];
    const consumers = delivery.pipelines.filter((one) => one.needs.includes(pipeline)).map(({ name }) => name);
    const isOther = (name: string) => comes.has(name) && !pipelines.includes(name);
    const causes = (name: string) =>
      whole.pipelines.find((one) => one.pipeline === name)?.reason.code !== "upstream-runs";
    return [...needs.filter(isOther), ...consumers.filter((name) => isOther(name) && causes(name))].map((other) => ({
      pipeline,
      other,
    }));
  });
}

/** What will be another one there. Going on, what is made there anew is not known yet and left out. */
async function changesOf(project: Project, history: ReleaseHistory, { here, kind, release, set, to }: Move) {
  if (here === undefined) return undefined;
  const from = sideIn(history, here);
  const coming = { ...sideOf(release), sets: new Map([[to, set]]) };
  return await diffOf(project, from, coming, { values: kind === "rollback" ? "all" : "made once" });
}
