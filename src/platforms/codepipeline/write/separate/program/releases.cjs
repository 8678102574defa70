// @ts-check
"use strict";
/**
 * The function that makes releases, starts the CodePipelines that deploy them, and answers their actions. It has no lock: what must not
 * be at the same time is in one stage. Whatever it is asked it may be asked again, by a person or after its death.
 *
 * @typedef {import("./records.cjs").Bucket} Bucket
 * @typedef {import("./records.cjs").PathPattern} PathPattern
 * @typedef {import("./selection.cjs").There} There
 * @typedef {import("./selection.cjs").Release} Release
 *
 * @typedef {object} Plan
 * @property {Readonly<Record<string, PlannedSet>>} sets
 * @typedef {object} PlannedSet
 * @property {string} branch
 * @property {readonly { name: string, needs: readonly string[], paths: readonly PathPattern[], codepipeline: string }[]} members
 *   Each after those that it needs, with the CodePipeline that builds it. All of them are parts of what is in an environment, also
 *   those without a job there: who needs them is deployed again when they change.
 * @property {readonly PlannedEnvironment[]} environments
 * @typedef {object} PlannedEnvironment
 * @property {string} name
 * @property {string} codepipeline
 * @property {readonly string[]} after
 * @property {{ stage: string, action: string } | undefined} [approval]
 *
 * @typedef {object} Run
 * @property {string} id
 * @property {"under way" | "failed" | "passed" | "none"} status None: superseded or cancelled, so that nobody has seen it fail.
 * @property {string | undefined} commit Undefined: its source is not taken yet.
 * @property {number} startedAt Milliseconds.
 *
 * @typedef {object} CodePipelines
 * @property {(name: string) => Promise<Run[]>} runs Newest first.
 * @property {(name: string, how: { commit: string, release?: string, token: string }) => Promise<void>} start The same token starts once.
 * @property {(name: string, run: string, reason: string) => Promise<void>} stop What is under way comes to its end first.
 * @property {(name: string, at: { stage: string, action: string }) => Promise<{ run: string, token: string } | undefined>} waiting
 * @property {(name: string, at: { stage: string, action: string }, token: string, words: string) => Promise<void>} reject
 *   A request that is answered already stays as it is.
 *
 * @typedef {object} Asked By an action of a deploying CodePipeline.
 * @property {"select" | "begin" | "end" | "prove"} do
 * @property {string} set
 * @property {string} environment
 * @property {string} run
 * @property {string} [commit]
 * @property {string} [release] `next`: whatever is next. `newest`, or a number: what a person wants, whether it was here or not.
 */
const { nextRelease, releaseFor, whoGoes } = require("./selection.cjs");
const records = require("./records.cjs");

/** How long a push may take to be seen by all CodePipelines that it starts. */
const patienceMs = 10 * 60_000;
/** How many commits back a release may be. */
const commitsBack = 20;

/** For people: asking again would give the same. */
class Refused extends Error {}

/**
 * @param {object} world
 * @param {Plan} world.plan
 * @param {Bucket} world.bucket
 * @param {CodePipelines} world.codepipelines
 * @param {(subject: string, text: string) => Promise<void>} world.tell
 * @param {(codepipeline: string, run: string) => string} world.pageOf Where people look at a run.
 * @param {() => number} world.now
 */
function releases({ plan, bucket, codepipelines, tell, pageOf, now }) {
  const { places, numbered, numberOf, print, record } = records;

  /** Makes what is missing of a set: releases, builds that nobody started, deployments. */
  async function look(/** @type {string} */ name) {
    const set = plan.sets[name];
    if (set === undefined) throw new Refused(`there is no set ${name}`);
    await release(name, set);
    for (const environment of set.environments) {
      const found = await selected(name, environment, undefined);
      if ("release" in found) await deploy(name, environment, found.release);
    }
  }

  /** Starts a run, unless one is there that has yet to select, or just failed before it could. */
  async function deploy(
    /** @type {string} */ set,
    /** @type {PlannedEnvironment} */ { name, codepipeline },
    /** @type {Release} */ release,
  ) {
    const { number, commit } = release;
    const [last] = await codepipelines.runs(codepipeline);
    if (last !== undefined && (await record(bucket, `${places.runs(name, set)}${last.id}.json`)) === undefined) {
      if (last.status === "under way") return;
      if (last.status === "failed" && last.commit === commit && now() - last.startedAt < patienceMs) return;
    }
    // Two that look at once start the same run.
    await codepipelines.start(codepipeline, {
      commit,
      release: "next",
      token: `${number}-after-${last?.id ?? "none"}`,
    });
  }

  async function release(/** @type {string} */ name, /** @type {PlannedSet} */ set) {
    const { members, branch } = set;
    const runs = (
      await Promise.all(
        members.map(async ({ name: pipeline, codepipeline }) =>
          (await codepipelines.runs(codepipeline)).map((run) => ({ pipeline, ...run })),
        ),
      )
    ).flat();
    const candidates = (
      await Promise.all(members.map((member) => records.candidatesOf(bucket, branch, member.name)))
    ).flat();
    const [number] = await records.releaseNumbers(bucket, name);
    const newest = number === undefined ? undefined : await records.releaseOf(bucket, name, number);
    // When CodePipeline first began with a commit: repeated and manual builds of it do not move it.
    /** @type {Map<string, number>} */
    const begun = new Map();
    const began = (/** @type {string} */ commit, /** @type {number} */ at) =>
      begun.set(commit, Math.min(at, begun.get(commit) ?? at));
    for (const { commit, startedAt } of runs) if (commit !== undefined) began(commit, startedAt);
    for (const { commit, at } of candidates) began(commit, Date.parse(at));
    if (newest !== undefined && !begun.has(newest.commit)) begun.set(newest.commit, 0);
    const inOrder = [...begun].sort(([, a], [, b]) => b - a);
    const named = new Set([...candidates.map(({ commit }) => commit), newest?.commit]);
    const wanted = inOrder.filter(([commit], index) => index < commitsBack || named.has(commit));
    const commits = (
      await Promise.all(
        wanted.map(async ([id, at]) => {
          const contents = await records.contentsAt(bucket, branch, id, members);
          return contents === undefined ? [] : [{ id, contents, isFresh: now() - at < patienceMs }];
        }),
      )
    ).flat();
    /** @type {import("./selection.cjs").Build[]} */
    const builds = runs
      .sort((a, b) => a.startedAt - b.startedAt)
      .flatMap(({ pipeline, commit, status }) =>
        commit !== undefined && (status === "under way" || status === "failed") ? [{ pipeline, commit, status }] : [],
      );
    const { choice, build } = nextRelease({ members, commits, candidates, builds, newest });
    for (const { pipeline, commit } of [...build, ...overtaken(inOrder[0], commits, runs)]) {
      const { codepipeline } = /** @type {PlannedSet["members"][number]} */ (
        members.find((one) => one.name === pipeline)
      );
      const last = runs.findLast((run) => run.pipeline === pipeline && run.commit === commit);
      await codepipelines.start(codepipeline, { commit, token: `${commit}-after-${last?.id ?? "none"}` });
    }
    if (choice === undefined) return;
    const next = (newest?.number ?? 0) + 1;
    // Somebody else may have made it meanwhile, of what he knew; the rest is for the next look.
    await bucket.create(`${places.releases(name)}${numbered(next)}`, print({ number: next, ...choice }));
  }

  /**
   * A build of the newest commit whose place something older has taken, late or by hand: nobody knows the files of the commit.
   *
   * @param {[string, number] | undefined} newest Commit, and when it was first begun with.
   * @param {readonly { id: string }[]} known
   * @param {readonly (Run & { pipeline: string })[]} runs
   * @returns {{ pipeline: string, commit: string }[]}
   */
  function overtaken(newest, known, runs) {
    if (newest === undefined || now() - newest[1] < patienceMs) return [];
    const [commit] = newest;
    const own = runs.filter((run) => run.commit === commit);
    if (known.some(({ id }) => id === commit) || own.some(({ status }) => status !== "none")) return [];
    return own.slice(-1).map(({ pipeline }) => ({ pipeline, commit }));
  }

  /**
   * @param {string} set
   * @param {PlannedEnvironment} environment
   * @param {number | "newest" | undefined} asked
   */
  async function selected(set, { name, after }, asked) {
    const numbersIn = async (/** @type {string} */ prefix) => (await bucket.list(prefix)).map(numberOf);
    const proven = await Promise.all(after.map(async (one) => new Set(await numbersIn(places.proven(one, set)))));
    const numbers = await records.releaseNumbers(bucket, set);
    const found = releaseFor({ releases: numbers, proven, tried: await numbersIn(places.tried(name, set)), asked });
    return "nothing" in found ? found : { release: await records.releaseOf(bucket, set, found.number) };
  }

  /** Which release a run deploys; a run that is to deploy none is stopped, with the reason. */
  async function select(/** @type {Asked} */ asked) {
    const { set, run, environment: name } = asked;
    const environment = environmentOf(asked);
    const own = `${places.runs(name, set)}${run}.json`;
    const known = await record(bucket, own);
    if (known === undefined) {
      const wish = wishOf(asked.release ?? "newest");
      const found = await selected(set, environment, wish);
      if ("nothing" in found) return stop(environment, run, found.nothing);
      const { number, commit } = found.release;
      if (commit !== asked.commit) {
        const release = asked.release ?? "newest";
        await codepipelines.start(environment.codepipeline, { commit, release, token: `${run}-${number}` });
        return stop(environment, run, `release ${number} is commit ${commit}, and another run was started with it`);
      }
      await bucket.create(own, print({ number }));
    }
    const { number } = await record(bucket, own);
    // Again each time: what a run selected lately is kept.
    await bucket.write(`${places.tried(name, set)}${numbered(number)}`, print({ run }));
    const release = await records.releaseOf(bucket, set, number);
    await hold(asked, release, Object.keys(release.parts));
    const { approval } = environment;
    const older = approval && (await codepipelines.waiting(environment.codepipeline, approval));
    if (approval && older && older.run !== run) {
      await codepipelines.reject(environment.codepipeline, approval, older.token, `Release ${number} takes its place.`);
    }
    return { NUMBER: String(number) };
  }

  async function stop(
    /** @type {PlannedEnvironment} */ { codepipeline },
    /** @type {string} */ run,
    /** @type {string} */ reason,
  ) {
    await codepipelines.stop(codepipeline, run, reason);
    return { NUMBER: "0", REASON: reason };
  }

  /** What a release is made of stays, and is there; or the run ends before anything is changed. */
  async function hold(
    /** @type {Asked} */ asked,
    /** @type {Release} */ { number, parts, left },
    /** @type {readonly string[]} */ pipelines,
  ) {
    const { branch, members } = setOf(asked);
    for (const { name, codepipeline } of members) {
      const part = parts[name];
      if (part === undefined || !pipelines.includes(name) || Object.hasOwn(left, name)) continue;
      const key = `${places.candidates(branch, name)}${part}.json`;
      await bucket.unmark(key);
      const built = await record(bucket, key);
      const artifacts = Object.values(built?.artifacts ?? {}).map((digest) => `artifacts/${digest}`);
      for (const artifact of artifacts) await bucket.unmark(artifact);
      const has = await Promise.all(artifacts.map((artifact) => bucket.has(artifact)));
      if (built !== undefined && !has.includes(false)) continue;
      const again =
        built === undefined ? "" : `, or start ${codepipeline} with commit ${built.commit}: it builds it anew`;
      throw new Refused(
        `release ${number} cannot be deployed: what was built of ${name} is not kept any more. Take a newer one${again}`,
      );
    }
  }

  /** First in the environment's stage: who goes, and where the others' outputs are. */
  async function begin(/** @type {Asked} */ asked) {
    const { environment, set, run } = asked;
    const release = await releaseOf(asked);
    const { members } = setOf(asked);
    const there = await allThere(environment, members);
    const going = whoGoes({ members, release, there });
    await hold(asked, release, going);
    /** @type {Record<string, string>} */
    const variables = { SET: set };
    for (const { name, needs } of members) {
      const goes = going.includes(name);
      if (goes) {
        const standing = needs.flatMap((need) => (there[need] === undefined ? [] : [[need, there[need].run]]));
        const part = /** @type {string} */ (release.parts[name]);
        there[name] = { part, run, isWhole: false, needs: Object.fromEntries(standing) };
        await bucket.write(places.there(environment, name), print({ ...there[name], number: release.number }));
      }
      const word = name.replaceAll(/[^A-Za-z0-9]/g, "_");
      variables[`GO_${word}`] = goes ? "yes" : "no";
      // An action whose variable nobody has set fails, also where its pipeline does not go.
      const one = there[name] ?? { run: "none", part: "none" };
      variables[`RUN_${word}`] = one.run;
      variables[`PART_${word}`] = one.part;
      // Outputs of the build are kept under the name of its run.
      variables[`RELEASE_${word}`] = one.part.slice(one.part.indexOf("-") + 1);
    }
    return variables;
  }

  /** Last in the environment's stage: all that went is whole. */
  async function end(/** @type {Asked} */ asked) {
    const { members } = setOf(asked);
    const there = await allThere(asked.environment, members);
    for (const [name, one] of Object.entries(there)) {
      if (one.run !== asked.run || one.isWhole) continue;
      await bucket.write(places.there(asked.environment, name), print({ ...one, isWhole: true }));
    }
    return {};
  }

  /** After the stage and its alarms: the release is proven there. */
  async function prove(/** @type {Asked} */ asked) {
    const { environment, set, run } = asked;
    const release = await releaseOf(asked);
    const at = new Date(now()).toISOString();
    await bucket.create(`${places.proven(environment, set)}${numbered(release.number)}`, print({ run, at }));
    const { members } = setOf(asked);
    const there = await allThere(environment, members);
    const went = members.flatMap(({ name }) => (there[name]?.run === run ? [name] : []));
    const lines = [
      `Release ${release.number} of ${set} is proven in ${environment}, commit ${release.commit}.`,
      went.length > 0 ? `Deployed: ${went.join(", ")}.` : "Nothing in it was new there, and nothing was deployed.",
      ...Object.entries(release.left).map(([name, why]) => `Left as it was: ${name}, because ${why}.`),
      pageOf(environmentOf(asked).codepipeline, run),
    ];
    await tell(
      `${environment}: release ${release.number} of ${set}${went.length > 0 ? "" : ", nothing new"}`,
      `${lines.join("\n")}\n`,
    );
    return {};
  }

  /**
   * @param {string} environment
   * @param {readonly { name: string }[]} members
   * @returns {Promise<Record<string, There>>}
   */
  async function allThere(environment, members) {
    const found = await Promise.all(
      members.map(async ({ name }) => [name, await record(bucket, places.there(environment, name))]),
    );
    return Object.fromEntries(found.filter(([, one]) => one !== undefined));
  }

  /** What the run has selected. */
  async function releaseOf(/** @type {Asked} */ { set, release }) {
    return records.releaseOf(bucket, set, Number(release));
  }

  function setOf(/** @type {Asked} */ { set }) {
    const found = plan.sets[set];
    if (found === undefined) throw new Refused(`there is no set ${set} any more`);
    return found;
  }

  function environmentOf(/** @type {Asked} */ asked) {
    const found = setOf(asked).environments.find(({ name }) => name === asked.environment);
    if (found === undefined) throw new Refused(`there is no environment ${asked.environment} of ${asked.set} any more`);
    return found;
  }

  return { look, answer: (/** @type {Asked} */ asked) => ({ select, begin, end, prove })[asked.do](asked) };
}

function wishOf(/** @type {string} */ release) {
  if (release === "next") return undefined;
  if (release === "newest") return "newest";
  if (/^[1-9]\d{0,7}$/.test(release)) return Number(release);
  throw new Refused(`BATON_RELEASE is ${release}: give the number of a release, or newest`);
}

exports.Refused = Refused;
exports.releases = releases;
