// @ts-check
"use strict";
/**
 * Tells the team how a run ended: where, why, of which commit, and where to look. An event only says that one has ended; the rest is
 * asked for, and what cannot be asked is told without it.
 *
 * @typedef {(name: string, input: object) => Promise<any>} Send A command of a client, by its name without "Command".
 * @typedef {{ environments: Readonly<Record<string, readonly string[]>> }} Plan By CodePipeline: what a run that passes has deployed to.
 * @typedef {{ id: string, message: string | undefined }} Commit
 * @typedef {{ commit: Commit | undefined, reason: string | undefined, isRollback: boolean, target: string | undefined }} Run
 *   `reason`: why it was stopped. `target`: the run that a rollback went back to.
 * @typedef {{ stage: string, name: string, why: string | undefined, page: string | undefined }} Failure
 */

/** @type {Record<string, string>} */
const words = { SUCCEEDED: "passed", FAILED: "failed", STOPPED: "was stopped", CANCELED: "was cancelled" };

/**
 * @param {{ codepipeline: Send, sns: Send }} clients
 * @param {{ plan: Plan, topic: string, source: string, versions: string, say: (line: string) => void }} settings
 *   `source`: the action that takes the source. `versions`: page of one, with `{version}` in its place; empty: there is none.
 */
function handlerOf({ codepipeline, sns }, { plan, topic, source, versions, say }) {
  return async (/** @type {any} */ { region, detail }) => {
    const { pipeline, state, "execution-id": id } = detail;
    const run = await orNothing(runOf(pipeline, id));
    const failures = state === "FAILED" ? ((await orNothing(failuresOf(pipeline, id))) ?? []) : [];
    const what = `${run?.isRollback ? "rollback " : ""}${words[state] ?? state}`;
    const stages = [...new Set(failures.map(({ stage }) => stage))];
    const where = state === "FAILED" && stages.length > 0 ? ` in ${stages.join(", ")}` : "";
    const lines = [
      `${run?.isRollback ? "A rollback" : "A run"} of ${pipeline} ${words[state] ?? state}${where}.`,
      ...(run?.reason === undefined ? [] : [`Reason: ${run.reason}`]),
      ...failures.flatMap(({ name, why, page }) => [
        `${name}: ${why ?? "no reason is given"}`,
        ...(page === undefined ? [] : [`  ${page}`]),
      ]),
      ...(state === "SUCCEEDED" && !run?.isRollback ? deployed(pipeline) : []),
      ...(run?.target === undefined ? [] : [`It deployed again what the run ${run.target} had.`]),
      ...(run?.commit === undefined ? [] : about(run.commit)),
      `Run: https://${region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${pipeline}/executions/${id}/timeline?region=${region}`,
    ];
    const subject = `${pipeline}: ${what}${where}`;
    say(subject);
    await sns("Publish", { TopicArn: topic, Subject: subject.slice(0, 100), Message: `${lines.join("\n")}\n` });
  };

  /** @returns {string[]} */
  function deployed(/** @type {string} */ pipeline) {
    const environments = plan.environments[pipeline] ?? [];
    return environments.length === 0 ? [] : [`Deployed to: ${environments.join(", ")}.`];
  }

  /** @returns {string[]} */
  function about(/** @type {Commit} */ { id, message }) {
    const page = versions === "" ? [] : [`  ${versions.replace("{version}", id)}`];
    return [`Commit ${id}${message === undefined ? "" : `: ${message}`}`, ...page];
  }

  /**
   * Of the newest hundred.
   * @returns {Promise<Run | undefined>}
   */
  async function runOf(/** @type {string} */ pipelineName, /** @type {string} */ id) {
    /** @type {{ pipelineExecutionSummaries: any[] }} */
    const { pipelineExecutionSummaries: runs } = await codepipeline("ListPipelineExecutions", {
      pipelineName,
      maxResults: 100,
    });
    const find = (/** @type {string | undefined} */ wanted) =>
      runs.find(({ pipelineExecutionId }) => pipelineExecutionId === wanted);
    const run = find(id);
    if (run === undefined) return undefined;
    const target = run.rollbackMetadata?.rollbackTargetPipelineExecutionId;
    const revisions = run.sourceRevisions?.length > 0 ? run.sourceRevisions : find(target)?.sourceRevisions;
    const revision = revisions?.find((/** @type {any} */ one) => one.actionName === source);
    return {
      commit: revision?.revisionId && { id: revision.revisionId, message: messageOf(revision.revisionSummary) },
      reason: firstLine(run.stopTrigger?.reason),
      isRollback: run.executionType === "ROLLBACK",
      target,
    };
  }

  /**
   * Actions that failed, each as it ended last, and the rules of stages that did.
   * @returns {Promise<Failure[]>}
   */
  async function failuresOf(/** @type {string} */ pipelineName, /** @type {string} */ run) {
    const asked = { pipelineName, filter: { pipelineExecutionId: run }, maxResults: 100 };
    const [{ actionExecutionDetails }, { ruleExecutionDetails }] = await Promise.all([
      codepipeline("ListActionExecutions", asked),
      codepipeline("ListRuleExecutions", asked),
    ]);
    return [
      ...failed(actionExecutionDetails, (one) => one.actionName),
      ...failed(ruleExecutionDetails, (one) => one.ruleName),
    ];
  }

  /**
   * @param {readonly any[] | undefined} executions Newest first.
   * @param {(one: any) => string} nameOf
   * @returns {Failure[]}
   */
  function failed(executions, nameOf) {
    const last = new Map((executions ?? []).toReversed().map((one) => [`${one.stageName}/${nameOf(one)}`, one]));
    return [...last.values()]
      .filter(({ status }) => status === "Failed")
      .map((one) => {
        const { errorDetails, externalExecutionSummary, externalExecutionUrl } = one.output?.executionResult ?? {};
        const why = firstLine(errorDetails?.message) ?? firstLine(externalExecutionSummary);
        return { stage: one.stageName, name: nameOf(one), why, page: externalExecutionUrl };
      });
  }

  /**
   * @template Found
   * @param {Promise<Found>} question
   * @returns {Promise<Found | undefined>}
   */
  async function orNothing(question) {
    try {
      return await question;
    } catch (error) {
      say(String(error));
      return undefined;
    }
  }
}

/** Connections answer with JSON that has the message of the commit in it; other sources with the message. */
function messageOf(/** @type {string | undefined} */ summary) {
  try {
    const parsed = JSON.parse(summary ?? "");
    if (typeof parsed?.CommitMessage === "string") return firstLine(parsed.CommitMessage);
  } catch {
    // It is the message itself.
  }
  return firstLine(summary);
}

function firstLine(/** @type {string | undefined} */ text) {
  return text?.split("\n")[0]?.trim() || undefined;
}

exports.handlerOf = handlerOf;
