/** The few rules whose findings are reported without being carried out, each with the reason. All others must claim. */

const stages = "stages run one after another as written: the files alone decide, and no other order is possible";
const written = "what is wrong is written in the file; nothing has to happen for it";

export const unreplayed: ReadonlyMap<string, string> = new Map([
  ["artifact-not-produced", stages],
  ["unknown-provider-or-key", written],
  ["parallel-pipelines-one-push", "each pipeline starts by itself: nothing between them could order them"],
  ["superseded-approval", stages],
  ["same-stack-two-pipelines", "each pipeline starts by itself: nothing between them could order them"],
  ["production-before-staging", stages],
  ["secret-in-definition", written],
  ["public-or-unencrypted-artifacts", written],
  ["change-set-never-executed", stages],
  ["same-run-order-race", stages],
  ["environment-is-same-target", written],
  ["trigger-misses-consumer", stages],
  ["token-source", written],
]);
