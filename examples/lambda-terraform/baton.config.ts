import { context, delivery, env, matrix, pipeline, secret, sh, text, variable } from "baton-cd";

/** A fresh machine has no Python of the wanted version; locally it is only looked at. */
const setUpPython = (version: string | ReturnType<typeof matrix>) => ({
  name: "Set up Python",
  run: "python3 --version",
  action: { kind: "python.setup", inputs: { version, requirements: "python/requirements-dev.txt" } },
});

const installTools = sh("python3 -m pip install --quiet --requirement requirements-dev.txt", {
  name: "Install the development tools",
});

/** What people read on the page of the run; elsewhere nobody does. */
const summarise = (line: string) =>
  sh(`echo "${line}" >> "\${GITHUB_STEP_SUMMARY:-/dev/null}"`, {
    name: "Summarise",
    env: { WHERE: context("environment") },
  });

const python = pipeline("python", {
  description: "Checks and packages the function",
  paths: ["python/**"],
  workingDirectory: "python",
  jobs: {
    // The three checks advise: the package is built whatever they say.
    lint: {
      continueOnFailure: true,
      steps: [
        setUpPython("3.12"),
        installTools,
        sh("python3 -m flake8 --max-line-length 120 lambda_package tests", { name: "Flake8" }),
      ],
    },
    security: {
      continueOnFailure: true,
      steps: [
        setUpPython("3.12"),
        installTools,
        sh("python3 -m bandit --quiet --recursive lambda_package", { name: "Bandit" }),
      ],
    },
    tests: {
      continueOnFailure: true,
      matrix: { values: { python: ["3.10", "3.11", "3.12"] }, failFast: false },
      steps: [setUpPython(matrix("python")), installTools, sh("python3 -m pytest --quiet tests", { name: "pytest" })],
    },
    package: {
      tools: [{ name: "python3" }],
      steps: [
        sh({ name: "Build the package" })`
          rm -rf build
          mkdir -p build
          if [ -s requirements.txt ]; then python3 -m pip install --quiet --requirement requirements.txt --target build; fi
          cp -R lambda_package build/
          find build -name __pycache__ -type d -prune -exec rm -rf {} +
          find build -exec touch -d 1980-01-01 {} +
          (cd build && python3 -m zipfile -c ../lambda_function.zip ./*)
        `,
        summarise("Packaged the function for $WHERE"),
      ],
      artifacts: { "lambda-package": "lambda_function.zip" },
    },
  },
});

/** Where the state is kept: one bucket for each account, one key for each environment. */
const state = {
  bucket: variable("state_bucket"),
  key: text`lambda-terraform/${context("environment")}.tfstate`,
  region: variable("region"),
};

const lambdaPackage = { artifact: python.artifacts["lambda-package"], path: "lambda_function.zip" };

const verifyPackage = sh({ name: "Verify the package before Terraform sees it" })`
  test -s lambda_function.zip || { echo "iac/terraform/lambda_function.zip is missing or empty" >&2; exit 1; }
  python3 -m zipfile -t lambda_function.zip
  python3 -m zipfile -l lambda_function.zip | grep -q lambda_package/handler.py
`;

const detectTerraformCloud = sh(
  [
    `if grep -qE '^[[:space:]]*(cloud|backend "remote")[[:space:]]*[{]' ./*.tf; then`,
    '  echo "State and runs are in Terraform Cloud"',
    '  test -n "$TERRAFORM_CLOUD_TOKEN" || { echo "The secret TF_API_TOKEN is not set" >&2; exit 1; }',
    "else",
    '  echo "State is in S3, no Terraform Cloud"',
    "fi",
  ].join("\n"),
  { name: "Detect Terraform Cloud", env: { TERRAFORM_CLOUD_TOKEN: secret("TF_API_TOKEN") } },
);

const initialise = sh({ name: "terraform init", env: { TF_TOKEN_app_terraform_io: secret("TF_API_TOKEN") } })`
  terraform init -input=false -no-color -backend-config=bucket=${state.bucket} -backend-config=key=${state.key} -backend-config=region=${state.region}
`;

const terraform = pipeline("terraform", {
  description: "Creates the function and everything around it",
  needs: [python],
  paths: ["iac/**"],
  workingDirectory: "iac/terraform",
  env: { TF_VAR_environment: context("environment"), TF_VAR_region: variable("region") },
  outputs: { functionName: "string", functionArn: "string" },
  jobs: {
    validate: {
      tools: ["terraform@~1.11"],
      steps: [
        sh("terraform fmt -check -diff", { name: "terraform fmt" }),
        sh("terraform init -backend=false -input=false -no-color\nterraform validate -no-color", {
          name: "terraform validate",
        }),
      ],
    },
    security: {
      continueOnFailure: true,
      steps: [
        {
          name: "Set up Python",
          run: "python3 --version",
          action: { kind: "python.setup", inputs: { version: "3.12", requirements: "iac/requirements-dev.txt" } },
        },
        sh("python3 -m pip install --quiet --requirement ../requirements-dev.txt", { name: "Install Checkov" }),
        sh("checkov --directory . --quiet --compact", { name: "Checkov" }),
      ],
    },
    plan: {
      needs: ["validate"],
      tools: ["terraform@~1.11", "aws"],
      uses: [lambdaPackage],
      steps: [
        verifyPackage,
        detectTerraformCloud,
        initialise,
        sh("terraform plan -input=false -no-color -lock-timeout=5m", { name: "terraform plan" }),
      ],
    },
    apply: {
      needs: ["plan"],
      deploys: true,
      tools: ["terraform@~1.11", "aws"],
      uses: [lambdaPackage],
      steps: [
        verifyPackage,
        detectTerraformCloud,
        initialise,
        sh("terraform apply -auto-approve -input=false -no-color -lock-timeout=5m", { name: "terraform apply" }),
        sh({ name: "Publish what other pipelines need" })`
          {
            echo "functionName=$(terraform output -raw function_name)"
            echo "functionArn=$(terraform output -raw function_arn)"
          } >> "$BATON_OUTPUT"
        `,
        summarise("Deployed $(terraform output -raw function_name) to $WHERE"),
      ],
    },
  },
});

export default delivery("lambda-terraform", {
  pipelines: [python, terraform],
  variables: { region: "eu-central-1" },
  environments: [
    env("dev", { branch: "develop", variables: { state_bucket: "lambda-terraform-state-dev" } }),
    env("test", { branch: "main", variables: { state_bucket: "lambda-terraform-state-test" } }),
    env("prd", {
      after: "test",
      approval: { reviewers: ["release-managers"], message: "The function goes to production" },
      variables: { state_bucket: "lambda-terraform-state-prd" },
    }),
  ],
});
