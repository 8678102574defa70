import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunId } from "../../engine/events.ts";
import { type LeftCheckout, type Original, ReusedCheckout, readOriginal } from "../../git/checkout.ts";
import { dropRefs, type Ref } from "../../git/refs.ts";
import { keepRunCommit, listRunRefs, type RunRefs } from "../../git/run-refs.ts";
import { keepSnapshot, listSnapshots } from "../../git/snapshot.ts";
import { changedSince, resolveCommit } from "../../git/worktree.ts";
import type { TreeLooker } from "../../git/written-tree.ts";
import type { JobId, Plan } from "../../plan/plan.ts";
import { type AttemptName, attemptFileName } from "../../runner/log-path.ts";
import { folderId } from "../../runner/runner.ts";
import { refused } from "../control.ts";
import { readSource, type Source } from "../request/source.ts";
import { SpareCheckouts } from "./spare-checkouts.ts";
import { type Made, readWorkplace, type Workplace, workplacePath, writeWorkplace } from "./workplace.ts";

/** Refs as they were when they were listed. */
export interface Kept {
  runs: Ref[];
  snapshots: Ref[];
}

/**
 * The checkouts of a state folder. No two attempts share files: jobs that run at the same time must not see what the
 * other one is just writing, and none may pick up what an earlier one happened to leave. A folder whose attempt has
 * passed is made as new for a later one of the same run, which is faster than another checkout, and what the run leaves for
 * the next run.
 */
export class Checkouts {
  readonly #folder: string;
  readonly #known = new Map<RunId, Workplace>();
  /** What the checkouts of one run have in common. */
  readonly #originals = new Map<RunId, Promise<Original>>();
  /** By folder. */
  readonly #written = new Map<string, ReusedCheckout>();
  /** Folders of attempts that run or did not pass, by run, job and attempt. */
  readonly #taken = new Map<string, string>();
  /** Folders that may be used again, by run. */
  readonly #free = new Map<RunId, string[]>();
  readonly #spare: SpareCheckouts;
  /** By folder: what another run has left there. */
  readonly #left = new Map<string, LeftCheckout>();

  readonly #looker: TreeLooker | undefined;

  constructor(stateFolder: string, looker?: TreeLooker) {
    this.#folder = join(stateFolder, "checkouts");
    this.#spare = new SpareCheckouts(stateFolder);
    this.#looker = looker;
  }

  /** Keeps what a new run will work on from being tidied away. */
  async keep(source: Source): Promise<void> {
    if (source.kind === "commit" && source.uncommitted.length > 0) await keepSnapshot(source.root, source.commit);
  }

  /** Notes what a new run works on, before it is recorded. */
  prepare(run: RunId, { source, inPlace, plan }: { source: Source; inPlace: boolean; plan?: Plan }): void {
    mkdirSync(this.#folder, { recursive: true });
    let place: Workplace = { version: 1, kind: "in-place", directory: source.root };
    if (source.kind === "commit") {
      const { root, commit, head, prefix } = source;
      const branch = source.branch === undefined ? {} : { branch: source.branch };
      place = inPlace
        ? { version: 1, kind: "in-place", directory: join(root, prefix), made: { root, commit, head, ...branch } }
        : { version: 1, kind: "checkout", root, commit, prefix, ...branch, ...othersIn(plan) };
    }
    writeWorkplace(workplacePath(this.#folder, run), place);
    this.#known.set(run, place);
  }

  /** Gives the commit of a run a ref of the run's own. Resolves with a sentence about what may endanger the run. */
  async keepCommit(run: RunId): Promise<string | undefined> {
    const place = this.#workplace(run);
    const source = place.kind === "in-place" ? place.made : place;
    if (source === undefined) return undefined;
    const unkept = await keepRunCommit(this.#refs(source.root), run, source.commit);
    return unkept && `git may collect the commit of this run, because no ref could be given to it: ${unkept}`;
  }

  #refs(root: string): RunRefs {
    return { root, owner: folderId(dirname(this.#folder)) };
  }

  /**
   * Before a run goes on: what it works on must be there, and be what the run was made for. A refusal names the
   * environments, which a new run would go through.
   * @throws {Refused}
   */
  async restore(run: RunId, environments: Iterable<string> = []): Promise<void> {
    const place = this.#workplace(run, environments);
    const needed = place.kind === "in-place" ? place.directory : place.root;
    if (!existsSync(needed)) throw refused("workplace-gone", { subject: run, because: needed });
    if (place.kind === "in-place" && place.made !== undefined) await requireUnchanged(run, place.made);
  }

  /** What an agent works on; a sentence where only this machine has it. */
  sourceOf(run: RunId, job: JobId): { commit: string; branch?: string; prefix: string } | string {
    const place = this.#workplace(run);
    if (place.kind === "in-place")
      return "it works on files that no commit holds; commit them, and run without --in-place";
    const { commit, branch, prefix } = placeFor(place, job);
    return { commit, prefix, ...(branch !== undefined && { branch }) };
  }

  /** The repository that has the files of a run; undefined where it works in a folder. */
  rootOf(run: RunId): string | undefined {
    const place = this.#workplace(run);
    return place.kind === "checkout" ? place.root : undefined;
  }

  directoryOf(attempt: AttemptName): string {
    const place = this.#workplace(attempt.run);
    return place.kind === "in-place" ? place.directory : join(this.#take(attempt), place.prefix);
  }

  async layOut(attempt: AttemptName): Promise<void> {
    const place = this.#workplace(attempt.run);
    if (place.kind === "in-place") return;
    const { root, commit, branch } = placeFor(place, attempt.job);
    let original = this.#originals.get(attempt.run);
    if (original === undefined) {
      original = readOriginal(root);
      this.#originals.set(attempt.run, original);
    }
    const folder = this.#take(attempt);
    let written = this.#written.get(folder);
    if (written === undefined) {
      const request = { root, commit, branch: branch ?? "", folder, original: await original };
      const left = this.#left.get(folder);
      this.#left.delete(folder);
      written = new ReusedCheckout(request, { looker: this.#looker, ...(left && { left }) });
      this.#written.set(folder, written);
    }
    await written.layOut();
  }

  /** The attempt has passed: its folder is free for another one of the same run. */
  async clear(attempt: AttemptName): Promise<void> {
    const folder = this.#taken.get(keyOf(attempt));
    if (folder === undefined) return;
    this.#taken.delete(keyOf(attempt));
    this.#written.get(folder)?.lookAhead();
    // A folder is of one commit for as long as its run goes on.
    const place = this.#workplace(attempt.run);
    if (place.kind === "checkout" && placeFor(place, attempt.job) !== place) return;
    const free = this.#free.get(attempt.run);
    if (free === undefined) this.#free.set(attempt.run, [folder]);
    else free.push(folder);
  }

  /** A run is over: what its attempts have left free is kept for the next one, as far as that is worth it. */
  async leave(run: RunId): Promise<void> {
    const folders = this.#free.get(run) ?? [];
    this.#free.delete(run);
    this.#originals.delete(run);
    for (const folder of folders) {
      // Whatever is in the way there: it is removed with the run's other folders, or said by what removes them.
      const left = await this.#written
        .get(folder)
        ?.leave()
        .catch(() => undefined);
      this.#written.delete(folder);
      if (left !== undefined) this.#spare.give(folder, left);
    }
  }

  /** What git keeps for the runs of this state folder; to be listed before it is decided which runs to keep. */
  async listKept(root: string | undefined): Promise<Kept> {
    if (root === undefined) return { runs: [], snapshots: [] };
    const [runs, snapshots] = await Promise.all([listRunRefs(this.#refs(root)), listSnapshots(root)]);
    return { runs, snapshots };
  }

  /**
   * Removes the checkouts of all runs but those to `keep`. What they worked on, with its ref, is forgotten but for those to
   * `remember`, and so are the snapshots that no run and no deployment needs any more. Another Baton may begin a run
   * meanwhile: nothing that was not there when this was decided is touched.
   */
  async tidy({
    keep,
    remember,
    commits,
    root,
    kept,
  }: {
    keep: ReadonlySet<RunId>;
    remember: ReadonlySet<RunId>;
    commits: readonly string[];
    root: string | undefined;
    kept: Kept;
  }): Promise<void> {
    if (!existsSync(this.#folder)) return;
    const needed = new Set(commits);
    const isRemembered = (run: RunId): boolean => keep.has(run) || remember.has(run);
    const runs = new Set(readdirSync(this.#folder).map((name) => name.replace(/\.json(\.new)?$/, "")));
    let isAllKnown = true;
    for (const run of runs) {
      const record = isRemembered(run) ? readWorkplace(workplacePath(this.#folder, run)) : "missing";
      if (record === "damaged") isAllKnown = false;
      if (typeof record === "string") continue;
      const commit = record.kind === "in-place" ? record.made?.commit : record.commit;
      if (commit !== undefined) needed.add(commit);
      if (record.kind === "checkout") for (const other of record.others ?? []) needed.add(other.commit);
    }
    // Large folders take their time, and what is decided now must be true when it is done.
    if (root !== undefined)
      await dropRefs(root, [
        ...kept.snapshots.filter(({ commit }) => isAllKnown && !needed.has(commit)),
        ...kept.runs.filter(({ leaf }) => !isRemembered(leaf)),
      ]);
    for (const run of runs) {
      // At once: thousands of small removals in a row are many times faster than in turns with everything else.
      if (!keep.has(run)) rmSync(join(this.#folder, run), { recursive: true, force: true });
      if (!isRemembered(run)) rmSync(workplacePath(this.#folder, run), { force: true });
    }
  }

  #workplace(run: RunId, environments: Iterable<string> = []): Workplace {
    const known = this.#known.get(run) ?? readWorkplace(workplacePath(this.#folder, run));
    if (typeof known === "string") {
      const because = `${workplacePath(this.#folder, run)} is ${known}`;
      throw refused("workplace-unknown", { subject: run, known: [...environments], because });
    }
    this.#known.set(run, known);
    return known;
  }

  /** The folder of an attempt, from now on its own. New ones are named after the attempt that had them first. */
  #take(attempt: AttemptName): string {
    const key = keyOf(attempt);
    const place = this.#workplace(attempt.run);
    const isOther = place.kind === "checkout" && placeFor(place, attempt.job) !== place;
    let folder = this.#taken.get(key) ?? (isOther ? undefined : this.#free.get(attempt.run)?.pop());
    if (folder === undefined) {
      folder = join(this.#folder, attempt.run, attemptFileName(attempt));
      const left = this.#spare.take(folder);
      if (left !== undefined) this.#left.set(folder, left);
    }
    this.#taken.set(key, folder);
    return folder;
  }
}

/** What undoes works on the files of the release that it undoes. */
function othersIn(plan: Plan | undefined): Pick<Workplace & { kind: "checkout" }, "others"> {
  const others = Object.entries(plan?.undone ?? {}).map(([release, { commit, branch }]) => ({
    jobs: plan!.jobs.flatMap(({ id, undoes }) => (String(undoes?.release) === release ? [id] : [])),
    commit,
    branch,
  }));
  return others.length === 0 ? {} : { others };
}

/** `place` itself where the job works on what the run does. */
function placeFor(place: Workplace & { kind: "checkout" }, job: JobId): Workplace & { kind: "checkout" } {
  const other = place.others?.find(({ jobs }) => jobs.includes(job));
  if (other === undefined) return place;
  const { branch: _, ...rest } = place;
  return { ...rest, commit: other.commit, ...(other.branch !== "" && { branch: other.branch }) };
}

/** Files that were not there are no matter: the run's own jobs make some. @throws {Refused} */
async function requireUnchanged(run: RunId, { root, commit, head, branch }: Made): Promise<void> {
  const now = await readSource({ root, repository: root });
  if (now.kind === "commit" && now.commit === commit) return;
  if (now.kind === "folder" || now.head !== head) {
    const isThere = branch !== undefined && (await resolveCommit(root, `refs/heads/${branch}`)) === head;
    const there = now.kind === "folder" ? { commit: "", branch: now.branch } : { commit: now.head, branch: now.branch };
    throw refused("workplace-moved", {
      subject: run,
      known: [head, there.commit, isThere ? branch : head],
      because: there.branch ?? "",
    });
  }
  const changed = await changedSince(root, commit, now.commit, { added: false });
  if (changed !== undefined && changed.length === 0) return;
  throw refused("workplace-changed", { subject: run, known: [commit, ...(changed ?? [])] });
}

function keyOf({ run, job, attempt }: AttemptName): string {
  return `${run} ${job} ${attempt}`;
}
