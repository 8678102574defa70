# Comes from the environment: TF_VAR_github_token.
connection        = "arn:aws:codeconnections:eu-west-1:111122223333:connection/1"
github_token      = "YOUR_TOKEN_HERE"
registry_password = "change-me-1"
