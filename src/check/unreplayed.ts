/** The few rules whose findings are reported without being carried out, each with the reason. All others must claim. */

const written = "what is wrong is written in the file; nothing has to happen for it";

export const unreplayed: ReadonlyMap<string, string> = new Map([
  ["unknown-provider-or-key", "the service refuses the pipeline as it is written, before anything can run"],
  ["secret-in-definition", written],
  ["public-or-unencrypted-artifacts", "whoever reads or writes the bucket from outside is in no order of events"],
  ["token-source", written],
  ["unknown-context-property", "a property that a context does not have is empty, whatever happens"],
]);
