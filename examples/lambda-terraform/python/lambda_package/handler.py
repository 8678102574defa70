"""Greets whoever calls, and says from where."""

import json
import os


def greeting(name: str) -> str:
    """A greeting for a name; an empty one is a stranger's."""
    return f"Hello, {name.strip() or 'stranger'}"


def lambda_handler(event, _context):
    """Entry point of AWS Lambda behind a function URL or API Gateway."""
    name = (event.get("queryStringParameters") or {}).get("name", "")
    body = {"message": greeting(name), "environment": os.environ.get("ENVIRONMENT", "local")}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
