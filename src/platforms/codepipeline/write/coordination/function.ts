/**
 * Source of the function that hands environments on between separate pipelines. CodePipeline has no lock over pipelines
 * and does not know what another one has deployed; a table of DynamoDB does, with conditional writes.
 */
import type { HandOverPlan } from "./plan.ts";

export const handOverRuntime = "python3.13";

/** The source with the plan of a delivery in it. */
export function handOverSource(plan: HandOverPlan): string {
  return `${head}\n\nPLAN = ${JSON.stringify(plan, null, 2)}\n${body}`;
}

const head = `"""Hands environments on from pipeline to pipeline.

One pipeline at a time deploys in an environment, after those that it needs, and only when what they deployed there was
made from the same sources as this run's. Each source has a digest; what is not there yet is not waited for: the run
leaves the environment out, and is started again for it when what it needs has arrived.

Actions of the pipelines call it (UserParameters: {"do": "ready" | "gate" | "enter" | "leave", ...}):
  ready   may this run deploy there, as things are? Asked before people are.
  gate    takes the environment's lock and asks again. Waits while somebody else is at work.
  enter   first in the environment's stage: makes sure of the lock, which a rollback has to take by itself.
  leave   last in it: what is there now, and the lock is free.
Events call it when a stage has passed: it starts the pipelines that need what was deployed.

Items of the table, by place and what:
  ENVIRONMENT           lock               run and pipeline that are at work there
  ENVIRONMENT           deployed/PIPELINE  digest, run, commit and outputs of what is there; none while it is replaced
  ENVIRONMENT/PIPELINE  DIGEST             when this release passed there, and the digests of what it needs
"""
import hashlib
import io
import json
import os
import re
import time
import zipfile

import boto3
from botocore.exceptions import ClientError

codepipeline = boto3.client("codepipeline")
s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

KEEP_SECONDS = 400 * 24 * 3600`;

const body = `

class Refused(Exception):
    """The action fails, with words for people."""


def handler(event, context):
    if "CodePipeline.job" not in event:
        return passed(event["detail"], event["id"])
    job = event["CodePipeline.job"]
    try:
        asked = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
        answer = {"ready": ready, "gate": gate, "enter": enter, "leave": leave}[asked["do"]](asked, Release(job, asked))
        print(json.dumps({"asked": asked, "answer": answer}))
        if answer is None:
            # CodePipeline asks again in a moment, for a day; variables may not come with this.
            codepipeline.put_job_success_result(jobId=job["id"], continuationToken="waiting")
        else:
            codepipeline.put_job_success_result(jobId=job["id"], outputVariables=answer)
        return answer
    except Exception as error:
        # An action that hears nothing waits for twenty minutes, and a message without words is not heard.
        words = str(error) or type(error).__name__
        print(f"{type(error).__name__}: {error}")
        codepipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": words[:1000]}
        )
        return {"failed": words}


# What the actions ask


def ready(asked, release):
    reason = hindrance(asked, release)
    return {"READY": "no" if reason else "yes", "REASON": reason or "everything it needs is there"}


def gate(asked, release):
    if asked.get("ready", "yes") != "yes":
        return {"GO": "no", "REASON": "it was not ready, so nobody was asked"}
    if not wanted(asked):
        return {"GO": "no", "REASON": hindrance(asked, release)}
    if not take(asked):
        return None
    if unsettled(asked):
        give(asked)
        return None
    reason = hindrance(asked, release)
    if reason:
        give(asked)
        return {"GO": "no", "REASON": reason}
    return {"GO": "yes", "REASON": "everything it needs is there"}


def enter(asked, release):
    if not take(asked):
        return None
    # A rollback has passed here before, as what it is.
    reason = missing(asked, release) if is_rollback(asked) else hindrance(asked, release)
    if reason:
        give(asked)
        raise Refused(f"{asked['pipeline']} cannot be deployed to {asked['environment']} now: {reason}. Deploy a commit that fits what is there.")
    table.delete_item(Key={"place": asked["environment"], "what": f"deployed/{asked['pipeline']}"})
    variables = {}
    for need in needs(asked):
        there = deployed(asked["environment"], need)
        name = re.sub("[^A-Za-z0-9]", "_", need)
        variables[f"RUN_{name}"] = there["run"]
        if there.get("release"):
            variables[f"RELEASE_{name}"] = there["release"]
        for output, value in there.get("outputs", {}).items():
            variables[f"OUTPUT_{name}_{output}"] = value
    return variables or {"NEEDS": "nothing"}


def leave(asked, release):
    environment, pipeline = asked["environment"], asked["pipeline"]
    digest, now = release.digest(pipeline), time.time_ns()
    below = {need: release.digest(need) for need in all_needs(pipeline)}
    earlier = [find(f"{one}/{pipeline}", digest) for one in plan(asked)["after"]]
    there = {
        "place": environment,
        "what": f"deployed/{pipeline}",
        "digest": digest,
        "run": asked["run"],
        "commit": asked["commit"],
        "needs": below,
        "proven": max((proof["at"] for proof in earlier if proof), default=now),
        "outputs": asked.get("outputs", {}),
        **({"release": asked["release"]} if "release" in asked else {}),
    }
    proof = {
        "place": f"{environment}/{pipeline}",
        "what": digest,
        "commit": asked["commit"],
        "at": now,
        "needs": below,
        "expires": now // 1_000_000_000 + KEEP_SECONDS,
    }
    for artifact in release.job["data"]["inputArtifacts"]:
        file = asked.get("artifacts", {}).get(artifact.get("name"))
        if file:
            place = artifact["location"]["s3Location"]
            source = {"Bucket": place["bucketName"], "Key": place["objectKey"]}
            s3.copy(source, os.environ["HANDED"], f"{environment}/{pipeline}/{file}")
    table.put_item(Item=proof)
    table.put_item(Item=there)
    give(asked)
    return {"DIGEST": digest}


def passed(detail, event):
    """A stage has passed: the pipelines that need what was deployed there are started. Returns whom."""
    environment = detail["stage"]
    pipelines = PLAN["environments"].get(environment, {})
    came = [name for name, one in pipelines.items() if one["codepipeline"] == detail["pipeline"]]
    started, refused = [], []
    for name, one in pipelines.items():
        if not set(came) & set(one["needs"]):
            continue
        how = start_of(environment, name, one)
        if how is None:
            continue
        # Events come more than once: the second time nobody is started again.
        token = hashlib.sha256(f"{event} {name}".encode()).hexdigest()
        try:
            codepipeline.start_pipeline_execution(name=one["codepipeline"], clientRequestToken=token, **how)
            started.append(one["codepipeline"])
        except Exception as error:
            refused.append(f"{one['codepipeline']}: {error}")
    print(json.dumps({"passed": detail, "started": started, "refused": refused}))
    if refused:
        # The event comes again.
        raise Refused("; ".join(refused))
    return started


def start_of(environment, name, one):
    """The newest commit, where releases come in; elsewhere the newest one that passed before with what is there now."""
    if not one["after"]:
        return {}
    there = {need: deployed(environment, need) for need in one["needs"]}
    digests = {need: found["digest"] for need, found in there.items() if found}
    proofs = [
        proof
        for proof in query(f"{one['after'][0]}/{name}")
        if all(proof["needs"].get(need) == digests.get(need, "") for need in one["needs"])
        and all(find(f"{earlier}/{name}", proof["what"]) for earlier in one["after"])
    ]
    if not proofs:
        return None
    commit = max(proofs, key=lambda proof: proof["at"])["commit"]
    return {
        "sourceRevisions": [{"actionName": PLAN["source"], "revisionType": "COMMIT_ID", "revisionValue": commit}],
        "variables": [{"name": PLAN["variable"], "value": environment}],
    }


# Whether a run may deploy


def hindrance(asked, release):
    """Why this run may not deploy there; None when it may."""
    if not wanted(asked):
        return f"this run begins with {asked['from']}"
    digest = release.digest(asked["pipeline"])
    proven = []
    for earlier in plan(asked)["after"]:
        proof = find(f"{earlier}/{asked['pipeline']}", digest)
        if proof is None:
            return f"this release of {asked['pipeline']} has not passed {earlier}"
        proven.append(proof["at"])
    return missing(asked, release) or overtaken(asked, digest, proven)


def missing(asked, release):
    for need in needs(asked):
        there = deployed(asked["environment"], need)
        if there is None:
            return f"{need} is not there yet"
        if there["digest"] != release.digest(need):
            return f"the {need} that is there was made from other sources (commit {there['commit']})"
        if verdict(asked["environment"], need, there["run"]) != "good":
            return f"the {need} that is there has not proven itself yet, or is taken back"
    return None


def before(environment, pipeline):
    """All environments that come before one."""
    earlier = PLAN["environments"][environment][pipeline]["after"]
    return set(earlier).union(*(before(one, pipeline) for one in earlier))


def overtaken(asked, digest, proven):
    """A newer release stays, as long as it fits what it needs; elsewhere than where releases come in, order may be lost."""
    there = deployed(asked["environment"], asked["pipeline"])
    if not proven or there is None or there["digest"] == digest or there["proven"] <= max(proven):
        return None
    fits = all(there["needs"][need] == deployed(asked["environment"], need)["digest"] for need in needs(asked))
    return f"a newer release of {asked['pipeline']} is there (commit {there['commit']})" if fits else None


def wanted(asked):
    return asked["from"] == "first" or asked["from"] in (asked["environment"], *before(asked["environment"], asked["pipeline"]))


def unsettled(asked):
    """Whether something that it needs may still be taken back, because an alarm is being watched."""
    found = {need: deployed(asked["environment"], need) for need in needs(asked)}
    return any(verdict(asked["environment"], need, there["run"]) == "open" for need, there in found.items() if there)


def verdict(environment, pipeline, run):
    """What alarms say of the run that is there: "good", "bad", or "open" while they are watched.

    The rules of the run itself say it. The stage speaks of whoever came last, who may have left it out.
    """
    alarms = PLAN["watched"].get(environment, 0)
    if alarms == 0:
        return "good"
    name = PLAN["environments"][environment][pipeline]["codepipeline"]
    last = {}
    for rule in sorted(rules(name, run), key=lambda one: one["startTime"]):
        if rule["stageName"] == environment and rule["ruleName"].startswith(PLAN["watch"]):
            last[rule["ruleName"]] = rule["status"]
    if "Failed" in last.values():
        return "bad"
    if "InProgress" in last.values():
        return "open"
    if len(last) < alarms and at_its_end(name, environment, run):
        return "open"
    return "good"


def rules(name, run):
    """What was checked for a run."""
    found, more = [], {}
    try:
        while True:
            page = codepipeline.list_rule_executions(pipelineName=name, filter={"pipelineExecutionId": run}, **more)
            found += page["ruleExecutionDetails"]
            if "nextToken" not in page:
                return found
            more = {"nextToken": page["nextToken"]}
    except (codepipeline.exceptions.PipelineNotFoundException, codepipeline.exceptions.PipelineExecutionNotFoundException):
        # After a year nobody knows it any more.
        return []


def at_its_end(name, environment, run):
    """Whether a run that has left its books stands in the stage still."""
    for state in codepipeline.get_pipeline_state(name=name)["stageStates"]:
        if state["stageName"] == environment:
            last = state.get("latestExecution", {})
            return last.get("pipelineExecutionId") == run and last.get("status") in ("InProgress", "Stopping")
    return False


def plan(asked):
    return PLAN["environments"][asked["environment"]][asked["pipeline"]]


def needs(asked):
    return plan(asked)["needs"]


def all_needs(pipeline):
    """Also those of other environments than the one at hand."""
    direct = PLAN["pipelines"][pipeline]["needs"]
    return set(direct).union(*(all_needs(need) for need in direct))


def is_rollback(asked):
    return execution(asked["codepipeline"], asked["run"]).get("executionType") == "ROLLBACK"


def execution(name, run):
    found = codepipeline.get_pipeline_execution(pipelineName=name, pipelineExecutionId=run)
    return found["pipelineExecution"]


# The lock of an environment


def take(asked):
    """True when the environment is ours now; False when somebody is at work there."""
    key = {"place": asked["environment"], "what": "lock"}
    mine = {**key, "run": asked["run"], "codepipeline": asked["codepipeline"]}
    if put_when(mine, "attribute_not_exists(what) OR run = :run", asked["run"]):
        return True
    holder = find(key["place"], key["what"])
    if holder is None or at_work(holder, asked):
        return False
    return put_when(mine, "run = :run", holder["run"])


def at_work(holder, asked):
    # A stage takes one run at a time: who stands in it may take the lock from one of its own pipeline that waits outside.
    if asked["do"] == "enter" and holder["codepipeline"] == asked["codepipeline"]:
        return False
    try:
        return execution(holder["codepipeline"], holder["run"])["status"] in ("InProgress", "Stopping")
    except codepipeline.exceptions.PipelineNotFoundException:
        return False
    except codepipeline.exceptions.PipelineExecutionNotFoundException:
        return False


def give(asked):
    try:
        table.delete_item(
            Key={"place": asked["environment"], "what": "lock"},
            ConditionExpression="run = :run",
            ExpressionAttributeValues={":run": asked["run"]},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def put_when(item, condition, run):
    try:
        table.put_item(Item=item, ConditionExpression=condition, ExpressionAttributeValues={":run": run})
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False


# The table


def deployed(environment, pipeline):
    return find(environment, f"deployed/{pipeline}")


def find(place, what):
    return table.get_item(Key={"place": place, "what": what}, ConsistentRead=True).get("Item")


def query(place):
    found, more = [], {}
    while True:
        page = table.query(
            KeyConditionExpression="place = :place",
            ExpressionAttributeValues={":place": place},
            ConsistentRead=True,
            **more,
        )
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


# The sources


class Release:
    """The sources of a run, read when they are asked for."""

    def __init__(self, job, asked):
        self.job = job
        self.files = None
        self.digests = {}

    def digest(self, pipeline):
        """Of the files that belong to a pipeline, and of what it needs."""
        if pipeline not in self.digests:
            one = PLAN["pipelines"][pipeline]
            whole = hashlib.sha256(pipeline.encode())
            for path, content in self.read():
                if belongs(path, one["paths"]):
                    whole.update(f"\\0{path}\\0{content}".encode())
            for need in one["needs"]:
                whole.update(f"\\0needs\\0{self.digest(need)}".encode())
            self.digests[pipeline] = whole.hexdigest()
        return self.digests[pipeline]

    def read(self):
        """Path below the definition and digest of each file, by path."""
        if self.files is None:
            place = self.job["data"]["inputArtifacts"][0]["location"]["s3Location"]
            archive = s3.get_object(Bucket=place["bucketName"], Key=place["objectKey"])["Body"].read()
            self.files = []
            with zipfile.ZipFile(io.BytesIO(archive)) as source:
                for path in sorted(name for name in source.namelist() if not name.endswith("/")):
                    if path.startswith(PLAN["root"]):
                        content = hashlib.sha256(source.read(path)).hexdigest()
                        self.files.append((path[len(PLAN["root"]) :], content))
        return self.files


def belongs(path, patterns):
    """The last pattern that matches decides; without patterns everything belongs."""
    for includes, pattern in reversed(patterns):
        if re.search(pattern, path, re.DOTALL):
            return includes == "with"
    return not patterns
`;
