import { type Rule, refusal } from "../subject.ts";

/** What is promoted by itself comes from somewhere, and on no other way. */
export const promotions: Rule = function* ({ delivery }) {
  for (const { name, promote, after, branch, preview } of delivery.environments) {
    // Of a preview it is told elsewhere.
    if (promote === undefined || preview) continue;
    const at = ["environments", name, "promote"];
    if (after.length === 0) {
      yield refusal("promote-after-nothing", at, {
        message: `"${name}" is to be promoted to by itself, and comes after no environment that a release could soak in`,
        help: "say in `after` where releases are first, or leave out promote",
      });
    }
    if (branch !== undefined) {
      yield refusal("promote-with-branch", at, {
        message: `"${name}" takes pushes to ${branch}, which would get there before they have soaked`,
        related: [{ message: `"${name}" takes pushes here`, path: ["environments", name, "branch"] }],
        help: "leave out branch, so that releases come from `after` alone; or leave out promote",
      });
    }
  }
};
