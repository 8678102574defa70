variable "connection" {
  type = string
}

locals {
  deployments = [
    { name = "test", artifact = "built" },
    { name = "prod", artifact = "bulit" },
  ]
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
      name             = "Build"
      category         = "Build"
      owner            = "AWS"
      provider         = "CodeBuild"
      version          = "1"
      input_artifacts  = ["source"]
      output_artifacts = ["built"]
      configuration = {
        ProjectName = "shop-build"
      }
    }
  }

  dynamic "stage" {
    for_each = local.deployments

    content {
      name = title(stage.value.name)

      action {
        name            = "Upload"
        category        = "Deploy"
        owner           = "AWS"
        provider        = "S3"
        version         = "1"
        input_artifacts = [stage.value.artifact]
        configuration = {
          BucketName = "shop-${stage.value.name}"
          Extract    = "true"
        }
      }
    }
  }
}
