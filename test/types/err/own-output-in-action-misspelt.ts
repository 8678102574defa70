import { cloudformation, context, pipeline, output, s3, text } from "../../../src/index.ts";

const data = pipeline("data", { outputs: { table: "string" }, jobs: { deploy: { deploys: true, steps: ["./deploy.sh"] } } });

export const backend = pipeline("backend", {
  needs: [data],
  outputs: { codeBucket: { job: "bucket" } },
  jobs: {
    bucket: { deploys: true, steps: ["./bucket.sh"] },
    compute: {
      needs: ["bucket"],
      deploys: true,
      steps: [
        // expect TS2322 'StepInput<never, "codebucket", never>' is not assignable to type 'string | StepInput<never, "codeBucket"
        s3.sync({ from: "layers", bucket: output("codebucket") }),
        // expect TS2322 'StepInput<never, "bucket", never>' is not assignable to type 'string | StepInput<never, "codeBucket"
        cloudformation.deploy({
          stack: text`compute-${context("environment")}`,
          template: "compute.yaml",
          parameters: { Table: data.outputs.table, Key: text`a/${output("bucket")}` },
        }),
      ],
    },
  },
});
