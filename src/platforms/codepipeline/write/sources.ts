/** Where a CodePipeline takes its source from, as the settings say: the action, what it may do, and what stands for a version of it. */

import { CannotWrite } from "../../generated.ts";
import { ids } from "./fixed-names.ts";
import type { Action, ParameterSpec, Pattern, Statement } from "./infrastructure.ts";
import type { Settings, SourceSettings } from "./options.ts";
import { account, localArn, parameter, partition, region, type Text, text } from "./text.ts";

export interface Source {
  /** What whoever creates the stack says of it. */
  readonly parameters: readonly ParameterSpec[];
  readonly action: (branch: string) => Pick<Action, "provider" | "configuration">;
  readonly statements: (branch: string) => readonly Statement[];
  /** What people call a version, and the variable of a run that names it. */
  readonly version: { readonly word: string; readonly variable: string };
  /** How a run is asked to take a certain version. */
  readonly revisionType: "COMMIT_ID" | "S3_OBJECT_VERSION_ID";
  /** Where a version can be looked at. */
  readonly page: Text | undefined;
  /** The event of a new version; undefined: a trigger of the pipeline hears of it. */
  readonly changed: ((branches: readonly string[]) => Pattern) | undefined;
}

type Named = Pick<Settings, "source" | "host">;

export function sourceOf({ source, host }: Named): Source {
  switch (source.type) {
    case "connection":
      return overConnection(host);
    case "codecommit":
      return codeCommit;
    case "s3":
      return ofBucket(source);
    default:
      return source satisfies never;
  }
}

/** `#{SourceVariables.CommitId}`: the version in the configuration of an action. */
export const versionOf = (settings: Named): string => `#{${sourceNamespace}.${sourceOf(settings).version.variable}}`;

export const sourceNamespace = "SourceVariables";

const repository = (pattern: string, patternMeaning: string): ParameterSpec => ({
  id: ids.repository,
  description: `The repository, as ${patternMeaning}.`,
  pattern,
  patternMeaning,
});

const commit = { word: "Commit", variable: "CommitId" };

function overConnection(host: string): Source {
  return {
    parameters: [
      {
        id: ids.connection,
        description:
          "ARN of the connection to where the repository is kept. A new connection is pending until somebody confirms it in the console.",
        pattern: "^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/.+$",
        patternMeaning: "the ARN of a connection",
      },
      repository("^[^/]+/.+$", "owner/name"),
    ],
    action: (branch) => ({
      provider: "CodeStarSourceConnection",
      configuration: {
        ConnectionArn: [parameter(ids.connection)],
        FullRepositoryId: [parameter(ids.repository)],
        BranchName: branch,
        OutputArtifactFormat: "CODE_ZIP",
        // The trigger of the pipeline decides; this would start it for every push.
        DetectChanges: "false",
      },
    }),
    statements: () => [
      {
        sid: "UseConnection",
        // Connections made before the service was renamed are known to IAM by the old name.
        actions: ["codeconnections:UseConnection", "codestar-connections:UseConnection"],
        resources: [[parameter(ids.connection)]],
      },
    ],
    version: commit,
    revisionType: "COMMIT_ID",
    page: text`${host.replace(/\/$/, "")}/${parameter(ids.repository)}/${commitFolder(host)}/#{${sourceNamespace}.CommitId}`,
    changed: undefined,
  };
}

/** Between a repository and one of its commits, on the host's pages. */
function commitFolder(host: string): string {
  const { hostname } = new URL(host);
  if (hostname === "bitbucket.org") return "commits";
  return hostname.split(".").includes("gitlab") ? "-/commit" : "commit";
}

export const repositoryArn: Text = localArn("codecommit", [parameter(ids.repository)]);

const codeCommit: Source = {
  parameters: [repository("^[A-Za-z0-9._-]{1,100}$", "its name in CodeCommit")],
  action: (branch) => ({
    provider: "CodeCommit",
    configuration: {
      RepositoryName: [parameter(ids.repository)],
      BranchName: branch,
      OutputArtifactFormat: "CODE_ZIP",
      // The rule starts it; this would start it a second time.
      PollForSourceChanges: "false",
    },
  }),
  statements: () => [
    {
      sid: "TakeSource",
      actions: [
        "codecommit:GetBranch",
        "codecommit:GetCommit",
        "codecommit:UploadArchive",
        "codecommit:GetUploadArchiveStatus",
        "codecommit:CancelUploadArchive",
      ],
      resources: [repositoryArn],
    },
  ],
  version: commit,
  revisionType: "COMMIT_ID",
  page: text`https://${region}.console.aws.amazon.com/codesuite/codecommit/repositories/${parameter(ids.repository)}/commit/#{${sourceNamespace}.CommitId}?region=${region}`,
  changed: (branches) => ({
    source: ["aws.codecommit"],
    "detail-type": ["CodeCommit Repository State Change"],
    resources: [repositoryArn],
    detail: {
      event: ["referenceCreated", "referenceUpdated"],
      referenceType: ["branch"],
      referenceName: branches,
    },
  }),
};

function ofBucket({ key }: Extract<SourceSettings, { type: "s3" }>): Source {
  const keyOf = (branch: string) => key.replaceAll("${branch}", branch);
  const bucket = text`arn:${partition}:s3:::${parameter(ids.sourceBucket)}`;
  return {
    parameters: [
      {
        id: ids.sourceBucket,
        description:
          "The bucket with the archive of the repository: versioned, of this account, and with its notifications to EventBridge turned on.",
        pattern: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        patternMeaning: "the name of a bucket",
      },
    ],
    action: (branch) => ({
      provider: "S3",
      configuration: {
        S3Bucket: [parameter(ids.sourceBucket)],
        S3ObjectKey: keyOf(branch),
        // The rule starts it; this would start it a second time.
        PollForSourceChanges: "false",
      },
    }),
    statements: (branch) => [
      {
        sid: "FindSource",
        actions: ["s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"],
        resources: [bucket],
      },
      {
        sid: "TakeSource",
        actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"],
        resources: [text`${bucket}/${keyOf(branch)}`],
        condition: { StringEquals: { "aws:ResourceAccount": [account] } },
      },
    ],
    version: { word: "Version", variable: "VersionId" },
    revisionType: "S3_OBJECT_VERSION_ID",
    page: undefined,
    changed: (branches) => ({
      source: ["aws.s3"],
      "detail-type": ["Object Created"],
      detail: { bucket: { name: [[parameter(ids.sourceBucket)]] }, object: { key: branches.map(keyOf) } },
    }),
  };
}

/** @throws {CannotWrite} for what only a connection can do. */
export function refuseWhatSourceCannot(
  { source, pullRequests }: Pick<Settings, "source" | "pullRequests">,
  { branches }: { branches: readonly string[] },
): void {
  if (source.type !== "connection" && pullRequests === "checks") {
    throw new CannotWrite(
      `pull requests start a CodePipeline over a connection only, and the source is ${source.type}`,
      "take pullRequests: nothing, or source: { type: connection }",
    );
  }
  if (source.type === "connection" && source.tags !== undefined && branches.length > 1) {
    throw new CannotWrite(
      `a tag is of no branch, and the delivery has environments of ${branches.join(" and ")}: a tag would start the CodePipelines of all of them`,
      "let environments come after one another, from one branch, or leave tags out",
    );
  }
  if (source.type === "s3" && branches.length > 1 && !source.key.includes("${branch}")) {
    throw new CannotWrite(
      `the source of ${branches.join(" and ")} would be one and the same object, ${source.key}`,
      "write ${branch} into source.key",
    );
  }
}
