/**
 * Another process that asks: posts one cancel for each run it is given.
 *
 *     node post-requests.ts STATE_FOLDER RUN…
 */
import { postRequest } from "../../src/store/requests.ts";

const [folder, ...runs] = process.argv.slice(2);
for (const run of runs) postRequest(folder!, { kind: "cancel", run, mode: "graceful", by: "ada" });
