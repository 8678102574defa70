variable "name" {
  type = string
}

variable "connection" {
  type = string
}

variable "branch" {
  type    = string
  default = "main"
}

variable "commands" {
  type = list(string)
}

resource "aws_codebuild_project" "work" {
  name         = "${var.name}-work"
  service_role = "arn:aws:iam::111122223333:role/build"

  source {
    type = "CODEPIPELINE"
    buildspec = yamlencode({
      version = 0.2
      phases = {
        build = {
          commands = var.commands
        }
      }
    })
  }

  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    type         = "LINUX_CONTAINER"
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"
  }
}

resource "aws_codepipeline" "this" {
  name           = var.name
  role_arn       = "arn:aws:iam::111122223333:role/delivery"
  pipeline_type  = "V2"
  execution_mode = "QUEUED"

  artifact_store {
    type     = "S3"
    location = "delivery-artifacts"
  }

  trigger {
    provider_type = "CodeStarSourceConnection"

    git_configuration {
      source_action_name = "Source"

      push {
        branches {
          includes = [var.branch]
        }
      }
    }
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
        BranchName       = var.branch
      }
    }
  }

  stage {
    name = "Deploy"

    action {
      name            = "Work"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]
      configuration = {
        ProjectName = aws_codebuild_project.work.name
      }
    }
  }
}
