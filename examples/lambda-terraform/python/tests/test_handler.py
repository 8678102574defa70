"""What the function answers."""

import json

from lambda_package.handler import greeting, lambda_handler


def test_greets_by_name():
    assert greeting(" Ada ") == "Hello, Ada"


def test_greets_strangers():
    assert greeting("") == "Hello, stranger"


def test_answers_with_json(monkeypatch):
    monkeypatch.setenv("ENVIRONMENT", "test")
    answer = lambda_handler({"queryStringParameters": {"name": "Ada"}}, None)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"message": "Hello, Ada", "environment": "test"}


def test_answers_without_parameters():
    assert json.loads(lambda_handler({}, None)["body"])["message"] == "Hello, stranger"
