variable "connection" {
  type = string
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
    name = "Deploy"

    action {
      name            = "Infrastructure"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      run_order       = 1
      input_artifacts = ["source"]
      configuration = {
        ProjectName = aws_codebuild_project.deploy["infra"].name
      }
    }

    action {
      name            = "Web"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      run_order       = 2
      input_artifacts = ["source"]
      configuration = {
        ProjectName = aws_codebuild_project.deploy["web"].name
      }
    }
  }
}
