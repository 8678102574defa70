variable "connection" {
  type = string
}

module "backend" {
  source     = "../modules/pipeline"
  name       = "backend"
  connection = var.connection
  commands   = ["aws cloudformation deploy --stack-name shop-api --template-file api.yml"]
}

module "web" {
  source     = "../modules/pipeline"
  name       = "web"
  connection = var.connection
  branch     = "release"
  commands = [
    "aws cloudformation describe-stacks --stack-name shop-api > outputs.json",
    "aws s3 sync web s3://shop-web",
  ]
}
