// @ts-check
"use strict";
/**
 * Rolls the stage of an environment back to the last run that went well. It hears that a stage has failed, or that one of the
 * environment's alarms rings. What has been done before is remembered by CodePipeline itself: its rollbacks say which runs were taken
 * back, and no stage goes to one of those again. Events come twice, late and in any order; each is compared with what is in the stage now.
 *
 * @typedef {(name: string, input: object) => Promise<any>} Send A command of a client, by its name without "Command".
 * @typedef {{ pipeline: string, stage: string }} Place
 * @typedef {object} Plan
 * @property {Readonly<Record<string, readonly string[]>>} stages By pipeline: what may be rolled back.
 * @property {Readonly<Record<string, readonly (readonly [string, string])[]>>} alarms By alarm: pipeline and stage of what it speaks of.
 * @property {number} watchMinutes How long after a deployment an alarm speaks of it.
 * @typedef {Place & { from: string, result: "is rolled back" | "needs you", text: string, to?: string }} Outcome
 */

/** What RollbackStage says where somebody else is in the stage, or was quicker. Another error may pass: Lambda calls again. */
const refused = [
  "ConflictException",
  "PipelineExecutionNotFoundException",
  "PipelineExecutionOutdatedException",
  "UnableToRollbackStageException",
];

/**
 * @param {{ codepipeline: Send, sns: Send }} clients
 * @param {{ plan: Plan, topic: string, say: (line: string) => void }} settings
 */
function handlerOf({ codepipeline, sns }, { plan, topic, say }) {
  return async (/** @type {any} */ event) => {
    const outcomes = [];
    for (const look of wanted(event)) {
      const outcome = await look();
      if (outcome === undefined) continue;
      outcomes.push(outcome);
      say(JSON.stringify(outcome));
      const subject = `${outcome.pipeline}: ${outcome.stage} ${outcome.result}`;
      await sns("Publish", { TopicArn: topic, Subject: subject.slice(0, 100), Message: outcome.text });
    }
    return outcomes;
  };

  /**
   * One for each stage that this event is about.
   * @returns {(() => Promise<Outcome | undefined>)[]} Undefined where nothing is to be done or told.
   */
  function wanted(/** @type {any} */ { detail, time, "detail-type": kind }) {
    if (kind === "CloudWatch Alarm State Change") {
      if (detail.state.value !== "ALARM") return [];
      const rang = new Date(time);
      const about = plan.alarms[detail.alarmName] ?? [];
      return about.map(
        ([pipeline, stage]) =>
          () =>
            alarmed({ pipeline, stage }, detail.alarmName, rang),
      );
    }
    const { pipeline, stage, state } = detail;
    if (state !== "FAILED" || !plan.stages[pipeline]?.includes(stage)) return [];
    return [() => failed({ pipeline, stage }, detail["execution-id"])];
  }

  async function failed(/** @type {Place} */ place, /** @type {string} */ run) {
    const there = await nowIn(place);
    // It was looked after when this event came first, or by a person.
    if (there.run !== run || (await isUnderWay(place, run))) return undefined;
    // What a rollback deployed is not good either; a person has to look.
    if (await isRollback(place, run))
      return needsYou(place, run, `The rollback ${run} of ${place.stage} did not go well. Nothing more is tried.`);
    return rollBack(place, run);
  }

  async function alarmed(/** @type {Place} */ place, /** @type {string} */ alarm, /** @type {Date} */ rang) {
    const { stage } = place;
    const { run, status, ended } = await nowIn(place);
    const goesBack = ["Failed", "Stopped", "Stopping", "Cancelled"].includes(status ?? "");
    // It goes back already, or will when the event of its failure comes.
    if (run === undefined || goesBack || (await isUnderWay(place, run))) return undefined;
    if (status !== "Succeeded") {
      const text = `${alarm} rings while ${run} is on its way into ${stage}. Nothing goes back: it is not known of which run it speaks.`;
      return needsYou(place, run, text);
    }
    const minutes = ended === undefined ? Number.NaN : (rang.getTime() - ended.getTime()) / 60_000;
    if (!(0 <= minutes && minutes <= plan.watchMinutes)) {
      const when = Number.isNaN(minutes)
        ? "at an unknown time after"
        : `${Math.round(Math.abs(minutes))} minutes ${minutes > 0 ? "after" : "before"}`;
      const text = `${alarm} rings ${when} the end of the deployment ${run} of ${stage}, and is not taken for its fault. Nothing goes back.`;
      return needsYou(place, run, text);
    }
    if (await isRollback(place, run))
      return needsYou(place, run, `${alarm} rings after the rollback ${run} of ${stage}. Nothing more is tried.`);
    return rollBack(place, run);
  }

  /**
   * The run that is in the stage, how it is, and when its last action ended.
   * @returns {Promise<{ run?: string, status?: string, ended?: Date }>}
   */
  async function nowIn(/** @type {Place} */ { pipeline, stage }) {
    const { stageStates } = await codepipeline("GetPipelineState", { name: pipeline });
    const state = stageStates.find((/** @type {any} */ one) => one.stageName === stage);
    if (state?.latestExecution === undefined) return {};
    const { pipelineExecutionId: run, status } = state.latestExecution;
    const changes = (state.actionStates ?? []).flatMap(
      (/** @type {any} */ one) => one.latestExecution?.lastStatusChange ?? [],
    );
    return { run, status, ended: changes.toSorted((/** @type {Date} */ a, /** @type {Date} */ b) => +a - +b).at(-1) };
  }

  /**
   * Summaries of runs, newest first.
   * @param {string} pipelineName
   * @param {object} [more]
   */
  async function history(pipelineName, more) {
    const runs = [];
    for (let nextToken; ; ) {
      /** @type {any} */
      const page = await codepipeline("ListPipelineExecutions", { pipelineName, ...more, nextToken });
      runs.push(...page.pipelineExecutionSummaries);
      nextToken = page.nextToken;
      if (nextToken === undefined) return runs;
    }
  }

  /** Whether somebody has begun to put an older run back since this one began. */
  async function isUnderWay(/** @type {Place} */ { pipeline }, /** @type {string} */ run) {
    for (const { pipelineExecutionId, executionType, status } of await history(pipeline)) {
      if (pipelineExecutionId === run) return false;
      if (executionType === "ROLLBACK" && status === "InProgress") return true;
    }
    return false;
  }

  /** @returns {Promise<Outcome>} */
  async function rollBack(/** @type {Place} */ place, /** @type {string} */ bad) {
    const { pipeline, stage } = place;
    const target = await lastGood(place, bad);
    if (target === undefined) {
      const text =
        `There is no run of ${pipeline} that ${stage} can go back to: none that went well, was not taken back, and was made` +
        " since the pipeline itself was changed last. Correct it with a new commit.";
      return needsYou(place, bad, text);
    }
    try {
      const asked = { pipelineName: pipeline, stageName: stage, targetPipelineExecutionId: target };
      const { pipelineExecutionId } = await codepipeline("RollbackStage", asked);
      const text = `${stage} goes back from ${bad} to ${target}, by the run ${pipelineExecutionId}.`;
      return { ...place, from: bad, result: "is rolled back", to: target, text };
    } catch (error) {
      if (!(error instanceof Error) || !refused.includes(error.name)) throw error;
      return needsYou(place, bad, `${stage} could not go back from ${bad} to ${target}: ${error.message}`);
    }
  }

  /** The newest run that passed the stage, was never taken back, and has the pipeline's present form: no other is taken. */
  async function lastGood(/** @type {Place} */ { pipeline, stage }, /** @type {string} */ bad) {
    const all = await history(pipeline);
    const began = new Map(all.map((one) => [one.pipelineExecutionId, +one.startTime]));
    const earliest = Math.min(...began.values());
    const spans = all
      .filter(({ executionType }) => executionType === "ROLLBACK")
      .map(({ rollbackMetadata, startTime }) => ({
        from: began.get(rollbackMetadata?.rollbackTargetPipelineExecutionId) ?? earliest,
        to: +startTime,
      }));
    const wasTakenBack = (/** @type {number} */ at) => spans.some(({ from, to }) => from < at && at < to);
    const { version } = (await codepipeline("GetPipeline", { name: pipeline })).pipeline;
    for (const one of await history(pipeline, { filter: { succeededInStage: { stageName: stage } } })) {
      const run = one.pipelineExecutionId;
      if (run === bad || one.executionType === "ROLLBACK" || wasTakenBack(+one.startTime)) continue;
      return (await found(pipeline, run)).pipelineVersion === version ? run : undefined;
    }
    return undefined;
  }

  async function isRollback(/** @type {Place} */ { pipeline }, /** @type {string} */ run) {
    return (await found(pipeline, run)).executionType === "ROLLBACK";
  }

  async function found(/** @type {string} */ pipelineName, /** @type {string} */ pipelineExecutionId) {
    return (await codepipeline("GetPipelineExecution", { pipelineName, pipelineExecutionId })).pipelineExecution;
  }
}

/**
 * @param {Place} place
 * @param {string} run
 * @param {string} text
 * @returns {Outcome}
 */
function needsYou(place, run, text) {
  return { ...place, from: run, result: "needs you", text };
}

exports.handlerOf = handlerOf;
