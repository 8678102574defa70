variable "stages" {
  type = list(any)
}

resource "aws_codepipeline" "any" {
  name           = "any"
  role_arn       = "arn:aws:iam::111122223333:role/delivery"
  pipeline_type  = "V2"
  execution_mode = "QUEUED"

  artifact_store {
    type     = "S3"
    location = "delivery-artifacts"
  }

  dynamic "stage" {
    for_each = var.stages

    content {
      name = stage.value.name
    }
  }

  stage {
    name = "Deploy"

    action {
      name            = "Upload"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "S3"
      version         = "1"
      input_artifacts = ["whatever"]
      configuration   = { BucketName = "any", Extract = "true" }
    }
  }
}
