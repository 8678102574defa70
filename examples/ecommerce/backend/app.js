/** Three stacks, the same templates for every environment: what differs is a parameter. */
import { App, BootstraplessSynthesizer } from "aws-cdk-lib";
import { ApiStack } from "./stacks/api.js";
import { ComputeStack } from "./stacks/compute.js";
import { DataStack } from "./stacks/data.js";

/** `layers`: name and key in the code bucket of each. Templates are plain: nothing has to be bootstrapped. */
export function synthesise({ layers, outdir }) {
  const app = new App({ outdir, analyticsReporting: false });
  const plain = () => ({ synthesizer: new BootstraplessSynthesizer() });
  new DataStack(app, "Data", { ...plain(), description: "What the shop keeps" });
  new ComputeStack(app, "Compute", { ...plain(), description: "The function behind the API", layers });
  new ApiStack(app, "Api", { ...plain(), description: "The API in front of the function" });
  return app.synth();
}
