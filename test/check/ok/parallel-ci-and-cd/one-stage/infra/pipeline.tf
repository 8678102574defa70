resource "aws_codepipeline" "app" {
  name     = "app"
  role_arn = aws_iam_role.p.arn
  pipeline_type = "V2"
  execution_mode = "QUEUED"
  artifact_store {
    location = "artifacts"
    type     = "S3"
  }
  stage {
    name = "Source"
    action {
      name = "GitHub"
      category = "Source"
      owner = "AWS"
      provider = "CodeStarSourceConnection"
      version = "1"
      output_artifacts = ["src"]
      configuration = {
        ConnectionArn = "arn:aws:codestar-connections:eu-west-1:1:connection/x"
        FullRepositoryId = "example-org/app"
        BranchName = "main"
      }
    }
  }
  stage {
    name = "BuildAndDeploy"
    action {
      name = "UnitTests"
      category = "Test"
      owner = "AWS"
      provider = "CodeBuild"
      version = "1"
      input_artifacts = ["src"]
      run_order = 1
      configuration = { ProjectName = aws_codebuild_project.tests.name }
    }
    action {
      name = "Deploy"
      category = "Deploy"
      owner = "AWS"
      provider = "ECS"
      version = "1"
      input_artifacts = ["src"]
      run_order = 2
      configuration = { ClusterName = "prod", ServiceName = "web", FileName = "imagedefinitions.json" }
    }
  }
}
resource "aws_codebuild_project" "tests" {
  name = "app-tests"
  service_role = "x"
  artifacts { type = "CODEPIPELINE" }
  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image = "aws/codebuild/standard:7.0"
    type = "LINUX_CONTAINER"
  }
  source {
    type = "CODEPIPELINE"
    buildspec = file("${path.module}/tests.yml")
  }
}
