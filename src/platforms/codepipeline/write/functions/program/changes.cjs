// @ts-check
"use strict";
/**
 * Starts the CodePipelines to which a push to CodeCommit brought something. A push only says when to look: the newest commit of the
 * branch is compared with the one that each CodePipeline ran for last, so that an event that is lost, late or doubled changes nothing
 * but the time.
 *
 * @typedef {(name: string, input: object) => Promise<any>} Send A command of a client, by its name without "Command".
 * @typedef {readonly ["with" | "without", string]} PathPattern A regular expression, and whether what it matches belongs.
 * @typedef {{ codepipeline: string, pipelines: readonly (readonly PathPattern[])[] }} Started
 *   `pipelines`: the paths of each, below the definition; none: all of them.
 * @typedef {{ folder: string, branches: Readonly<Record<string, readonly Started[]>> }} Plan
 *   `folder`: of the definition in the source, with a slash at its end; empty: the source itself.
 */
const { createHash } = require("node:crypto");

/**
 * @param {{ codecommit: Send, codepipeline: Send }} clients
 * @param {{ plan: Plan, repository: string, source: string, say: (line: string) => void }} settings
 */
function handlerOf({ codecommit, codepipeline }, { plan, repository, source, say }) {
  return async (/** @type {any} */ event) => {
    const branch = event.detail.referenceName;
    const started = plan.branches[branch] ?? [];
    if (started.length === 0) return;
    const asked = await codecommit("GetBranch", { repositoryName: repository, branchName: branch });
    const head = asked.branch.commitId;
    const failures = [];
    for (const one of started) {
      try {
        say(`${one.codepipeline}: ${await lookAt(one, head)}`);
      } catch (error) {
        // The others go all the same; Lambda calls again for this one.
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("; "));
  };

  async function lookAt(/** @type {Started} */ { codepipeline: name, pipelines }, /** @type {string} */ head) {
    const last = await lastRun(name);
    if (last?.commit === head) return `ran for ${head} already`;
    if (last !== undefined && !(await isTouched(pipelines, last.commit, head)))
      return `nothing of its own is new since ${last.commit}`;
    // The newest of the branch, and never this one by name: an older event must not bring an older commit.
    const token = createHash("sha256").update(`${name} ${head} ${last?.run}`).digest("hex");
    await codepipeline("StartPipelineExecution", { name, clientRequestToken: token });
    return `starts for ${head}`;
  }

  /** The newest run whose commit is known and that was not to bring an older one back. */
  async function lastRun(/** @type {string} */ name) {
    for (let token; ; ) {
      /** @type {any} */
      const page = await codepipeline("ListPipelineExecutions", { pipelineName: name, nextToken: token });
      for (const one of page.pipelineExecutionSummaries) {
        if (one.executionType === "ROLLBACK") continue;
        const commit = one.sourceRevisions?.find((/** @type {any} */ own) => own.actionName === source)?.revisionId;
        if (commit !== undefined) return { commit, run: one.pipelineExecutionId };
      }
      token = page.nextToken;
      if (token === undefined) return undefined;
    }
  }

  async function isTouched(
    /** @type {Started["pipelines"]} */ pipelines,
    /** @type {string} */ before,
    /** @type {string} */ after,
  ) {
    const tests = pipelines.map((paths) =>
      paths.map(([includes, pattern]) => ({ belongs: includes === "with", test: new RegExp(pattern, "su") })),
    );
    for (let token; ; ) {
      /** @type {any} */
      let page;
      try {
        const between = { beforeCommitSpecifier: before, afterCommitSpecifier: after };
        page = await codecommit("GetDifferences", { repositoryName: repository, ...between, NextToken: token });
      } catch (error) {
        // A commit that is gone, after a forced push: what cannot be compared is new.
        if (error instanceof Error && error.name === "CommitDoesNotExistException") return true;
        throw error;
      }
      for (const { beforeBlob, afterBlob } of page.differences ?? []) {
        for (const path of [beforeBlob?.path, afterBlob?.path]) {
          if (!path?.startsWith(plan.folder)) continue;
          const own = path.slice(plan.folder.length);
          if (tests.some((patterns) => belongs(own, patterns))) return true;
        }
      }
      token = page.NextToken;
      if (token === undefined) return false;
    }
  }
}

/**
 * The last pattern that matches decides; without one that takes in, everything belongs that is not taken out.
 * @param {string} path
 * @param {readonly { belongs: boolean, test: RegExp }[]} patterns
 */
function belongs(path, patterns) {
  const decides = patterns.findLast(({ test }) => test.test(path));
  return decides === undefined ? !patterns.some((one) => one.belongs) : decides.belongs;
}

exports.handlerOf = handlerOf;
