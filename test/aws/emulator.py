"""AWS on this machine, for tests: moto with what it lacks for pipelines. `python3 emulator.py` prints the port it has.

What is added: pipelines can be started, looked at, approved and rolled back; projects may take their source from a
pipeline; invalidations end with the word that AWS uses. Nothing is executed: a run passes its stages when it is told to,
through `POST /emulator/run`.
"""
import datetime
import json
import logging
import os
import socket
import sys
import threading
import uuid

for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    os.environ.setdefault(name, "test")

from moto.codebuild import responses as codebuild_responses  # noqa: E402
from moto.codepipeline.models import codepipeline_backends  # noqa: E402
from moto.codepipeline.responses import CodePipelineResponse  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

REGION = "eu-central-1"
runs = {}


def now():
    return datetime.datetime.now(datetime.timezone.utc).timestamp()


def pipeline_of(name):
    return codepipeline_backends[DEFAULT_ACCOUNT_ID][REGION].pipelines[name]


def start(name, kind="STANDARD", target=None):
    run = {
        "pipelineName": name,
        "pipelineExecutionId": str(uuid.uuid4()),
        "pipelineVersion": pipeline_of(name).pipeline["version"],
        "status": "InProgress",
        "executionType": kind,
        "stages": {},
        "startTime": now(),
    }
    if target:
        run["rollbackTarget"] = target
    runs.setdefault(name, []).insert(0, run)
    return run


def find(name, run):
    return next(one for one in runs.get(name, []) if one["pipelineExecutionId"] == run)


def answer(handler):
    def action(self):
        return json.dumps(handler(json.loads(self.body or "{}")))

    return action


def list_executions(request):
    stage = request.get("filter", {}).get("succeededInStage", {}).get("stageName")
    found = [one for one in runs.get(request["pipelineName"], []) if stage is None or one["stages"].get(stage) == "Succeeded"]
    keys = ("pipelineExecutionId", "status", "executionType", "startTime")
    return {"pipelineExecutionSummaries": [{key: one[key] for key in keys} for one in found]}


def get_execution(request):
    run = find(request["pipelineName"], request["pipelineExecutionId"])
    keys = ("pipelineName", "pipelineVersion", "pipelineExecutionId", "status", "executionType")
    return {"pipelineExecution": {key: run[key] for key in keys}}


def get_state(request):
    name = request["name"]
    states = []
    for stage in pipeline_of(name).pipeline["stages"]:
        latest = next((one for one in runs.get(name, []) if stage["name"] in one["stages"]), None)
        state = {"stageName": stage["name"]}
        if latest:
            status = latest["stages"][stage["name"]]
            state["latestExecution"] = {"pipelineExecutionId": latest["pipelineExecutionId"], "status": status}
        states.append(state)
    return {"pipelineName": name, "stageStates": states}


def rollback(request):
    target = find(request["pipelineName"], request["targetPipelineExecutionId"])
    if target["stages"].get(request["stageName"]) != "Succeeded":
        raise ValueError("the target did not pass this stage")
    run = start(request["pipelineName"], "ROLLBACK", target["pipelineExecutionId"])
    return {"pipelineExecutionId": run["pipelineExecutionId"]}


CodePipelineResponse.start_pipeline_execution = answer(
    lambda request: {"pipelineExecutionId": start(request["name"])["pipelineExecutionId"]}
)
CodePipelineResponse.list_pipeline_executions = answer(list_executions)
CodePipelineResponse.get_pipeline_execution = answer(get_execution)
CodePipelineResponse.get_pipeline_state = answer(get_state)
CodePipelineResponse.rollback_stage = answer(rollback)

# The Go SDK takes times as numbers only.
plain_get = CodePipelineResponse.get_pipeline


def get_pipeline(self):
    found = json.loads(plain_get(self))
    for key in ("created", "updated"):
        if key in found.get("metadata", {}):
            found["metadata"][key] = now()
    return json.dumps(found)


CodePipelineResponse.get_pipeline = get_pipeline

# A project whose source is the pipeline has no place of its own.
def lenient(check):
    def checked(asked):
        if asked.get("type") != "CODEPIPELINE":
            check(asked)

    return checked


for name in ("_validate_required_params_source", "_validate_required_params_artifacts"):
    setattr(codebuild_responses, name, lenient(getattr(codebuild_responses, name)))


class Emulator:
    """Hands requests for runs to us, and all else to moto."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != "/emulator/run":
            return self.moto(environ, start_response)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        asked = json.loads(environ["wsgi.input"].read(size))
        run = find(asked["pipeline"], asked["run"])
        run["stages"] |= asked["stages"]
        if "version" in asked:
            run["pipelineVersion"] = asked["version"]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(run).encode()]


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = make_server("127.0.0.1", port, Emulator(), threaded=True)
    print(json.dumps({"port": port}), flush=True)
    # Whoever started it holds the other end: when they are gone, so is this.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


main()
