variable "name" {
  type = string
}

variable "role" {
  type = string
}

variable "bucket" {
  type = string
}

variable "repository" {
  type = string
}

variable "stacks" {
  type = list(string)
}

variable "projects" {
  type = map(string)
}

variable "approvers" {
  type    = object({ topic = string, stage = optional(string, "Approve") })
  default = null
}

resource "aws_codepipeline" "this" {
  name           = var.name
  role_arn       = var.role
  pipeline_type  = "V2"
  execution_mode = length(var.stacks) > 1 ? "QUEUED" : "SUPERSEDED"

  artifact_store {
    type     = "S3"
    location = var.bucket
  }

  trigger {
    provider_type = "CodeStarSourceConnection"

    git_configuration {
      source_action_name = "Checkout"

      push {
        branches {
          includes = ["main"]
          excludes = ["wip/*"]
        }

        file_paths {
          includes = [for stack in var.stacks : "${stack}/**"]
        }
      }

      pull_request {
        events = ["OPEN", "UPDATED"]

        branches {
          includes = ["main"]
        }
      }
    }
  }

  variable {
    name          = "LEVEL"
    default_value = "info"
  }

  stage {
    name = "Source"

    action {
      name             = "Checkout"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      namespace        = "Source"
      output_artifacts = ["source"]
      configuration = {
        ConnectionArn    = "arn:aws:codeconnections:eu-central-1:111122223333:connection/1"
        FullRepositoryId = var.repository
        BranchName       = "main"
      }
    }
  }

  stage {
    name = "Build"

    dynamic "action" {
      for_each = var.projects

      content {
        name             = "Build-${action.key}"
        category         = "Build"
        owner            = "AWS"
        provider         = "CodeBuild"
        version          = "1"
        run_order        = 1
        input_artifacts  = ["source"]
        output_artifacts = ["built_${action.key}"]
        configuration = {
          ProjectName = action.value
          EnvironmentVariables = jsonencode([
            { name = "COMMIT", value = "#{Source.CommitId}", type = "PLAINTEXT" },
          ])
        }
      }
    }
  }

  dynamic "stage" {
    for_each = var.approvers == null ? [] : [var.approvers]

    content {
      name = stage.value.stage

      action {
        name     = "Approve"
        category = "Approval"
        owner    = "AWS"
        provider = "Manual"
        version  = "1"
      }
    }
  }

  dynamic "stage" {
    for_each = var.stacks
    iterator = each_stack

    content {
      name = title(each_stack.value)

      action {
        name            = "Deploy"
        category        = "Deploy"
        owner           = "AWS"
        provider        = "CloudFormation"
        version         = "1"
        run_order       = each_stack.key + 1
        input_artifacts = ["built_api"]
        configuration = merge(
          {
            ActionMode   = "CREATE_UPDATE"
            StackName    = join("-", [var.name, each_stack.value])
            TemplatePath = "built_api::${each_stack.value}.yml"
          },
          each_stack.value == "api" ? { Capabilities = "CAPABILITY_IAM" } : {},
        )
      }

      on_failure {
        result = "ROLLBACK"
      }
    }
  }
}
