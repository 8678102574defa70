/** What jobs take of the repository: all of it, its history, or the program alone. Never the token. */

import type { StepDocument } from "./document.ts";
import { pinnedActions } from "./pinned-actions.ts";

/** The tree, for jobs of the team. */
export function checkout(): StepDocument {
  return { uses: pinnedActions.checkout, with: { "persist-credentials": false } };
}

/** Commits and names of files, without their contents; of the files the program alone. */
export function historyCheckout(): StepDocument {
  return {
    uses: pinnedActions.checkout,
    with: { "fetch-depth": 0, "sparse-checkout": ".github/actions", "persist-credentials": false },
  };
}

export function programCheckout(): StepDocument {
  return { uses: pinnedActions.checkout, with: { "sparse-checkout": ".github/actions", "persist-credentials": false } };
}
