import { cloudformation, context, lambda, output, pipeline, s3, terraform, text } from "../../../src/index.ts";

const data = pipeline("data", { outputs: { table: "string" }, jobs: { deploy: { deploys: true, steps: ["./deploy.sh"] } } });

export const backend = pipeline("backend", {
  needs: [data],
  outputs: { codeBucket: { job: "bucket" }, functionName: { job: "compute" } },
  jobs: {
    bucket: { deploys: true, steps: ["./bucket.sh"] },
    compute: {
      needs: ["bucket"],
      deploys: true,
      steps: [
        s3.sync({ from: "layers", bucket: output("codeBucket") }),
        cloudformation.deploy({
          stack: text`compute-${context("environment")}`,
          template: "compute.yaml",
          parameters: { Bucket: output("codeBucket"), Table: data.outputs.table, Key: text`a/${output("codeBucket")}` },
        }),
      ],
    },
    release: {
      needs: ["compute"],
      deploys: true,
      steps: [
        lambda.blueGreen({ function: output("functionName"), alias: "live", package: "function.zip" }),
        terraform.apply({ variables: { name: output("functionName") } }),
      ],
    },
  },
});
