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
}

variable "environment" {
  description = "Where this is deployed"
  type        = string
}

variable "region" {
  description = "AWS region"
  type        = string
}

locals {
  name = "infra-web-${var.environment}"
}

output "site_bucket" {
  value = aws_s3_bucket.site.bucket
}

output "distribution_id" {
  value = aws_cloudfront_distribution.site.id
}

output "function_name" {
  value = aws_lambda_function.items.function_name
}

output "api_url" {
  value = aws_apigatewayv2_api.items.api_endpoint
}
