"""Runs a function of the generated files, for tests: `python3 function.py SOURCE [world]`. One event for each line.

Alone, it talks to the emulated AWS that the environment names. With `world`, tables and files are kept in this process,
and what the function asks CodePipeline goes to whoever gives the events: a line {"call", "arguments"}, answered by a line.
"""
import json
import os
import sys
import types

talks_to_world = sys.argv[2:] == ["world"]


class NotFound(Exception):
    """What CodePipeline says of a run that it does not know."""


class World:
    exceptions = types.SimpleNamespace(
        PipelineNotFoundException=NotFound, PipelineExecutionNotFoundException=NotFound
    )

    def __getattr__(self, name):
        def call(**arguments):
            say({"call": name, "arguments": arguments})
            answer = json.loads(sys.stdin.readline())
            if answer is None:
                raise NotFound(name)
            return answer

        return call


def say(what):
    print("SAYS" + json.dumps(what, default=str), flush=True)


def main():
    if talks_to_world:
        import boto3
        from moto import mock_aws

        mock_aws().start()
        dynamodb = boto3.client("dynamodb")
        s3 = boto3.client("s3")
    with open(sys.argv[1]) as file:
        source = file.read()
    function = {}
    if not talks_to_world:
        exec(compile(source, "index.py", "exec"), function)
    for line in sys.stdin:
        asked = json.loads(line)
        if "begin" in asked:
            # A new world: an empty table, and the sources of each commit.
            dynamodb.create_table(
                TableName=asked["begin"],
                KeySchema=[{"AttributeName": "place", "KeyType": "HASH"}, {"AttributeName": "what", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("place", "what")],
                BillingMode="PAY_PER_REQUEST",
            )
            os.environ["TABLE"] = asked["begin"]
            function = {}
            exec(compile(source, "index.py", "exec"), function)
            function["codepipeline"] = World()
            function["print"] = lambda *words: None
            say({"begun": True})
        elif "sources" in asked:
            import io
            import zipfile

            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as file:
                for path, text in asked["sources"].items():
                    file.writestr(path, text)
            if not any(bucket["Name"] == "sources" for bucket in s3.list_buckets()["Buckets"]):
                s3.create_bucket(Bucket="sources", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
            s3.put_object(Bucket="sources", Key=asked["key"], Body=archive.getvalue())
            say({"kept": True})
        else:
            try:
                say({"result": function["handler"](asked["event"], None)})
            except Exception as error:
                say({"raised": str(error)})


main()
