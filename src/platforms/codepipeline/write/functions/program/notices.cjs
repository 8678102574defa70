// @ts-check
"use strict";
/**
 * Tells the team how a run ended: where, why, of which commit, and where to look. An event only says that one has ended; the rest is
 * asked for, and what cannot be asked is told without it.
 *
 * @typedef {(name: string, input: object) => Promise<any>} Send A command of a client, by its name without "Command".
 * @typedef {{ environments: Readonly<Record<string, readonly string[]>> }} Plan By CodePipeline: what a run that passes has deployed to.
 * @typedef {object} Run
 * @property {string | undefined} commit
 * @property {string | undefined} message
 * @property {string | undefined} reason Why it was stopped.
 * @property {boolean} isRollback
 * @property {string | undefined} target The run that a rollback went back to.
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
    const stages = [...new Set(failures.map(({ stage }) => stage))].join(", ");
    const how = `${words[state] ?? state}${stages && ` in ${stages}`}`;
    const went = state === "SUCCEEDED" && !run?.isRollback ? (plan.environments[pipeline] ?? []) : [];
    const lines = [
      `A ${run?.isRollback ? "rollback" : "run"} of ${pipeline} ${how}.`,
      run?.reason && `Reason: ${run.reason}`,
      ...failures.flatMap(({ name, why, page }) => [`${name}: ${why ?? "no reason is given"}`, page && `  ${page}`]),
      went.length > 0 && `Deployed to: ${went.join(", ")}.`,
      run?.target && `It deployed again what the run ${run.target} had.`,
      run?.commit && `Commit ${run.commit}${run.message === undefined ? "" : `: ${run.message}`}`,
      run?.commit && versions && `  ${versions.replace("{version}", run.commit)}`,
      `Run: https://${region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${pipeline}/executions/${id}/timeline?region=${region}`,
    ];
    const subject = `${pipeline}: ${run?.isRollback ? "rollback " : ""}${how}`;
    say(subject);
    const text = lines.filter(Boolean).join("\n");
    await sns("Publish", { TopicArn: topic, Subject: subject.slice(0, 100), Message: `${text}\n` });
  };

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
    const find = (/** @type {string | undefined} */ wanted) => runs.find((one) => one.pipelineExecutionId === wanted);
    const run = find(id);
    if (run === undefined) return undefined;
    const target = run.rollbackMetadata?.rollbackTargetPipelineExecutionId;
    const revisions = run.sourceRevisions?.length > 0 ? run.sourceRevisions : find(target)?.sourceRevisions;
    const revision = revisions?.find((/** @type {any} */ one) => one.actionName === source);
    return {
      commit: revision?.revisionId,
      message: messageOf(revision?.revisionSummary),
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
    const [{ actionExecutionDetails = [] }, { ruleExecutionDetails = [] }] = await Promise.all([
      codepipeline("ListActionExecutions", asked),
      codepipeline("ListRuleExecutions", asked),
    ]);
    /** @type {Map<string, any>} */
    const last = new Map();
    // The newest come first.
    for (const one of [...ruleExecutionDetails, ...actionExecutionDetails].reverse())
      last.set([one.stageName, one.actionName, one.ruleName].join("/"), one);
    return [...last.values()]
      .filter(({ status }) => status === "Failed")
      .map(({ stageName: stage, actionName, ruleName, output }) => {
        const { errorDetails, externalExecutionSummary, externalExecutionUrl: page } = output?.executionResult ?? {};
        const why = firstLine(errorDetails?.message) ?? firstLine(externalExecutionSummary);
        return { stage, name: actionName ?? ruleName, why, page };
      });
  }

  /**
   * @template Found
   * @param {Promise<Found>} question
   * @returns {Promise<Found | void>}
   */
  async function orNothing(question) {
    return question.catch((error) => void say(String(error)));
  }
}

/** Connections answer with JSON that has the message of the commit in it; other sources with the message. */
function messageOf(/** @type {string | undefined} */ summary) {
  try {
    return firstLine(JSON.parse(summary ?? "").CommitMessage ?? summary);
  } catch {
    return firstLine(summary);
  }
}

function firstLine(/** @type {string | undefined} */ text) {
  return text?.split("\n")[0]?.trim() || undefined;
}

exports.handlerOf = handlerOf;
