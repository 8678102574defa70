// @ts-check
"use strict";
/**
 * Records of releases and environments in a bucket: which there are, and how contents of pipelines are found. Records hold commits and
 * runs, never what a rule made of them: a changed rule is applied to all of them alike.
 *
 * @typedef {object} Bucket
 * @property {(key: string) => Promise<string | undefined>} read
 * @property {(key: string, text: string) => Promise<boolean>} create False: it is there already, and stays.
 * @property {(key: string, text: string) => Promise<void>} write
 * @property {(prefix: string) => Promise<string[]>} list Keys, sorted.
 * @property {(key: string) => Promise<boolean>} has
 * @property {(prefix: string) => Promise<{ key: string, version: string, at: number }[]>} versions What is there now, sorted by keys;
 *   `at`: when it was written, in milliseconds.
 * @property {(key: string, version: string) => Promise<void>} mark Nobody needs this version any more: it may go. One that was
 *   written since stays as it is.
 * @property {(key: string) => Promise<void>} unmark
 *
 * @typedef {readonly ["with" | "without", string]} PathPattern A regular expression, and whether what it matches belongs.
 * @typedef {import("./selection.cjs").Release} Release
 * @typedef {import("./selection.cjs").There} There
 * @typedef {{ pipeline: string, commit: string, run: string, at: string, isWantedAnew: boolean }} KeptCandidate
 *   `run`: the name of its record, which sorts by when the run was started: `1767225600000-RUN`.
 */
const { createHash } = require("node:crypto");

const version = 1;
/** How many candidates of a pipeline are looked at: what is older than these is built again when it comes back. */
const lookedAt = 30;

const places = {
  files: (/** @type {string} */ branch, /** @type {string} */ commit) => `commits/${branch}/${commit}/files`,
  contents: (/** @type {string} */ branch, /** @type {string} */ commit, /** @type {string} */ rule) =>
    `commits/${branch}/${commit}/contents-${rule}.json`,
  candidates: (/** @type {string} */ branch, /** @type {string} */ pipeline) => `candidates/${branch}/${pipeline}/`,
  releases: (/** @type {string} */ set) => `releases/${set}/`,
  tried: (/** @type {string} */ environment, /** @type {string} */ set) => `environments/${environment}/${set}/tried/`,
  runs: (/** @type {string} */ environment, /** @type {string} */ set) => `environments/${environment}/${set}/runs/`,
  proven: (/** @type {string} */ environment, /** @type {string} */ set) =>
    `environments/${environment}/${set}/proven/`,
  there: (/** @type {string} */ environment, /** @type {string} */ pipeline) =>
    `environments/${environment}/there/${pipeline}.json`,
};

/** In names that sort as numbers do. */
const numbered = (/** @type {number} */ number) => `${String(number).padStart(8, "0")}.json`;
const numberOf = (/** @type {string} */ key) => Number(/(\d{8})\.json$/.exec(key)?.[1]);

const print = (/** @type {object} */ record) => `${JSON.stringify({ version, ...record })}\n`;

/**
 * @param {Bucket} bucket
 * @param {string} key
 * @returns {Promise<any>} Undefined: there is none. What is not understood is never taken for nothing.
 */
async function record(bucket, key) {
  const text = await bucket.read(key);
  if (text === undefined) return undefined;
  /** @type {{ version?: unknown }} */
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error(`${key} is no JSON`);
  }
  if (found?.version !== version)
    throw new Error(`${key} is of version ${found?.version}, and version ${version} is known here`);
  return found;
}

/**
 * @param {Bucket} bucket
 * @param {string} set
 * @returns {Promise<number[]>} Newest first.
 */
async function releaseNumbers(bucket, set) {
  return (await bucket.list(places.releases(set))).map(numberOf).reverse();
}

/**
 * @param {Bucket} bucket
 * @param {string} set
 * @param {number} number
 * @returns {Promise<Release>}
 */
async function releaseOf(bucket, set, number) {
  const found = await record(bucket, `${places.releases(set)}${numbered(number)}`);
  if (found === undefined) throw new Error(`release ${number} of ${set} is not in the bucket any more`);
  return found;
}

/**
 * @param {Bucket} bucket
 * @param {string} branch
 * @param {string} pipeline
 * @returns {Promise<KeptCandidate[]>} First kept first, the newest ones.
 */
async function candidatesOf(bucket, branch, pipeline) {
  const keys = (await bucket.list(places.candidates(branch, pipeline))).slice(-lookedAt);
  return Promise.all(
    keys.map(async (key) => {
      const { commit, at, isWantedAnew = false } = await record(bucket, key);
      return { pipeline, commit, at, isWantedAnew, run: key.slice(key.lastIndexOf("/") + 1, -".json".length) };
    }),
  );
}

/**
 * Digests of what belongs to each pipeline at a commit, by the rule of today; undefined: nobody has listed its files.
 *
 * @param {Bucket} bucket
 * @param {string} branch
 * @param {string} commit
 * @param {readonly { name: string, paths: readonly PathPattern[] }[]} members
 * @returns {Promise<Record<string, string> | undefined>}
 */
async function contentsAt(bucket, branch, commit, members) {
  const rule = digest(JSON.stringify(members.map(({ name, paths }) => [name, paths]))).slice(0, 16);
  const known = await record(bucket, places.contents(branch, commit, rule));
  if (known !== undefined) return known.contents;
  const files = await bucket.read(places.files(branch, commit));
  if (files === undefined) return undefined;
  const contents = contentsOf(files, members);
  await bucket.create(places.contents(branch, commit, rule), print({ contents }));
  return contents;
}

/**
 * @param {string} files Lines of sha256sum: a digest, two characters, a path below the definition.
 * @param {readonly { name: string, paths: readonly PathPattern[] }[]} members
 */
function contentsOf(files, members) {
  const lines = files
    .split("\n")
    .filter((line) => line !== "")
    .sort();
  /** @type {Record<string, string>} */
  const contents = {};
  for (const { name, paths } of members) {
    const tests = paths.map(([includes, pattern]) => ({
      belongs: includes === "with",
      test: new RegExp(pattern, "su"),
    }));
    const own = lines.filter((line) => belongs(pathOf(line), tests));
    contents[name] = digest(own.join("\n"));
  }
  return contents;
}

/** A name with a line break or a backslash is escaped, which a backslash at the beginning of the line says. */
function pathOf(/** @type {string} */ line) {
  const path = line.replace(/^\\?[0-9a-f]{64} [ *]/, "");
  return line.startsWith("\\") ? path.replaceAll(/\\([\\n])/g, (_, what) => (what === "n" ? "\n" : "\\")) : path;
}

/**
 * The last pattern that matches decides; without patterns everything belongs.
 * @param {string} path
 * @param {readonly { belongs: boolean, test: RegExp }[]} tests
 */
function belongs(path, tests) {
  const decides = tests.findLast(({ test }) => test.test(path));
  return decides === undefined ? tests.length === 0 : decides.belongs;
}

const digest = (/** @type {string} */ text) => createHash("sha256").update(text).digest("hex");

exports.candidatesOf = candidatesOf;
exports.contentsAt = contentsAt;
exports.contentsOf = contentsOf;
exports.numberOf = numberOf;
exports.numbered = numbered;
exports.places = places;
exports.print = print;
exports.record = record;
exports.releaseNumbers = releaseNumbers;
exports.releaseOf = releaseOf;
