"""What the stacks of a web shop consist of, where moto's CloudFormation lacks it or makes it other than AWS does.

Added: distributions and their access to buckets, stages of APIs, versions and privacy of buckets. Repaired: layers and the
layers of functions, methods of APIs that call nothing, functions whose code stays as it is while the template says the
same, stacks that are deployed through change sets, and parameters of theirs that Parameter Store has.
"""
import base64
import json

from moto.apigateway.models import Deployment, Method, apigateway_backends
from moto.awslambda.models import LambdaFunction, LayerVersion, lambda_backends
from moto.cloudformation import parsing
from moto.cloudformation import responses as cloudformation_responses
from moto.cloudformation.models import ChangeSet, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.exceptions import ValidationError
from moto.cloudfront.models import Origin, cloudfront_backends
from moto.core.common_models import CloudFormationModel
from moto.s3.models import FakeBucket, s3_backends
from moto.ssm.models import ssm_backends


class Made:
    """A resource by its id, with what moto asks of its own. `make` makes it, or changes the one that has the id."""

    kind = ""

    def __init__(self, physical_id, attributes=None):
        self.physical_resource_id = physical_id
        self.attributes = attributes or {}

    @classmethod
    def cloudformation_type(cls):
        return cls.kind

    @staticmethod
    def cloudformation_name_type():
        return ""

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, attribute_name):
        return self.attributes[attribute_name]

    def is_created(self):
        return True

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        return cls.make(cloudformation_json["Properties"], account_id, region_name, None)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return cls.make(cloudformation_json["Properties"], account_id, region_name, original_resource.physical_resource_id)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        pass


plain_bucket = FakeBucket.create_from_cloudformation_json


def bucket(cls, resource_name, cloudformation_json, account_id, region_name, **_):
    made = plain_bucket(resource_name, cloudformation_json, account_id, region_name)
    properties = cloudformation_json["Properties"]
    backend = s3_backends[account_id]["aws"]
    if "VersioningConfiguration" in properties:
        backend.put_bucket_versioning(resource_name, properties["VersioningConfiguration"]["Status"])
    if "PublicAccessBlockConfiguration" in properties:
        blocked = {key: str(value).lower() for key, value in properties["PublicAccessBlockConfiguration"].items()}
        backend.put_public_access_block(resource_name, blocked)
    return made


FakeBucket.create_from_cloudformation_json = classmethod(bucket)


class Access(Made):
    kind = "AWS::CloudFront::OriginAccessControl"

    @classmethod
    def make(cls, properties, account, region, known):
        config = properties["OriginAccessControlConfig"]
        backend = cloudfront_backends[account]["aws"]
        if known:
            backend.update_origin_access_control(known, config)
        return cls(known or backend.create_origin_access_control(config).id)


plain_origin = Origin.__init__


def origin_with_access(self, origin):
    plain_origin(self, origin)
    self.origin_access_control_id = origin.get("OriginAccessControlId", "")


Origin.__init__ = origin_with_access


def in_api_form(config):
    """CloudFormation has lists where the API has counted items, and other names for a few things."""
    renamed = {"IPV6Enabled": "IsIPV6Enabled", "AcmCertificateArn": "ACMCertificateArn", "SslSupportMethod": "SSLSupportMethod"}

    def turned(value):
        if isinstance(value, list):
            return {"Quantity": len(value), "Items": [turned(one) for one in value]}
        if isinstance(value, dict):
            return {renamed.get(key, key): turned(one) for key, one in value.items()}
        return value

    return turned(config) | {"CallerReference": config.get("Comment", "none")}


class SiteDistribution(Made):
    kind = "AWS::CloudFront::Distribution"

    @classmethod
    def make(cls, properties, account, region, known):
        config = in_api_form(properties["DistributionConfig"])
        backend = cloudfront_backends[account]["aws"]
        if known:
            distribution, _, _ = backend.update_distribution(config, known, backend.distributions[known].etag)
        else:
            distribution, _, _ = backend.create_distribution(config, [])
        return cls(distribution.id, {"Id": distribution.id, "DomainName": distribution.domain_name})


class ApiStage(Made):
    kind = "AWS::ApiGateway::Stage"

    @classmethod
    def make(cls, properties, account, region, known):
        api, name = properties["RestApiId"], properties["StageName"]
        backend = apigateway_backends[account][region]
        if known:
            backend.get_stage(api, name).deployment_id = properties["DeploymentId"]
        else:
            backend.create_stage(api, name, properties["DeploymentId"])
        return cls(name)


Deployment.physical_resource_id = property(lambda self: self.id)


def method(cls, resource_name, cloudformation_json, account_id, region_name, **_):
    properties = cloudformation_json["Properties"]
    place = {
        "function_id": properties["RestApiId"],
        "resource_id": properties["ResourceId"],
        "method_type": properties["HttpMethod"],
    }
    backend = apigateway_backends[account_id][region_name]
    made = backend.put_method(**place, authorization_type=properties["AuthorizationType"])
    integration = properties["Integration"]
    backend.put_integration(
        **place,
        integration_type=integration["Type"],
        uri=integration.get("Uri"),
        integration_method=integration.get("IntegrationHttpMethod", "POST"),
        request_templates=integration.get("RequestTemplates"),
    )
    return made


Method.create_from_cloudformation_json = classmethod(method)


def layer(cls, resource_name, cloudformation_json, account_id, region_name, **_):
    properties = cloudformation_json["Properties"]
    made = lambda_backends[account_id][region_name].publish_layer_version(properties | {"LayerName": resource_name})
    made.written = properties
    return made


def changed_layer(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    """Versions of a layer are never changed: another content is another version."""
    if original_resource.written == cloudformation_json["Properties"]:
        return original_resource
    return layer(cls, new_resource_name, cloudformation_json, account_id, region_name)


LayerVersion.cloudformation_name_type = staticmethod(lambda: "LayerName")
LayerVersion.physical_resource_id = property(lambda self: self.arn)
LayerVersion.create_from_cloudformation_json = classmethod(layer)
LayerVersion.update_from_cloudformation_json = classmethod(changed_layer)

settings_of_functions = ("Description", "Handler", "MemorySize", "Role", "Runtime", "Timeout", "Environment", "Layers")


def code_of(written):
    if "ZipFile" not in written:
        return written
    packed = LambdaFunction._create_zipfile_from_plaintext_code(written["ZipFile"])
    return written | {"ZipFile": base64.b64encode(packed)}


def function(cls, resource_name, cloudformation_json, account_id, region_name, **_):
    properties = cloudformation_json["Properties"]
    made = lambda_backends[account_id][region_name].create_function(
        properties
        | {
            "FunctionName": resource_name,
            "Code": code_of(properties["Code"]),
            "Tags": {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])},
        }
    )
    made.written = properties
    return made


def changed_function(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    """What both templates say is left alone, whatever somebody else has made of it."""
    properties = cloudformation_json["Properties"]
    before = original_resource.written
    changed = {key: properties.get(key) for key in settings_of_functions if properties.get(key) != before.get(key)}
    if changed:
        original_resource.update_configuration(changed)
    if properties["Code"] != before["Code"]:
        original_resource.update_function_code(code_of(properties["Code"]))
    original_resource.written = properties
    return original_resource


LambdaFunction.create_from_cloudformation_json = classmethod(function)
LambdaFunction.update_from_cloudformation_json = classmethod(changed_function)

parsing.get_model_list = lambda: [*CloudFormationModel.__subclasses__(), *Made.__subclasses__()]
parsing.get_model_map.cache_clear()
parsing.get_name_type_map.cache_clear()


def apply(self):
    stack = self.stack
    stack.template = self.template
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    stack.resource_map.update(stack.template_dict, self.parameters)
    stack.parameters = self.parameters
    stack.output_map = stack._create_output_map()


ChangeSet.apply = apply


def from_parameter_store(self, value, value_type):
    parameter = ssm_backends[self._account_id][self._region_name].get_parameter(value)
    if parameter is not None:
        return parameter.value.split(",") if "List" in value_type else parameter.value
    # Of a stack that is changed moto hands on what was found under the name, and not the name.
    if not value.startswith("/"):
        return value
    raise ValidationError(message=f"Unable to fetch parameters [{value}] from parameter store for this account.")


parsing.ResourceMap.parse_ssm_parameter = from_parameter_store

plain_validation = CloudFormationResponse._validate_different_update


def validation(self, *args):
    """A change set without changes is one that has failed, and who asked for it looks at why."""
    if self._get_action() != "CreateChangeSet":
        plain_validation(self, *args)


CloudFormationResponse._validate_different_update = validation

plain_summary = cloudformation_responses.get_template_summary_response_from_template


def summary(body):
    """CDK's templates say nothing of the version of their form, and need not."""
    return plain_summary(json.dumps({"AWSTemplateFormatVersion": "2010-09-09"} | Stack.parse_template(body)))


cloudformation_responses.get_template_summary_response_from_template = summary

plain_diff = parsing.ResourceMap.build_resource_diff


def diff_in_order(self, other_template, parameters=None):
    """What is added comes after what it depends on; a function changes with the layers that it names."""
    found = plain_diff(self, other_template, parameters)
    resources = other_template["Resources"]
    added = []

    def add(name):
        if name in added or name not in found["Add"]:
            return
        before = resources[name].get("DependsOn", [])
        for one in [before] if isinstance(before, str) else before:
            add(one)
        added.append(name)

    for name in found["Add"]:
        add(name)
    found["Add"] = added
    for name, resource in resources.items():
        names = parsing.get_references_from_template(resource) if resource["Type"] == "AWS::Lambda::Function" else []
        if name in self._resource_json_map and name not in found["Modify"] and set(names) & set(found["Modify"]):
            found["Modify"].append(name)
    return found


parsing.ResourceMap.build_resource_diff = diff_in_order
