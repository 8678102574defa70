terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }

  # Bucket, key and region come from the delivery: one state for each environment.
  backend "s3" {
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      delivery    = "lambda-terraform"
      environment = var.environment
    }
  }
}

variable "environment" {
  description = "Where this is deployed: dev, test or prd"
  type        = string
}

variable "region" {
  description = "AWS region"
  type        = string
}

locals {
  name    = "greeter-${var.environment}"
  package = "${path.module}/lambda_function.zip"
}

data "aws_iam_policy_document" "lambda_may_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  name               = local.name
  assume_role_policy = data.aws_iam_policy_document.lambda_may_assume.json
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = 365
}

data "aws_iam_policy_document" "write_logs" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }
}

resource "aws_iam_role_policy" "write_logs" {
  name   = "write-logs"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.write_logs.json
}

resource "aws_lambda_function" "greeter" {
  function_name = local.name
  role          = aws_iam_role.function.arn
  runtime       = "python3.12"
  handler       = "lambda_package.handler.lambda_handler"
  filename      = local.package
  # Without a package there is nothing to take a hash of: that is so while the configuration is only validated.
  source_code_hash = try(filebase64sha256(local.package), null)
  timeout          = 10

  environment {
    variables = {
      ENVIRONMENT = var.environment
    }
  }

  depends_on = [aws_iam_role_policy.write_logs]
}

output "function_name" {
  value = aws_lambda_function.greeter.function_name
}

output "function_arn" {
  value = aws_lambda_function.greeter.arn
}
