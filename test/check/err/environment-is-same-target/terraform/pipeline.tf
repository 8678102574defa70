variable "connection" {
  type = string
}

locals {
  functions = {
    staging    = "shop-api"
    production = "shop-api"
  }
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
    name = "Staging"

    action {
      name            = "Api"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      input_artifacts = ["source"]
      configuration = {
        FunctionName = local.functions.staging
      }
    }
  }

  stage {
    name = "Production"

    action {
      name            = "Api"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "Lambda"
      version         = "1"
      input_artifacts = ["source"]
      configuration = {
        FunctionName = local.functions["production"]
      }
    }
  }
}
