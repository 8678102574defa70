connection   = "arn:aws:codeconnections:eu-west-1:111122223333:connection/1"
github_token = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"

services = {
  mail = {
    api_key = "k3y-0f-the-mail-service"
  }
}
