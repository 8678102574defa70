"""Kinds of resources that moto's CloudFormation passes over in silence, and that the stacks of pipelines consist of.

Each is made by the service's own backend, so that the service tells of it as of one that was made by its API.
"""
import json

from moto.cloudwatch.models import cloudwatch_backends
from moto.codebuild.models import codebuild_backends
from moto.codepipeline.models import codepipeline_backends
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends


def as_in_the_api(value):
    """CloudFormation writes names with a capital where the APIs have none. What is in `Configuration` is the action's own."""
    if isinstance(value, list):
        return [as_in_the_api(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key[0].lower() + key[1:]: inner if key == "Configuration" else as_in_the_api(inner) for key, inner in value.items()
    }


def tags_of(properties):
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags", [])]


def make_project(name, properties, account, region):
    source = as_in_the_api(properties["Source"])
    if "buildSpec" in source:
        source["buildspec"] = source.pop("buildSpec")
    made = codebuild_backends[account][region].create_project(
        project_name=name,
        description=properties.get("Description"),
        project_source=source,
        artifacts=as_in_the_api(properties["Artifacts"]),
        environment=as_in_the_api(properties["Environment"]),
        service_role=properties["ServiceRole"],
        tags=tags_of(properties),
        cache=as_in_the_api(properties.get("Cache")),
        timeout=properties.get("TimeoutInMinutes"),
        queued_timeout=None,
        source_version=None,
        logs_config=as_in_the_api(properties.get("LogsConfig")),
        vpc_config=None,
    )
    return name, {"Arn": made["arn"]}


def make_pipeline(name, properties, account, region):
    asked = as_in_the_api({key: value for key, value in properties.items() if key != "Tags"})
    codepipeline_backends[account][region].create_pipeline(asked | {"name": name}, tags_of(properties))
    return name, {"Version": "1"}


def make_bucket_policy(_name, properties, account, _region):
    bucket = properties["Bucket"]
    s3_backends[account]["aws"].put_bucket_policy(bucket, json.dumps(properties["PolicyDocument"]).encode())
    return bucket, {}


def make_topic_policy(name, properties, account, region):
    for topic in properties["Topics"]:
        sns_backends[account][region].set_topic_attribute(topic, "_policy_json", properties["PolicyDocument"])
    return name, {}


def make_subscription(_name, properties, account, region):
    made = sns_backends[account][region].subscribe(properties["TopicArn"], properties["Endpoint"], properties["Protocol"])
    return made.arn, {}


def make_alarm(name, properties, account, region):
    made = cloudwatch_backends[account][region].put_metric_alarm(
        name=name,
        namespace=properties["Namespace"],
        metric_name=properties["MetricName"],
        comparison_operator=properties["ComparisonOperator"],
        evaluation_periods=int(properties["EvaluationPeriods"]),
        period=int(properties["Period"]),
        threshold=float(properties["Threshold"]),
        statistic=properties.get("Statistic"),
        extended_statistic=properties.get("ExtendedStatistic"),
        description=properties.get("AlarmDescription"),
        dimensions=[{"Name": one["Name"], "Value": one["Value"]} for one in properties.get("Dimensions", [])],
        alarm_actions=properties.get("AlarmActions", []),
        treat_missing_data=properties.get("TreatMissingData"),
    )
    return name, {"Arn": made.alarm_arn}


MADE_BY = {
    "AWS::CodeBuild::Project": ("Name", make_project),
    "AWS::CodePipeline::Pipeline": ("Name", make_pipeline),
    "AWS::S3::BucketPolicy": ("", make_bucket_policy),
    "AWS::SNS::TopicPolicy": ("", make_topic_policy),
    "AWS::SNS::Subscription": ("", make_subscription),
    "AWS::CloudWatch::Alarm": ("AlarmName", make_alarm),
}


def kind(kind_name, name_property, make):
    class Resource(CloudFormationModel):
        # moto takes the service's name from it.
        __module__ = "moto.stacks.resources"

        def __init__(self, identifier, attributes):
            self.physical_resource_id = identifier
            self.attributes = attributes

        @staticmethod
        def cloudformation_name_type():
            return name_property

        @staticmethod
        def cloudformation_type():
            return kind_name

        @classmethod
        def has_cfn_attr(cls, attr):
            return attr in ("Arn", "Version")

        @classmethod
        def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
            return cls(*make(resource_name, cloudformation_json["Properties"], account_id, region_name))

        def get_cfn_attribute(self, name):
            return self.attributes[name]

        def delete(self, account_id, region_name):
            if kind_name == "AWS::CodePipeline::Pipeline":
                codepipeline_backends[account_id][region_name].delete_pipeline(self.physical_resource_id)

    return Resource


# moto looks for the kinds among the subclasses, which are forgotten when nobody holds them.
KINDS = [kind(name, name_property, make) for name, (name_property, make) in MADE_BY.items()]
