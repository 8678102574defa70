/** The CDK is no dependency of the project: it is larger than all the others together. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What to install, as the page about generated CodePipelines says it. */
export const cdkPackages = ["aws-cdk@2.1148.1", "aws-cdk-lib@2.270.0", "constructs@10"];

/** A `node_modules` that has these packages; else why a test that needs them is skipped. */
export function cdkModules(...needed: ("aws-cdk" | "aws-cdk-lib")[]): { folder: string; missing: false | string } {
  const places = [process.env.BATON_CDK_MODULES, fileURLToPath(new URL("../../../../node_modules", import.meta.url))];
  const folder = places.find((place) => place && needed.every((name) => existsSync(join(place, name))));
  return {
    folder: folder ?? "",
    missing:
      folder === undefined &&
      `${needed.join(" or ")} is missing: npm install --prefix FOLDER ${cdkPackages.join(" ")}, then set BATON_CDK_MODULES=FOLDER/node_modules`,
  };
}
