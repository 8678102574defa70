"""AWS on this machine, for tests: moto with what it lacks for pipelines. `python3 emulator.py` prints the port it has.

What is added: pipelines can be started, looked at, approved and rolled back, and functions answer them; projects may
take their source from a pipeline; connections have a state. Pipelines execute nothing: a run passes its stages when it is
told to, through `POST /emulator/run`, and a connection is in the state that `POST /emulator/connection` gives it, as is a stack
through `POST /emulator/stack`. What a function answered is told by `GET /emulator/answers/JOB`. Resources of CloudFormation are added in `stack_resources.py` and
`shop_resources.py`, what functions and sites answer in `visits.py`; invalidations end with the word that AWS uses.
"""
import datetime
import json
import logging
import os
import socket
import sys
import threading
import uuid
from urllib.parse import urlparse

for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    os.environ.setdefault(name, "test")

from moto.cloudformation import responses as cloudformation_responses  # noqa: E402
from moto.cloudformation.models import cloudformation_backends  # noqa: E402
from moto.codebuild import responses as codebuild_responses  # noqa: E402
from moto.codepipeline.models import codepipeline_backends  # noqa: E402
from moto.codepipeline.responses import CodePipelineResponse  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.core.exceptions import JsonRESTError  # noqa: E402
from moto.iam.access_control import PermissionResult  # noqa: E402
from moto.s3.models import FakeBucket, s3_backends  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

import shop_resources  # noqa: E402, F401
import stack_resources  # noqa: E402, F401
import visits  # noqa: E402

REGION = "eu-central-1"
runs = {}
connections = {}
answers = {}


def now():
    return datetime.datetime.now(datetime.timezone.utc).timestamp()


def pipeline_of(name):
    return codepipeline_backends[DEFAULT_ACCOUNT_ID][REGION].pipelines[name]


def start(name, kind="STANDARD", target=None, asked=None):
    run = {
        "pipelineName": name,
        "pipelineExecutionId": str(uuid.uuid4()),
        "pipelineVersion": pipeline_of(name).pipeline["version"],
        "status": "InProgress",
        "executionType": kind,
        "stages": {},
        "actions": {},
        "inbound": [],
        "startTime": now(),
        "asked": asked,
    }
    if target:
        run["rollbackTarget"] = target
    runs.setdefault(name, []).insert(0, run)
    return run


def find(name, run):
    for one in runs.get(name, []):
        if one["pipelineExecutionId"] == run:
            return one
    raise JsonRESTError("PipelineExecutionNotFoundException", f"{name} has no run {run}")


def answer(handler):
    def action(self):
        return json.dumps(handler(json.loads(self.body or "{}")))

    return action


def list_executions(request):
    stage = request.get("filter", {}).get("succeededInStage", {}).get("stageName")
    found = [one for one in runs.get(request["pipelineName"], []) if stage is None or one["stages"].get(stage) == "Succeeded"]
    keys = ("pipelineExecutionId", "status", "executionType", "startTime", "sourceRevisions", "rollbackMetadata")
    return {"pipelineExecutionSummaries": [{key: one[key] for key in keys if key in one} for one in found]}


def get_execution(request):
    run = find(request["pipelineName"], request["pipelineExecutionId"])
    keys = ("pipelineName", "pipelineVersion", "pipelineExecutionId", "status", "executionType")
    return {"pipelineExecution": {key: run[key] for key in keys}}


def get_state(request):
    name = request["name"]
    states = []
    for stage in pipeline_of(name).pipeline["stages"]:
        latest = next((one for one in runs.get(name, []) if stage["name"] in one["stages"]), None)
        state = {"stageName": stage["name"], "inboundTransitionState": {"enabled": True}}
        inbound = [one["pipelineExecutionId"] for one in runs.get(name, []) if stage["name"] in one["inbound"]]
        if inbound:
            state["inboundExecutions"] = [{"pipelineExecutionId": one, "status": "InProgress"} for one in inbound]
        if latest:
            status = latest["stages"][stage["name"]]
            state["latestExecution"] = {"pipelineExecutionId": latest["pipelineExecutionId"], "status": status}
            actions = latest["actions"].get(stage["name"], {})
            state["actionStates"] = [
                {"actionName": action["name"]} | ({"latestExecution": actions[action["name"]]} if action["name"] in actions else {})
                for action in stage["actions"]
            ]
        states.append(state)
    return {"pipelineName": name, "stageStates": states}


def list_rules(request):
    """What conditions have checked for a run, as the test has told."""
    run = find(request["pipelineName"], request["filter"]["pipelineExecutionId"])
    return {"ruleExecutionDetails": run.get("rules", [])}


def start_once(request):
    """The same token stands for the same request."""
    for run in runs.get(request["name"], []):
        token = request.get("clientRequestToken")
        if token and run["asked"] and run["asked"].get("clientRequestToken") == token:
            return {"pipelineExecutionId": run["pipelineExecutionId"]}
    return {"pipelineExecutionId": start(request["name"], asked=request)["pipelineExecutionId"]}


def put_approval(request):
    for run in runs.get(request["pipelineName"], []):
        action = run["actions"].get(request["stageName"], {}).get(request["actionName"])
        if action and action.get("token") == request["token"] and action["status"] == "InProgress":
            approved = request["result"]["status"] == "Approved"
            action["status"] = run["stages"][request["stageName"]] = "Succeeded" if approved else "Failed"
            action["summary"] = request["result"]["summary"]
            return {"approvedAt": now()}
    raise ValueError("there is no such approval to answer")


def rollback(request):
    target = find(request["pipelineName"], request["targetPipelineExecutionId"])
    if target["stages"].get(request["stageName"]) != "Succeeded":
        raise ValueError("the target did not pass this stage")
    run = start(request["pipelineName"], "ROLLBACK", target["pipelineExecutionId"])
    run["rollbackMetadata"] = {"rollbackTargetPipelineExecutionId": target["pipelineExecutionId"]}
    return {"pipelineExecutionId": run["pipelineExecutionId"]}


CodePipelineResponse.start_pipeline_execution = answer(start_once)
CodePipelineResponse.list_rule_executions = answer(list_rules)
CodePipelineResponse.list_pipeline_executions = answer(list_executions)
CodePipelineResponse.get_pipeline_execution = answer(get_execution)
CodePipelineResponse.get_pipeline_state = answer(get_state)
CodePipelineResponse.rollback_stage = answer(rollback)
CodePipelineResponse.put_approval_result = answer(put_approval)
CodePipelineResponse.put_job_success_result = answer(lambda request: answers.update({request["jobId"]: request}))
CodePipelineResponse.put_job_failure_result = answer(lambda request: answers.update({request["jobId"]: request}))

# The Go SDK takes times as numbers only.
plain_get = CodePipelineResponse.get_pipeline


def get_pipeline(self):
    found = json.loads(plain_get(self))
    for key in ("created", "updated"):
        if key in found.get("metadata", {}):
            moment = datetime.datetime.fromisoformat(found["metadata"][key].replace("Z", "+00:00"))
            found["metadata"][key] = moment.timestamp()
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


# A stack's template may lie in a bucket here; the first number of our address is none.
def template_at(template_url, account_id, partition):
    bucket, key = urlparse(template_url).path.lstrip("/").split("/", 1)
    return s3_backends[account_id][partition].get_object(bucket, key).value.decode()


cloudformation_responses.get_stack_from_s3_url = template_at


# The stack of a resource may be asked for by what it made.
described = cloudformation_responses.CloudFormationResponse.describe_stack_resources


def describe_stack_resources(self):
    wanted = self._get_param("PhysicalResourceId")
    for stack in self.cloudformation_backend.stacks.values() if wanted else ():
        if any(getattr(one, "physical_resource_id", None) == wanted for one in stack.stack_resources):
            self.params["StackName"] = stack.name
            break
    return described(self)


cloudformation_responses.CloudFormationResponse.describe_stack_resources = describe_stack_resources

# Policies of buckets are kept and told. To enforce them moto would have to know their conditions.
FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL


def tell_run(asked):
    """What becomes of a run: status of stages and of their actions, where it waits to get in, what it delivers."""
    run = find(asked["pipeline"], asked["run"])
    run["stages"] |= asked.get("stages", {})
    run["actions"] |= asked.get("actions", {})
    run |= {key: asked[key] for key in ("status", "inbound", "sourceRevisions") if key in asked}
    if "version" in asked:
        run["pipelineVersion"] = asked["version"]
    return "200 OK", run


def tell_stack(asked):
    for stack in cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values():
        if stack.name == asked["StackName"]:
            stack.status = asked["StackStatus"]
    return "200 OK", asked


def tell_connection(asked):
    connections[asked["ConnectionArn"]] = asked
    return "200 OK", asked


def get_connection(asked):
    found = connections.get(asked["ConnectionArn"])
    if found is None:
        return "400 Bad Request", {"__type": "ResourceNotFoundException", "Message": "there is no such connection"}
    return "200 OK", {"Connection": found}


def list_connections(asked):
    return "200 OK", {"Connections": list(connections.values())}


class Emulator:
    """Hands requests for runs, connections and visits to us, and all else to moto."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/emulator/visit/"):
            return visits.visit(environ, start_response)
        handlers = {"/emulator/run": tell_run, "/emulator/connection": tell_connection, "/emulator/stack": tell_stack}
        handler = handlers.get(environ["PATH_INFO"])
        if environ["PATH_INFO"].startswith("/emulator/answers/"):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(answers.get(environ["PATH_INFO"].split("/")[-1])).encode()]
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")
        if "onnections_20" in service:
            handler = {"GetConnection": get_connection, "ListConnections": list_connections}[operation]
        if handler is None:
            return self.moto(environ, start_response)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        status, body = handler(json.loads(environ["wsgi.input"].read(size)))
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ["EMULATOR_ENDPOINT"] = f"http://127.0.0.1:{port}"
    server = make_server("127.0.0.1", port, Emulator(), threaded=True)
    print(json.dumps({"port": port}), flush=True)
    # Whoever started it holds the other end: when they are gone, so is this.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


main()
