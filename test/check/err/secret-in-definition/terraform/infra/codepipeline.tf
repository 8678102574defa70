variable "connection" {
  type = string
}

variable "github_token" {
  type      = string
  sensitive = true
}

variable "registry_password" {
  type    = string
  default = "s3cr3t-Of-2024"
}

locals {
  npm_token = "npm_q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8"
}

resource "aws_codebuild_project" "web" {
  name         = "shop-web"
  service_role = "arn:aws:iam::111122223333:role/build"

  source {
    type      = "CODEPIPELINE"
    buildspec = "web.yml"
  }

  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    type         = "LINUX_CONTAINER"
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"

    environment_variable {
      name  = "NPM_TOKEN"
      value = local.npm_token
    }

    environment_variable {
      name  = "REGISTRY_PASSWORD"
      type  = "PARAMETER_STORE"
      value = "/shop/registry/password1"
    }
  }
}

resource "aws_ssm_parameter" "github" {
  name  = "/shop/github/token"
  type  = "SecureString"
  value = var.github_token
}

resource "aws_codepipeline" "shop" {
  name           = "shop"
  role_arn       = "arn:aws:iam::111122223333:role/delivery"
  pipeline_type  = "V2"
  execution_mode = "QUEUED"

  artifact_store {
    type     = "S3"
    location = "delivery-artifacts"
  }

  stage {
    name = "Source"

    action {
      name             = "Source"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]
      configuration = {
        ConnectionArn    = var.connection
        FullRepositoryId = "acme/shop"
        BranchName       = "main"
      }
    }
  }

  stage {
    name = "Build"

    action {
      name            = "Web"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]
      configuration = {
        ProjectName = aws_codebuild_project.web.name
      }
    }
  }
}
