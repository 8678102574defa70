/** The workflow that keeps records from expiring: GitHub keeps an artifact for 90 days at most in a public repository. */

import type { Delivery } from "../../../model/delivery.ts";
import { localAction } from "./actions.ts";
import { historyCheckout } from "./checkouts.ts";
import { computed } from "./computed.ts";
import type { WorkflowDocument } from "./document.ts";
import { workflowHeader } from "./header.ts";
import { usualMachine } from "./machine.ts";
import { lockGroup } from "./names.ts";
import type { WriteOptions } from "./options.ts";

/** Once a week: early enough for a repository that keeps artifacts for two weeks. */
const weekly = "41 4 * * 1";

export function recordsWorkflow(delivery: Delivery, options: WriteOptions, file: string): WorkflowDocument {
  return {
    file,
    header: workflowHeader(delivery, options, [
      `${delivery.name}: writes down again what is deployed, before GitHub throws the record away. Deploys nothing.`,
    ]),
    name: `${delivery.name}: records`,
    on: {
      schedules: [weekly],
      dispatch: {
        inputs: {
          environment: { description: "Empty: each whose record is due, on its branch", type: "string", default: "" },
        },
      },
    },
    jobs: {
      renew: {
        kind: "steps",
        permissions: { actions: "write", contents: "read" },
        concurrency: { group: lockGroup(delivery, computed("inputs.environment || github.run_id")) },
        runsOn: usualMachine(options),
        timeoutMinutes: 30,
        steps: [
          historyCheckout(),
          { uses: localAction(delivery, "renew"), with: { environment: computed("inputs.environment") } },
        ],
      },
    },
  };
}
