import { createRunner } from "../../src/runner/runner.ts";
import { launchOf, step } from "./rig.ts";

/**
 * A Baton to be killed: starts, on the state folder and the checkout it is given, one attempt for each script, with the
 * tokens `victim-0`, `victim-1`, …
 */
const [stateFolder, checkout, shells, ...scripts] = process.argv.slice(2);
const runner = createRunner({
  stateFolder: stateFolder!,
  directoryOf: () => checkout!,
  secrets: () => undefined,
  artifacts: { collect: () => Promise.reject(new Error("none")), place: () => Promise.reject(new Error("none")) },
  shells: shells as "native" | "kept" | "direct",
});
for (const [number, script] of scripts.entries()) {
  runner.start(launchOf({ token: `victim-${number}`, steps: [step(script)] }));
}
