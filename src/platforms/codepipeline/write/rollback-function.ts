/**
 * Source of the function that rolls an environment back. It hears of failed deployments and of ringing alarms, and asks
 * CodePipeline to deploy the last run that went well again: the whole stage, with the artifacts it had.
 */
export const rollbackRuntime = "python3.13";

export const rollbackSource = `"""Rolls the stage of an environment back to the last run that went well.

Events: a stage of a pipeline has failed, or one of the environment's alarms rings. Settings (environment variables):
  STAGES  {"pipeline": ["stage", ...]}: what may be rolled back
  ALARMS  {"alarm": [["pipeline", "stage"], ...]}: what an alarm speaks of
  TOPIC   who is told what was done
"""
import json
import os

import boto3

codepipeline = boto3.client("codepipeline")
sns = boto3.client("sns")


def handler(event, context):
    outcomes = [roll_back(*one) for one in wanted(event)]
    for outcome in outcomes:
        print(json.dumps(outcome))
        subject = f"{outcome['pipeline']}: {outcome['stage']} {outcome['result']}"
        sns.publish(TopicArn=os.environ["TOPIC"], Subject=subject[:100], Message=outcome["text"])
    return outcomes


def wanted(event):
    """The stages that this event asks to roll back, each with the run that must not be the target."""
    detail = event["detail"]
    if event["detail-type"] == "CloudWatch Alarm State Change":
        if detail["state"]["value"] != "ALARM":
            return []
        stages = json.loads(os.environ["ALARMS"]).get(detail["alarmName"], [])
        return [(pipeline, stage, deployed(pipeline, stage)) for pipeline, stage in stages]
    stages = json.loads(os.environ["STAGES"]).get(detail["pipeline"], [])
    if detail["state"] != "FAILED" or detail["stage"] not in stages:
        return []
    return [(detail["pipeline"], detail["stage"], detail["execution-id"])]


def deployed(pipeline, stage):
    """The run that is in the stage now."""
    for state in codepipeline.get_pipeline_state(name=pipeline)["stageStates"]:
        if state["stageName"] == stage:
            return state.get("latestExecution", {}).get("pipelineExecutionId")
    return None


def roll_back(pipeline, stage, bad):
    told = {"pipeline": pipeline, "stage": stage, "from": bad}
    if bad is not None and kind(pipeline, bad) == "ROLLBACK":
        # What a rollback deployed is not good either; a person has to look.
        return told | {"result": "needs you", "text": f"The rollback {bad} of {stage} did not go well. Nothing more is tried."}
    target = last_good(pipeline, stage, bad)
    if target is None:
        text = f"There is no earlier run of {pipeline} to put back into {stage}. Correct it with a new commit."
        return told | {"result": "needs you", "text": text}
    answer = codepipeline.rollback_stage(pipelineName=pipeline, stageName=stage, targetPipelineExecutionId=target)
    text = f"{stage} goes back from {bad} to {target}, by the run {answer['pipelineExecutionId']}."
    return told | {"result": "is rolled back", "to": target, "text": text}


def last_good(pipeline, stage, bad):
    """The newest run that passed the stage in the pipeline's present form; CodePipeline refuses any other."""
    version = codepipeline.get_pipeline(name=pipeline)["pipeline"]["version"]
    pages = codepipeline.get_paginator("list_pipeline_executions").paginate(
        pipelineName=pipeline, filter={"succeededInStage": {"stageName": stage}}
    )
    for page in pages:
        for run in page["pipelineExecutionSummaries"]:
            if run["pipelineExecutionId"] == bad or run.get("executionType") == "ROLLBACK":
                continue
            found = codepipeline.get_pipeline_execution(
                pipelineName=pipeline, pipelineExecutionId=run["pipelineExecutionId"]
            )["pipelineExecution"]
            return run["pipelineExecutionId"] if found["pipelineVersion"] == version else None
    return None


def kind(pipeline, run):
    found = codepipeline.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=run)["pipelineExecution"]
    return found.get("executionType", "STANDARD")
`;
