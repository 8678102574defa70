variable "connection" {
  type = string
}

locals {
  environments = ["staging", "production"]
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

  dynamic "stage" {
    for_each = local.environments
    iterator = environment

    content {
      name = "Deploy-${environment.value}"

      action {
        name            = "Upload"
        category        = "Deploy"
        owner           = "AWS"
        provider        = "S3"
        version         = "1"
        input_artifacts = ["source"]
        configuration = {
          BucketName = "shop-${environment.value}"
          Extract    = "true"
        }
      }
    }
  }
}
