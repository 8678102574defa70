resource "aws_codebuild_project" "deploy" {
  for_each     = toset(["infra", "web"])
  name         = "shop-${each.key}"
  service_role = "arn:aws:iam::111122223333:role/build"

  source {
    type      = "CODEPIPELINE"
    buildspec = file("${path.module}/${each.key}.yml")
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
