terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# Nothing is asked of AWS: the plan is made of what is written.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variable "repository" {
  type    = string
  default = "acme/shop"
}

locals {
  name   = "shop"
  role   = "arn:aws:iam::111122223333:role/${local.name}"
  stacks = ["network", "api"]
}

resource "aws_s3_bucket" "artifacts" {
  bucket = "${local.name}-artifacts"
}

resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket                  = aws_s3_bucket.artifacts.bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = false
}

resource "aws_codebuild_project" "build" {
  for_each     = { web = "npm run build", api = "make api" }
  name         = "${local.name}-${each.key}"
  service_role = local.role

  source {
    type      = "CODEPIPELINE"
    buildspec = <<-EOT
      version: 0.2
      env:
        variables:
          TARGET: "${each.key}"
      phases:
        build:
          commands:
            - ${each.value}
            - aws s3 sync dist "s3://${local.name}-$${TARGET}"
    EOT
  }

  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    type         = "LINUX_CONTAINER"
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"

    dynamic "environment_variable" {
      for_each = { STAGE = "test", REGION = "eu-central-1" }

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "${local.name}-nightly"
  schedule_expression = "rate(1 day)"
}

resource "aws_cloudwatch_event_rule" "done" {
  name = "${local.name}-done"
  event_pattern = jsonencode({
    source      = ["aws.codepipeline"]
    detail-type = ["CodePipeline Pipeline Execution State Change"]
    detail      = { state = ["SUCCEEDED"], pipeline = ["base"] }
  })
}

resource "aws_cloudwatch_event_target" "done" {
  rule     = aws_cloudwatch_event_rule.done.name
  arn      = "arn:aws:codepipeline:eu-central-1:111122223333:${local.name}"
  role_arn = local.role
}

module "pipeline" {
  source     = "./modules/pipeline"
  name       = local.name
  role       = local.role
  bucket     = aws_s3_bucket.artifacts.bucket
  repository = var.repository
  stacks     = local.stacks
  projects   = { for key, project in aws_codebuild_project.build : key => project.name }
  approvers  = null
}
