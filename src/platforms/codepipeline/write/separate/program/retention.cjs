// @ts-check
"use strict";
/**
 * What of the bucket nobody can come back to any more. It is only marked here: the bucket's lifecycle takes it away, and keeps
 * its last version for thirty days. What is not understood ends it, and then nothing is marked.
 *
 * @typedef {import("./records.cjs").Bucket} Bucket
 */
const { numbered, numberOf, places, record } = require("./records.cjs");

const dayMs = 24 * 60 * 60_000;
/** Whatever is younger stays: an approval waits for sixty days, and what a build leaves has no record before its end. */
const youngMs = 90 * dayMs;
/** A stage may go back to any run of the last twelve months, and that one may have waited for sixty days. */
const rememberedMs = (366 + 60) * dayMs;
/** How many releases that went well an environment may go back to, however old they are. */
const goodReleases = 10;
/** How many builds of a pipeline stay in any case: more than are looked at for a release. */
const newestBuilds = 30;
/** How many objects are marked at a time; the others are when it is looked again. */
const most = 2000;

const folders = ["artifacts/", "candidates/", "commits/", "environments/"];

/**
 * @param {Bucket} bucket
 * @param {number} now Milliseconds.
 * @returns {Promise<void>}
 */
async function sweep(bucket, now) {
  const isNeeded = await needed(bucket, now);
  // Listed after the records were read: whatever came to be since is young.
  const objects = (await Promise.all(folders.map(bucket.versions))).flat();
  const idle = objects.filter(({ key, at }) => at < now - youngMs && !isNeeded(key)).slice(0, most);
  if (idle.length === 0) return;
  await inTurn(idle, ({ key, version }) => bucket.mark(key, version));
  // A person may have asked for an old release meanwhile.
  const isNeededNow = await needed(bucket, now);
  await inTurn(
    idle.filter(({ key }) => isNeededNow(key)),
    ({ key }) => bucket.unmark(key),
  );
}

/**
 * From the records alone, whatever the plan of today is: who is not in it any more may come back.
 *
 * @param {Bucket} bucket
 * @param {number} now
 * @returns {Promise<(key: string) => boolean>} Whether an object may still be asked for.
 */
async function needed(bucket, now) {
  // Of releases, by set.
  /** @type {Map<string, Set<number>>} */
  const numbers = new Map();
  const want = (/** @type {string} */ set, /** @type {number} */ number) =>
    numbers.set(set, (numbers.get(set) ?? new Set()).add(number));
  // `PIPELINE/PART.json`.
  /** @type {Set<string>} */
  const parts = new Set();
  // `environments/ENVIRONMENT/artifacts/PIPELINE/RUN`.
  /** @type {Set<string>} */
  const runs = new Set();

  const [environments, releases, candidates] = await Promise.all([
    bucket.versions("environments/"),
    bucket.versions("releases/"),
    bucket.versions("candidates/"),
  ]);
  for (const [folder, records] of Map.groupBy(environments, ({ key }) => folderOf(key))) {
    const [, set, what] = /^environments\/[^/]+\/(.+)\/(proven|tried)$/.exec(folder) ?? [];
    if (set === undefined) continue;
    // `tried` is written again whenever a run selects a release.
    const reached =
      what === "proven" ? records.slice(-goodReleases) : records.filter(({ at }) => at >= now - rememberedMs);
    for (const { key } of reached) want(set, numberOf(key));
  }
  for (const [folder, all] of Map.groupBy(releases, ({ key }) => folderOf(key)))
    for (const { key } of all.slice(-1)) want(folder.slice("releases/".length), numberOf(key));

  const there = environments.filter(({ key }) => /^environments\/[^/]+\/there\/[^/]+$/.test(key));
  await inTurn(there, async ({ key }) => {
    const { part, run } = await record(bucket, key);
    const [, environment, , pipeline = ""] = key.replace(/\.json$/, "").split("/");
    parts.add(`${pipeline}/${part}.json`);
    runs.add(`environments/${environment}/artifacts/${pipeline}/${run}`);
  });
  /** @type {Set<string>} */
  const commits = new Set();
  const wanted = [...numbers].flatMap(([set, all]) =>
    [...all].map((number) => `${places.releases(set)}${numbered(number)}`),
  );
  await inTurn(wanted, async (key) => {
    const found = await record(bucket, key);
    // Taken away by a person: nobody can ask for it.
    if (found === undefined) return;
    commits.add(found.commit);
    for (const [pipeline, part] of Object.entries(found.parts)) parts.add(`${pipeline}/${part}.json`);
  });

  const builds = [...Map.groupBy(candidates, ({ key }) => folderOf(key)).values()];
  const kept = new Set(
    builds.flatMap((all) => {
      const keys = all.map(({ key }) => key);
      const named = keys.filter((key) => parts.has(key.split("/").slice(-2).join("/")));
      return [...keys.slice(-newestBuilds), ...named];
    }),
  );
  /** @type {Set<string>} */
  const artifacts = new Set();
  await inTurn([...kept], async (key) => {
    const found = await record(bucket, key);
    if (found === undefined) return;
    commits.add(found.commit);
    for (const digest of Object.values(found.artifacts)) artifacts.add(`artifacts/${digest}`);
  });

  return (key) => {
    if (key.startsWith("artifacts/")) return artifacts.has(key);
    if (key.startsWith("candidates/")) return kept.has(key);
    const path = key.split("/");
    if (key.startsWith("commits/")) return commits.has(path.at(-2) ?? "");
    return path[2] !== "artifacts" || runs.has(path.slice(0, 5).join("/"));
  };
}

const folderOf = (/** @type {string} */ key) => key.slice(0, key.lastIndexOf("/"));

/**
 * Some at a time.
 * @template One
 * @param {readonly One[]} all
 * @param {(one: One) => Promise<void>} act
 */
async function inTurn(all, act) {
  const left = [...all];
  const work = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await act(one);
  };
  await Promise.all(Array.from({ length: 20 }, work));
}

exports.goodReleases = goodReleases;
exports.sweep = sweep;
