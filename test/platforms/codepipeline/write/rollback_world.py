"""A pipeline's runs, and the function that rolls back in it. Reads {"source", "moves"}, prints what was done and told."""
import datetime
import json
import os
import sys
import types

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


class ClientError(Exception):
    pass


class World:
    """Time passes by a minute with each move, so that no two things happen at once."""

    def __init__(self):
        self.runs, self.calls, self.told, self.minute, self.version, self.there = [], [], [], 0, 1, None

    def now(self):
        return START + datetime.timedelta(minutes=self.minute)

    def begin(self, name, kind="STANDARD", target=None):
        run = {"pipelineExecutionId": name, "executionType": kind, "status": "InProgress", "startTime": self.now(), "version": self.version}
        if target:
            run["rollbackMetadata"] = {"rollbackTargetPipelineExecutionId": target}
        self.runs.insert(0, run)
        return run

    def run(self, name):
        return next(one for one in self.runs if one["pipelineExecutionId"] == name)

    # What the function asks

    def get_pipeline_state(self, name):
        if self.there is None:
            return {"stageStates": [{"stageName": "prod"}]}
        run = self.run(self.there)
        state = {"pipelineExecutionId": self.there, "status": run["status"]}
        change = {"lastStatusChange": run["ended"]} if "ended" in run else {}
        return {"stageStates": [{"stageName": "prod", "latestExecution": state, "actionStates": [{"latestExecution": change}]}]}

    def get_pipeline(self, name):
        return {"pipeline": {"version": self.version}}

    def get_pipeline_execution(self, pipelineName, pipelineExecutionId):
        run = self.run(pipelineExecutionId)
        return {"pipelineExecution": {"executionType": run["executionType"], "pipelineVersion": run["version"]}}

    def get_paginator(self, what):
        def paginate(pipelineName, filter=None):
            return [{"pipelineExecutionSummaries": [one for one in self.runs if filter is None or one["status"] == "Succeeded"]}]

        return types.SimpleNamespace(paginate=paginate)

    def rollback_stage(self, pipelineName, stageName, targetPipelineExecutionId):
        if any(one["status"] == "InProgress" for one in self.runs):
            raise ClientError("UnableToRollbackStageException")
        name = f"R{len(self.calls) + 1}"
        self.calls.append(targetPipelineExecutionId)
        self.begin(name, "ROLLBACK", targetPipelineExecutionId)
        return {"pipelineExecutionId": name}


def main():
    asked = json.load(sys.stdin)
    world = World()
    clients = {"codepipeline": world, "sns": types.SimpleNamespace(publish=lambda **one: world.told.append(one["Message"]))}
    sys.modules["boto3"] = types.SimpleNamespace(client=lambda name: clients[name])
    sys.modules["botocore"] = types.ModuleType("botocore")
    sys.modules["botocore.exceptions"] = types.SimpleNamespace(ClientError=ClientError)
    os.environ.update(STAGES='{"p":["prod"]}', ALARMS='{"unhealthy":[["p","prod"]],"slow":[["p","prod"]]}', WATCH_MINUTES="5", TOPIC="t")
    function = {"print": lambda *_: None}
    exec(compile(asked["source"], "index.py", "exec"), function)
    for move, *words in asked["moves"]:
        world.minute += 1
        if move == "begin":
            world.begin(words[0])
            world.there = words[0]
        elif move in ("passes", "fails"):
            # A rollback is in the stage when it is done.
            world.there = words[0]
            world.run(words[0]).update(status="Succeeded" if move == "passes" else "Failed", ended=world.now())
        elif move == "change":
            world.version += 1
        elif move == "wait":
            world.minute += words[0]
        elif move == "hears of failure":
            detail = {"pipeline": "p", "stage": "prod", "state": "FAILED", "execution-id": words[0]}
            function["handler"]({"detail-type": "CodePipeline Stage Execution State Change", "detail": detail}, None)
        elif move == "rings":
            time = (world.now() + datetime.timedelta(minutes=words[1] if len(words) > 1 else 0)).strftime("%Y-%m-%dT%H:%M:%SZ")
            detail = {"alarmName": words[0], "state": {"value": "ALARM"}}
            function["handler"]({"detail-type": "CloudWatch Alarm State Change", "time": time, "detail": detail}, None)
        else:
            raise ValueError(move)
    print(json.dumps({"calls": world.calls, "told": world.told}))


main()
