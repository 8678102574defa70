// @ts-check
"use strict";
/**
 * What is to be released and deployed next: comparisons of what is wanted with what is there. Nothing is read or written here,
 * so that asking twice, late, or in another order changes nothing. Written out as it is, as a part of the function.
 *
 * @typedef {{ name: string, needs: readonly string[] }} Member A pipeline of the set, and those of the set that it needs directly.
 * @typedef {{ id: string, contents: Readonly<Record<string, string>>, isFresh: boolean }} Commit
 *   `contents`: by pipeline, the digest of its own files. `isFresh`: pushed so recently that its builds may not be known yet.
 * @typedef {{ pipeline: string, commit: string, run: string, isWantedAnew?: boolean }} Candidate What a build left, by the run that
 *   built it. `isWantedAnew`: somebody, or a schedule, has started the build without anything being new.
 * @typedef {{ pipeline: string, commit: string, status: "under way" | "failed" }} Build
 *   Of those that left no candidate: what is still built, and what did not pass or was stopped by a person. What was
 *   superseded or cancelled is none: nobody has seen it fail.
 * @typedef {Readonly<Record<string, string>>} Parts By pipeline, the run that built it.
 * @typedef {{ commit: string, parts: Parts, left: Readonly<Record<string, string>> }} Choice
 *   `left`: by pipeline, why it stays as it was.
 * @typedef {Choice & { number: number }} Release
 * @typedef {{ pipeline: string, commit: string }} Wanted A build that nobody has started.
 * @typedef {{ part: string, run: string, isWhole: boolean, needs: Readonly<Record<string, string>> }} There
 *   What is in an environment of a pipeline: its part, the run that deployed it, whether that run came to its end, and by which
 *   runs what it needs was there.
 */

/**
 * The newest commit at which every build has ended, with what passed there. What failed stays as it was, with all that needs
 * it. Never an older commit than the newest release's.
 *
 * @param {object} known
 * @param {readonly Member[]} known.members Each after those that it needs.
 * @param {readonly Commit[]} known.commits Newest first; all that candidates, builds and the newest release name.
 * @param {readonly Candidate[]} known.candidates First built first.
 * @param {readonly Build[]} known.builds First started first.
 * @param {Release | undefined} known.newest
 * @returns {{ choice: Choice | undefined, build: readonly Wanted[] }} No choice: there is nothing new.
 */
function nextRelease({ members, commits, candidates, builds, newest }) {
  const place = new Map(commits.map(({ id }, index) => [id, index]));
  /** @type {Wanted[]} */
  const build = [];
  for (const [index, commit] of commits.entries()) {
    const standing = new Map(members.map(({ name }) => [name, standingOf(name, commit, index)]));
    const missing = members.filter(({ name }) => standing.get(name)?.kind === "missing");
    // Only what is newest is worth a build that nobody asked for.
    if (index === 0 && !commit.isFresh)
      build.push(...missing.map(({ name }) => ({ pipeline: name, commit: commit.id })));
    const isSettled = missing.length === 0 && ![...standing.values()].some(({ kind }) => kind === "under way");
    if (isSettled) {
      const choice = choiceAt(commit, standing);
      const isSame = members.every(({ name }) => choice.parts[name] === newest?.parts[name]);
      if (isSame && newest !== undefined) return { choice: undefined, build };
      if (members.some(({ name }) => !Object.hasOwn(choice.left, name))) return { choice, build };
    }
    if (commit.id === newest?.commit) break;
  }
  return { choice: undefined, build };

  /**
   * @param {string} pipeline
   * @param {Commit} commit
   * @param {number} index
   * @returns {{ kind: "ready", run: string } | { kind: "under way" | "failed" | "missing" }}
   */
  function standingOf(pipeline, commit, index) {
    const content = commit.contents[pipeline];
    const fits = (/** @type {{ pipeline: string, commit: string }} */ one) =>
      one.pipeline === pipeline && commits[place.get(one.commit) ?? -1]?.contents[pipeline] === content;
    const fitting = candidates.filter(fits);
    // What was chosen once stays chosen: the same content built again is nothing new, unless that was asked for.
    const kept = fitting.findIndex(({ run }) => run === newest?.parts[pipeline]);
    const chosen = fitting.findLast(({ isWantedAnew }, place) => place === kept || (isWantedAnew && place > kept));
    if (chosen !== undefined) return { kind: "ready", run: chosen.run };
    const nearest = fitting.map((one) => ({ one, far: distance(place.get(one.commit) ?? 0, index) }));
    const found = nearest.sort((a, b) => a.far - b.far)[0];
    if (found !== undefined) return { kind: "ready", run: found.one.run };
    const own = builds.filter(fits);
    if (own.some(({ status }) => status === "under way")) return { kind: "under way" };
    return { kind: own.length > 0 ? "failed" : "missing" };
  }

  /**
   * @param {Commit} commit
   * @param {ReadonlyMap<string, { kind: string, run?: string }>} standing
   * @returns {Choice}
   */
  function choiceAt(commit, standing) {
    /** @type {Record<string, string>} */
    const left = {};
    /** @type {Record<string, string>} */
    const parts = {};
    for (const { name, needs } of members) {
      const because = needs.find((need) => Object.hasOwn(left, need));
      const run = standing.get(name)?.run;
      if (run === undefined) left[name] = "its build failed";
      else if (because !== undefined) left[name] = `${because}, which it needs, is left`;
      const part = Object.hasOwn(left, name) ? newest?.parts[name] : run;
      if (part !== undefined) parts[name] = part;
    }
    return { commit: commit.id, parts, left };
  }
}

/**
 * Built at the commit itself first, then at older ones, the nearest first, then at newer ones.
 * @param {number} built
 * @param {number} wanted
 */
const distance = (built, wanted) => (built >= wanted ? built - wanted : wanted - built + 1e9);

/**
 * What an environment gets: the newest release that everything before it has proven, unless that one or a newer one was
 * tried here. What failed, was rejected or taken back is so never begun again but by a person, who may ask for any.
 *
 * @param {object} known
 * @param {readonly number[]} known.releases Newest first.
 * @param {readonly ReadonlySet<number>[]} known.proven What each of the environments before it has proven.
 * @param {readonly number[]} known.tried
 * @param {number | "newest" | undefined} known.asked By a person.
 * @returns {{ number: number } | { nothing: string }}
 */
function releaseFor({ releases, proven, tried, asked }) {
  const isProven = (/** @type {number} */ number) => proven.every((before) => before.has(number));
  if (typeof asked === "number") {
    if (!releases.includes(asked)) return { nothing: `there is no release ${asked}` };
    if (isProven(asked)) return { number: asked };
    return { nothing: `release ${asked} is not proven in all environments before` };
  }
  const number = releases.find(isProven);
  if (number === undefined) {
    return {
      nothing: releases.length === 0 ? "there is no release yet" : "no release is proven in all environments before",
    };
  }
  const highest = Math.max(0, ...tried);
  if (asked === "newest" || number > highest) return { number };
  return { nothing: `release ${highest} was here already, and nothing newer is proven` };
}

/**
 * Who is deployed when a release comes to an environment: whoever is not left and has another part there, or nothing, or
 * something that is not whole; and whoever needs one that is deployed, or that was since. So what comes back with a rollback is what
 * had gone, and all that stands on it.
 *
 * @param {object} known
 * @param {readonly Member[]} known.members Each after those that it needs, also those without a job there.
 * @param {Choice} known.release
 * @param {Readonly<Record<string, There>>} known.there By pipeline.
 * @returns {string[]} In order.
 */
function whoGoes({ members, release, there }) {
  /** @type {Set<string>} */
  const going = new Set();
  for (const { name, needs } of members) {
    const part = release.parts[name];
    if (part === undefined || Object.hasOwn(release.left, name)) continue;
    const own = Object.hasOwn(there, name) ? there[name] : undefined;
    const stands = (/** @type {string} */ need) =>
      !going.has(need) && own?.needs[need] === (Object.hasOwn(there, need) ? there[need]?.run : undefined);
    if (own === undefined || !own.isWhole || own.part !== part || !needs.every(stands)) going.add(name);
  }
  return [...going];
}

exports.nextRelease = nextRelease;
exports.releaseFor = releaseFor;
exports.whoGoes = whoGoes;
