/**
 * Every action that generated files use, pinned to the commit of a release. A tag can be moved; a commit cannot.
 *
 * To update: `node src/platforms/github/write/update-pinned-actions.ts` looks up the newest release of each major version
 * below with `gh` and rewrites this table; read the releases' notes, then `baton generate github` writes the files anew.
 */
export const pinnedActions = {
  checkout: {
    action: "actions/checkout",
    sha: "08c6903cd8c0fde910a37f88322edcfb5dd907a8",
    version: "v5.0.0",
  },
  uploadArtifact: {
    action: "actions/upload-artifact",
    sha: "ea165f8d65b6e75b540449e92b4886f43607fa02",
    version: "v4.6.2",
  },
  downloadArtifact: {
    action: "actions/download-artifact",
    sha: "d3f86a106a0bac45b974a628896c90dbdf5c8093",
    version: "v4.3.0",
  },
  setupNode: {
    action: "actions/setup-node",
    sha: "49933ea5288caeca8642d1e84afbd3f7d6820020",
    version: "v4.4.0",
  },
  setupPython: {
    action: "actions/setup-python",
    sha: "a26af69be951a213d495a4c3e4e4022e16d87065",
    version: "v5.6.0",
  },
  cache: {
    action: "actions/cache",
    sha: "0057852bfaa89a56745cba8c7296529d2fc39830",
    version: "v4.3.0",
  },
  setupTerraform: {
    action: "hashicorp/setup-terraform",
    sha: "b9cd54a3c349d3f38e8881555d616ced269862dd",
    version: "v3.1.2",
  },
  awsCredentials: {
    action: "aws-actions/configure-aws-credentials",
    sha: "7474bc4690e29a8392af63c5b98e7449536d5c3a",
    version: "v4.3.1",
  },
  attest: {
    action: "actions/attest-build-provenance",
    sha: "e8998f949152b193b063cb0ec769d69d929409be",
    version: "v2.4.0",
  },
} as const;

export type PinnedAction = (typeof pinnedActions)[keyof typeof pinnedActions];
