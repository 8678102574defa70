"""Holds pipelines of CloudFormation templates (JSON on stdin) against the AWS service model that botocore brings."""
import json
import sys

import botocore.session
from botocore.validate import ParamValidator

model = botocore.session.get_session().get_service_model("codepipeline")
shape = model.operation_model("CreatePipeline").input_shape
verbatim = {"Configuration"}


def lower_first(value, key=None):
    if isinstance(value, list):
        return [lower_first(one) for one in value]
    if not isinstance(value, dict) or set(value) & {"Ref", "Sub", "GetAtt"}:
        return "arn:aws:iam::123456789012:role/any" if isinstance(value, dict) else value
    if key in verbatim:
        return {name: one if isinstance(one, str) else "any" for name, one in value.items()}
    return {name[0].lower() + name[1:]: lower_first(one, name) for name, one in value.items()}


def enums(value, at):
    """What botocore leaves to the service: the words that are allowed."""
    if at.type_name == "structure":
        for name, one in value.items():
            enums(one, at.members[name])
    elif at.type_name == "list":
        for one in value:
            enums(one, at.member)
    elif at.type_name == "string" and at.enum and value not in at.enum:
        raise SystemExit(f"{value} is none of {at.enum}")


pipelines = json.load(sys.stdin)
for properties in pipelines:
    properties.pop("Tags")
    # A list in a template, and by region in the service.
    if "ArtifactStores" in properties:
        stores = properties.pop("ArtifactStores")
        properties["artifactStores"] = {store["Region"]: store["ArtifactStore"] for store in stores}
    pipeline = lower_first(properties)
    request = {"pipeline": pipeline}
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise SystemExit(report.generate_report())
    enums(request, shape)
print(f"valid {len(pipelines)}")
