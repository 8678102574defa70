/**
 * Source of the function that rolls an environment back. It hears of failed deployments and of ringing alarms, and asks
 * CodePipeline to deploy the last run that went well again: the whole stage, with the artifacts it had.
 */
export const rollbackRuntime = "python3.14";

export const rollbackSource = `"""Rolls the stage of an environment back to the last run that went well.

Events: a stage of a pipeline has failed, or one of the environment's alarms rings. What has been done before is remembered by
CodePipeline itself: its rollbacks say which runs were taken back, and no stage goes to one of those again. Events come twice,
late and in any order; each is compared with what is in the stage now.

Settings (environment variables):
  STAGES         {"pipeline": ["stage", ...]}: what may be rolled back
  ALARMS         {"alarm": [["pipeline", "stage"], ...]}: what an alarm speaks of
  WATCH_MINUTES  how long after a deployment an alarm speaks of it
  TOPIC          who is told what was done
"""
import datetime
import json
import os

import boto3
from botocore.exceptions import ClientError

codepipeline = boto3.client("codepipeline")
sns = boto3.client("sns")


def handler(event, context):
    outcomes = [outcome for outcome in wanted(event) if outcome is not None]
    for outcome in outcomes:
        print(json.dumps(outcome))
        subject = f"{outcome['pipeline']}: {outcome['stage']} {outcome['result']}"
        sns.publish(TopicArn=os.environ["TOPIC"], Subject=subject[:100], Message=outcome["text"])
    return outcomes


def wanted(event):
    """What was done for each stage that this event is about; None where nothing is to be done or told."""
    detail = event["detail"]
    if event["detail-type"] == "CloudWatch Alarm State Change":
        if detail["state"]["value"] != "ALARM":
            return []
        stages = json.loads(os.environ["ALARMS"]).get(detail["alarmName"], [])
        rang = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
        return [alarmed(pipeline, stage, detail["alarmName"], rang) for pipeline, stage in stages]
    stages = json.loads(os.environ["STAGES"]).get(detail["pipeline"], [])
    if detail["state"] != "FAILED" or detail["stage"] not in stages:
        return []
    return [failed(detail["pipeline"], detail["stage"], detail["execution-id"])]


def failed(pipeline, stage, run):
    there, _, _ = now_in(pipeline, stage)
    if there != run or under_way(pipeline, run):
        # It was looked after when this event came first, or by a person.
        return None
    if kind(pipeline, run) == "ROLLBACK":
        # What a rollback deployed is not good either; a person has to look.
        return needs_you(pipeline, stage, run, f"The rollback {run} of {stage} did not go well. Nothing more is tried.")
    return roll_back(pipeline, stage, run)


def alarmed(pipeline, stage, alarm, rang):
    run, status, ended = now_in(pipeline, stage)
    if run is None or status in ("Failed", "Stopped", "Stopping", "Cancelled") or under_way(pipeline, run):
        # It goes back already, or will when the event of its failure comes.
        return None
    if status != "Succeeded":
        text = f"{alarm} rings while {run} is on its way into {stage}. Nothing goes back: it is not known of which run it speaks."
        return needs_you(pipeline, stage, run, text)
    minutes = None if ended is None else (rang - ended).total_seconds() / 60
    if minutes is None or not 0 <= minutes <= int(os.environ["WATCH_MINUTES"]):
        when = "at an unknown time after" if minutes is None else f"{abs(minutes):.0f} minutes {'after' if minutes > 0 else 'before'}"
        text = f"{alarm} rings {when} the end of the deployment {run} of {stage}, and is not taken for its fault. Nothing goes back."
        return needs_you(pipeline, stage, run, text)
    if kind(pipeline, run) == "ROLLBACK":
        return needs_you(pipeline, stage, run, f"{alarm} rings after the rollback {run} of {stage}. Nothing more is tried.")
    return roll_back(pipeline, stage, run)


def now_in(pipeline, stage):
    """The run that is in the stage, how it is, and when its last action ended."""
    for state in codepipeline.get_pipeline_state(name=pipeline)["stageStates"]:
        if state["stageName"] == stage:
            latest = state.get("latestExecution", {})
            actions = [one.get("latestExecution", {}) for one in state.get("actionStates", [])]
            changes = [one["lastStatusChange"] for one in actions if "lastStatusChange" in one]
            return latest.get("pipelineExecutionId"), latest.get("status"), max(changes, default=None)
    return None, None, None


def history(pipeline, **more):
    """Summaries of runs, newest first."""
    pages = codepipeline.get_paginator("list_pipeline_executions").paginate(pipelineName=pipeline, **more)
    return [run for page in pages for run in page["pipelineExecutionSummaries"]]


def under_way(pipeline, run):
    """Whether somebody has begun to put an older run back since this one began."""
    for one in history(pipeline):
        if one["pipelineExecutionId"] == run:
            return False
        if one.get("executionType") == "ROLLBACK" and one["status"] == "InProgress":
            return True
    return False


def roll_back(pipeline, stage, bad):
    target = last_good(pipeline, stage, bad)
    if target is None:
        text = (
            f"There is no run of {pipeline} that {stage} can go back to: none that went well, was not taken back, and was made"
            " since the pipeline itself was changed last. Correct it with a new commit."
        )
        return needs_you(pipeline, stage, bad, text)
    try:
        answer = codepipeline.rollback_stage(pipelineName=pipeline, stageName=stage, targetPipelineExecutionId=target)
    except ClientError as error:
        # Somebody else is in the stage, or was quicker.
        return needs_you(pipeline, stage, bad, f"{stage} could not go back from {bad} to {target}: {error}")
    text = f"{stage} goes back from {bad} to {target}, by the run {answer['pipelineExecutionId']}."
    told = {"pipeline": pipeline, "stage": stage, "from": bad}
    return told | {"result": "is rolled back", "to": target, "text": text}


def last_good(pipeline, stage, bad):
    """The newest run that passed the stage, was never taken back, and has the pipeline's present form: no other is taken."""
    began = {one["pipelineExecutionId"]: one["startTime"] for one in history(pipeline)}
    earliest = min(began.values(), default=None)
    spans = [
        (began.get(one.get("rollbackMetadata", {}).get("rollbackTargetPipelineExecutionId"), earliest), one["startTime"])
        for one in history(pipeline)
        if one.get("executionType") == "ROLLBACK"
    ]
    version = codepipeline.get_pipeline(name=pipeline)["pipeline"]["version"]
    for run in history(pipeline, filter={"succeededInStage": {"stageName": stage}}):
        name, at = run["pipelineExecutionId"], run["startTime"]
        if name == bad or run.get("executionType") == "ROLLBACK" or any(start < at < end for start, end in spans):
            continue
        found = codepipeline.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=name)
        return name if found["pipelineExecution"]["pipelineVersion"] == version else None
    return None


def needs_you(pipeline, stage, run, text):
    return {"pipeline": pipeline, "stage": stage, "from": run, "result": "needs you", "text": text}


def kind(pipeline, run):
    found = codepipeline.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=run)["pipelineExecution"]
    return found.get("executionType", "STANDARD")
`;
