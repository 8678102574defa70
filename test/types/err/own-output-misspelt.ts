import { output, pipeline, sh, text } from "../../../src/model/index.ts";

export const web = pipeline("web", {
  outputs: { address: { type: "url", job: "deploy" } },
  jobs: {
    deploy: { deploys: true, steps: ["./deploy.sh"] },
    smoke: {
      needs: ["deploy"],
      // expect TS2322 'OwnOutput<"adress">' is not assignable to type 'ValueInput<"address">'
      env: { URL: output("adress") },
      // expect TS2322 'StepInput<never, "addres", never>' is not assignable to type 'string | StepInput<never, "address"
      steps: [sh`curl ${output("addres")}`],
    },
    report: {
      needs: ["deploy"],
      // expect TS2322 'StepInput<never, "adress", never>' is not assignable to type 'string | StepInput<never, "address"
      steps: [sh`curl ${text`${output("adress")}/health`}`],
    },
  },
});
