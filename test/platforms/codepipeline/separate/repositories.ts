/** Where generated CodePipelines take their source from: what is pushed is real, and events of it have the form that AWS documents. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Emulator } from "../../../aws/emulator.ts";

export interface Repository {
  /** Of the stack of the pipelines. */
  readonly parameters: Readonly<Record<string, string>>;
  newest(): string;
  /** Puts the files of a version there. */
  fill(version: string, folder: string): void;
  /** What CodeCommit answers. */
  readonly codecommit?: Readonly<Record<string, (input: never) => unknown>>;
}

const ran = (program: string, args: readonly string[], cwd?: string) =>
  execFileSync(program, args, { encoding: "utf8", ...(cwd && { cwd }) }).trim();

const about = { version: "0", id: "1", account: "123456789012", region: "eu-central-1", time: "2026-01-01T00:00:00Z" };

/** The branch `main` of a repository of git, as CodeCommit tells of it. */
export function codeCommitOf(name: string, folder: string): Repository & { pushed(): object } {
  const git = (...args: string[]) => ran("git", ["--git-dir", folder, ...args]);
  const newest = () => git("rev-parse", "main");
  return {
    parameters: { Repository: name },
    newest,
    fill: (commit, into) =>
      void ran("sh", ["-ec", 'git --git-dir "$1" archive "$2" | tar -x', "-", folder, commit], into),
    codecommit: {
      GetBranch: () => ({ branch: { branchName: "main", commitId: newest() } }),
      GetDifferences({ beforeCommitSpecifier: before, afterCommitSpecifier: after }: Record<string, string>) {
        const lines = git("diff", "--name-status", "--no-renames", before!, after!).split("\n").filter(Boolean);
        const differences = lines.map((line) => {
          const [changeType, path] = line.split("\t");
          return {
            changeType,
            ...(changeType !== "A" && { beforeBlob: { path } }),
            ...(changeType !== "D" && { afterBlob: { path } }),
          };
        });
        return { differences };
      },
    },
    pushed: () => ({
      ...about,
      "detail-type": "CodeCommit Repository State Change",
      source: "aws.codecommit",
      resources: [`arn:aws:codecommit:${about.region}:${about.account}:${name}`],
      detail: {
        event: "referenceUpdated",
        repositoryName: name,
        referenceType: "branch",
        referenceName: "main",
        referenceFullName: "refs/heads/main",
        commitId: newest(),
      },
    }),
  };
}

/** An object of a bucket that keeps versions, as S3 tells of it. */
export async function objectOf(
  emulator: Emulator,
  { bucket, key, folder }: { bucket: string; key: string; folder: string },
): Promise<Repository & { put(files: Readonly<Record<string, string>>): Promise<object> }> {
  const region = `LocationConstraint=${about.region}`;
  await emulator.aws("s3api", "create-bucket", "--bucket", bucket, "--create-bucket-configuration", region);
  await emulator.aws(
    ...["s3api", "put-bucket-versioning", "--bucket", bucket, "--versioning-configuration", "Status=Enabled"],
  );
  const versions = new Map<string, string>();
  return {
    parameters: { SourceBucket: bucket },
    newest: () => [...versions.keys()].at(-1)!,
    fill: (version, into) => void ran("unzip", ["-q", versions.get(version)!, "-d", into]),
    async put(files) {
      const scratch = mkdtempSync(join(folder, "archive-"));
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(scratch, path)), { recursive: true });
        writeFileSync(join(scratch, path), text, { mode: 0o755 });
      }
      ran("zip", ["-q", "-r", "../sent.zip", "."], scratch);
      const sent = join(folder, "sent.zip");
      const at = ["--bucket", bucket, "--key", key];
      const { VersionId } = await emulator.aws<{ VersionId: string }>("s3api", "put-object", ...at, "--body", sent);
      const kept = join(folder, `${VersionId}.zip`);
      await emulator.aws("s3api", "get-object", ...at, "--version-id", VersionId, kept);
      versions.set(VersionId, kept);
      return {
        ...about,
        "detail-type": "Object Created",
        source: "aws.s3",
        resources: [`arn:aws:s3:::${bucket}`],
        detail: {
          version: "0",
          bucket: { name: bucket },
          object: { key, "version-id": VersionId },
          reason: "PutObject",
        },
      };
    },
  };
}

/** ARNs of whom the rules of EventBridge that are there send an event to, by the emulator's reading of their patterns. */
export async function targetsOf(event: object, { aws }: Emulator): Promise<string[]> {
  const { Rules } = await aws<{ Rules: { Name: string; EventPattern?: string }[] }>("events", "list-rules");
  const program = `
import json, sys
from moto.events.models import EventPattern
event, rules = json.load(sys.stdin)
print(json.dumps([one["Name"] for one in rules if EventPattern.load(one.get("EventPattern")).matches_event(event)]))`;
  const patterns = Rules.filter(({ EventPattern }) => EventPattern !== undefined);
  const input = JSON.stringify([event, patterns]);
  const names = JSON.parse(execFileSync("python3", ["-c", program], { input, encoding: "utf8" })) as string[];
  const targets = names.map((name) =>
    aws<{ Targets: { Arn: string }[] }>("events", "list-targets-by-rule", "--rule", name),
  );
  return (await Promise.all(targets)).flatMap(({ Targets }) => Targets.map(({ Arn }) => Arn));
}
