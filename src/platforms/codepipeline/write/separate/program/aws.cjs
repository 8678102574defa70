// @ts-check
"use strict";
/**
 * The function as AWS calls it: by actions of the deploying CodePipelines, when one of the CodePipelines has ended, and every few minutes.
 * What fails here for a reason that may pass is thrown, so that Lambda calls again.
 *
 * @typedef {(name: string, input: object) => Promise<any>} Send A command of a client, by its name without "Command".
 * @typedef {{ s3: Send, codepipeline: Send, sns: Send }} Clients
 * @typedef {{ plan: import("./releases.cjs").Plan, source: string, revisionType: string, variable: string, bucket: string, topic: string, region: string, now: () => number }} Settings
 */
const { createHash } = require("node:crypto");
const { Refused, releases } = require("./releases.cjs");
const { sweep } = require("./retention.cjs");

/** The lifecycle of the bucket takes away what has it. */
const mark = { Key: "baton:needed", Value: "no" };

/** @type {Record<string, import("./releases.cjs").Run["status"]>} */
const statuses = {
  InProgress: "under way",
  Stopping: "under way",
  Succeeded: "passed",
  Failed: "failed",
  Stopped: "failed",
};

/**
 * @param {Clients} clients
 * @param {Settings} settings
 */
function handlerOf({ s3, codepipeline, sns }, { plan, source, revisionType, variable, bucket, topic, region, now }) {
  const objects = bucketOf(s3, bucket);
  const { look, answer } = releases({
    plan,
    bucket: objects,
    now,
    pageOf: (name, run) =>
      `https://${region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${name}/executions/${run}/timeline?region=${region}`,
    tell: async (subject, text) => {
      await sns("Publish", { TopicArn: topic, Subject: subject.slice(0, 100), Message: text });
    },
    codepipelines: {
      async runs(name) {
        const page = await codepipeline("ListPipelineExecutions", { pipelineName: name, maxResults: 100 });
        return page.pipelineExecutionSummaries.map((/** @type {any} */ one) => ({
          id: one.pipelineExecutionId,
          status: statuses[one.status] ?? "none",
          commit: one.sourceRevisions?.find((/** @type {any} */ revision) => revision.actionName === source)
            ?.revisionId,
          startedAt: one.startTime.getTime(),
        }));
      },
      async start(name, { commit, release, token }) {
        await codepipeline("StartPipelineExecution", {
          name,
          sourceRevisions: [{ actionName: source, revisionType, revisionValue: commit }],
          ...(release !== undefined && { variables: [{ name: variable, value: release }] }),
          clientRequestToken: createHash("sha256").update(`${name} ${token}`).digest("hex"),
        });
      },
      async stop(name, run, reason) {
        const how = { pipelineName: name, pipelineExecutionId: run, abandon: false, reason: reason.slice(0, 200) };
        await unless(["DuplicatedStopRequestException"], codepipeline("StopPipelineExecution", how));
      },
      async waiting(name, { stage, action }) {
        const { stageStates } = await codepipeline("GetPipelineState", { name });
        const found = stageStates.find((/** @type {any} */ one) => one.stageName === stage);
        const asked = found?.actionStates.find((/** @type {any} */ one) => one.actionName === action)?.latestExecution;
        if (asked?.status !== "InProgress" || asked.token === undefined) return undefined;
        return { run: found.latestExecution.pipelineExecutionId, token: asked.token };
      },
      async reject(name, { stage, action }, token, words) {
        const result = { status: "Rejected", summary: words };
        const answered = ["ApprovalAlreadyCompletedException", "InvalidApprovalTokenException"];
        const how = { pipelineName: name, stageName: stage, actionName: action, token, result };
        await unless(answered, codepipeline("PutApprovalResult", how));
      },
    },
  });

  return async (/** @type {any} */ event) => {
    const job = event["CodePipeline.job"];
    if (job !== undefined) return answerJob(job);
    const about = event.detail?.pipeline;
    for (const [set, { members, environments }] of Object.entries(plan.sets)) {
      if (about === undefined || [...members, ...environments].some((one) => one.codepipeline === about))
        await look(set);
    }
    if (isDaily(event)) await sweep(objects, now());
  };

  async function answerJob(/** @type {any} */ { id, data }) {
    // Who died after the answer is called again, and is not asked any more.
    const answered = ["InvalidJobStateException"];
    try {
      const outputVariables = await answer(asked(data.actionConfiguration.configuration.UserParameters));
      await unless(answered, codepipeline("PutJobSuccessResult", { jobId: id, outputVariables }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const failureDetails = { type: "JobFailed", message: error.message.slice(0, 1000) };
      await unless(answered, codepipeline("PutJobFailureResult", { jobId: id, failureDetails }));
    }
  }
}

/**
 * @param {Send} s3
 * @param {string} bucket
 * @returns {import("./records.cjs").Bucket}
 */
function bucketOf(s3, bucket) {
  return {
    async read(key) {
      const found = await unless(["NoSuchKey"], s3("GetObject", { Bucket: bucket, Key: key }));
      return found?.Body.transformToString();
    },
    async create(key, text) {
      const done = await unless(
        ["PreconditionFailed"],
        s3("PutObject", { Bucket: bucket, Key: key, Body: text, IfNoneMatch: "*" }),
      );
      return done !== undefined;
    },
    async write(key, text) {
      await s3("PutObject", { Bucket: bucket, Key: key, Body: text });
    },
    async list(prefix) {
      const keys = [];
      for (let token; ; ) {
        /** @type {{ Contents?: { Key: string }[], NextContinuationToken?: string }} */
        const page = await s3("ListObjectsV2", { Bucket: bucket, Prefix: prefix, ContinuationToken: token });
        keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
        token = page.NextContinuationToken;
        if (token === undefined) return keys.sort();
      }
    },
    async has(key) {
      return (await unless(["NotFound", "NoSuchKey"], s3("HeadObject", { Bucket: bucket, Key: key }))) !== undefined;
    },
    async versions(prefix) {
      const found = [];
      for (let from = {}; ; ) {
        const page = await s3("ListObjectVersions", { Bucket: bucket, Prefix: prefix, ...from });
        for (const { Key, VersionId, IsLatest, LastModified } of page.Versions ?? [])
          if (IsLatest) found.push({ key: Key, version: VersionId, at: LastModified.getTime() });
        if (!page.IsTruncated) return found.sort((a, b) => (a.key < b.key ? -1 : 1));
        from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      }
    },
    async mark(key, version) {
      const how = { Bucket: bucket, Key: key, VersionId: version, Tagging: { TagSet: [mark] } };
      await unless(["NoSuchKey", "NoSuchVersion", "MethodNotAllowed"], s3("PutObjectTagging", how));
    },
    async unmark(key) {
      // Where nothing is, or was taken away, there is no mark.
      const gone = ["NoSuchKey", "MethodNotAllowed"];
      await unless(gone, s3("DeleteObjectTagging", { Bucket: bucket, Key: key }));
    },
  };
}

/**
 * What the definition asks, with what a person gave in it. Who gives more than a value does not change what is asked.
 * @returns {import("./releases.cjs").Asked}
 */
function asked(/** @type {string} */ text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined;
  }
  // A key that stands twice is lost here.
  if (JSON.stringify(found) === text) return found;
  throw new Refused("BATON_RELEASE is neither the number of a release nor newest");
}

/** Of the looks that nothing has happened for, one a day. */
function isDaily(/** @type {any} */ event) {
  const at = new Date(event.detail?.pipeline === undefined ? event.time : Number.NaN);
  return at.getUTCHours() === 3 && at.getUTCMinutes() < 10;
}

/**
 * @param {readonly string[]} names Of errors that are an answer.
 * @param {Promise<any>} call
 * @returns {Promise<any>} Undefined for one of those.
 */
async function unless(names, call) {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}

exports.handlerOf = handlerOf;
