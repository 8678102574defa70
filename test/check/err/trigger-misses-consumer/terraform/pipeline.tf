variable "connection" {
  type = string
}

variable "paths" {
  type    = list(string)
  default = ["networks/**"]
}

resource "aws_codepipeline" "network" {
  name           = "network"
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
          includes = ["main"]
        }

        file_paths {
          includes = var.paths
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
        BranchName       = "main"
      }
    }
  }

  stage {
    name = "Deploy"

    action {
      name            = "Network"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "CloudFormation"
      version         = "1"
      input_artifacts = ["source"]
      configuration = {
        ActionMode   = "CREATE_UPDATE"
        StackName    = "network"
        TemplatePath = "source::network/stack.yml"
      }
    }
  }
}
