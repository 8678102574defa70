"""What users of emulated AWS get: functions are executed by Node, APIs call them, distributions serve their buckets.

`GET /emulator/visit/HOST/PATH` stands for `https://HOST/PATH`. An alias with weights answers with its main version.
"""
import io
import json
import os
import re
import subprocess
import tempfile
import zipfile

from moto.apigateway.models import apigateway_backends
from moto.awslambda.models import LambdaBackend, lambda_backends
from moto.cloudfront.models import CloudFrontBackend, cloudfront_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

here = os.path.dirname(os.path.abspath(__file__))
host = os.path.join(here, "run-function.mjs")
runtime_packages = {"@aws-sdk/client-dynamodb": os.path.join(here, "client-dynamodb.mjs")}
machines = {}


def machine_of(region, function):
    """A folder with the code where functions have it, and with what their layers and the runtime bring beside it."""
    arns = [layer["Arn"] for layer in function.layers]
    key = (function.code_sha_256, *arns)
    if key in machines:
        return machines[key]
    folder = tempfile.mkdtemp(prefix="emulated-function-")
    zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(os.path.join(folder, "task"))
    for arn in arns:
        content = lambda_backends[DEFAULT_ACCOUNT_ID][region].layers_versions_by_arn(arn).code_bytes
        zipfile.ZipFile(io.BytesIO(content)).extractall(os.path.join(folder, "opt"))
    modules = os.path.join(folder, "node_modules")
    brought = os.path.join(folder, "opt/nodejs/node_modules")
    os.makedirs(modules)
    for name in os.listdir(brought) if os.path.isdir(brought) else []:
        os.symlink(os.path.join(brought, name), os.path.join(modules, name))
    for name, file in runtime_packages.items():
        package = os.path.join(modules, name)
        os.makedirs(package)
        os.symlink(file, os.path.join(package, "index.mjs"))
        with open(os.path.join(package, "package.json"), "w", encoding="utf8") as described:
            json.dump({"name": name, "exports": "./index.mjs"}, described)
    machines[key] = folder
    return folder


def execute(region, function, event):
    """What the function answers, and whether it failed."""
    folder = machine_of(region, function)
    env = {
        "PATH": os.environ["PATH"],
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL": os.environ["EMULATOR_ENDPOINT"],
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
    }
    command = [os.environ.get("EMULATOR_NODE", "node"), host, os.path.join(folder, "task"), function.handler]
    run = subprocess.run(
        command, input=event, env=env | function.environment_vars, capture_output=True, text=True, timeout=30, check=False
    )
    if run.returncode == 0:
        return run.stdout.rsplit("\n", 1)[-1], False
    return json.dumps({"errorType": "Error", "errorMessage": run.stderr}), True


def invoke(self, function_name, qualifier, body, headers, response_headers):
    answer, failed = execute(self.region_name, self.get_function(function_name, qualifier), body or "{}")
    if failed:
        response_headers["x-amz-function-error"] = "Unhandled"
    return answer.encode()


LambdaBackend.invoke = invoke


def visit_api(api_id, region, request):
    backend = apigateway_backends[DEFAULT_ACCOUNT_ID][region]
    api = backend.apis.get(api_id)
    _, stage, path = ("/" + request["path"].lstrip("/")).split("/", 2) if "/" in request["path"].strip("/") else ("", "", "")
    if api is None or stage not in api.stages:
        return 403, "application/json", b'{"message":"Forbidden"}'
    resource = api.get_resource_for_path(f"/{path}")
    method = resource and resource.resource_methods.get(request["method"])
    if not method:
        return 403, "application/json", b'{"message":"Missing Authentication Token"}'
    arn = re.search(r"functions/(.+)/invocations$", method.method_integration.uri).group(1)
    event = {"httpMethod": request["method"], "path": f"/{path}", "body": request["body"] or None}
    answer, failed = execute(region, lambda_backends[DEFAULT_ACCOUNT_ID][region].get_function(arn), json.dumps(event))
    if failed:
        return 502, "application/json", answer.encode()
    parsed = json.loads(answer)
    return parsed["statusCode"], parsed["headers"]["content-type"], parsed["body"].encode()


served = {}


def allows(bucket, distribution):
    statements = json.loads(bucket.policy or "{}").get("Statement", [])
    return any(
        one["Effect"] == "Allow"
        and one["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        and one["Condition"] == {"StringEquals": {"AWS:SourceArn": distribution.arn.replace(":cloudfront:", ":cloudfront::")}}
        for one in statements
    )


def fetch(distribution, path):
    config = distribution.distribution_config
    origin = config.Origins["Items"][0]
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    bucket = backend.buckets[origin.domain_name.split(".")[0]]
    key = backend.get_object(bucket.name, path.lstrip("/")) if origin.origin_access_control_id and allows(bucket, distribution) else None
    # Who may not list a bucket is not told what it lacks.
    return (200, key.metadata.get("Content-Type", "binary/octet-stream"), key.value) if key else (403, "application/xml", b"AccessDenied")


def visit_site(domain, request):
    known = cloudfront_backends[DEFAULT_ACCOUNT_ID]["aws"].distributions.values()
    distribution = next((one for one in known if one.domain_name == domain), None)
    if distribution is None:
        return 421, "text/plain", b"no such distribution"
    config = distribution.distribution_config
    path = request["path"] if request["path"] != "/" else f"/{config.DefaultRootObject}"
    if (distribution.id, path) not in served:
        answer = fetch(distribution, path)
        for page in config.CustomErrorResponses.get("Items", []):
            if answer[0] == page["ErrorCode"]:
                _, kind, content = fetch(distribution, page["ResponsePagePath"])
                answer = (page["ResponseCode"], kind, content)
        served[(distribution.id, path)] = answer
    return served[(distribution.id, path)]


plain_invalidation = CloudFrontBackend.create_invalidation


def create_invalidation(self, dist_id, paths, caller_ref):
    made = plain_invalidation(self, dist_id, paths, caller_ref)
    made.status = "Completed"
    for key in [key for key in served if key[0] == dist_id]:
        del served[key]
    return made


CloudFrontBackend.create_invalidation = create_invalidation


def visit(environ, start_response):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    _, _, _, name, path = environ["PATH_INFO"].split("/", 4)
    request = {"method": environ["REQUEST_METHOD"], "path": f"/{path}", "body": environ["wsgi.input"].read(size).decode()}
    api = re.fullmatch(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com", name)
    status, kind, content = visit_api(api.group(1), api.group(2), request) if api else visit_site(name, request)
    start_response(f"{status} .", [("Content-Type", kind)])
    return [content]
