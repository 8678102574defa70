/** Whom a cloud role trusts: GitHub's OIDC tokens of jobs in one environment. */

/** What `GET actions/oidc/customization/sub` says. */
export interface SubjectCustomization {
  readonly use_default: boolean;
  readonly include_claim_keys?: readonly string[];
  readonly use_immutable_subject?: boolean;
  /** `repo:team/shop`; with ids (`repo:team@12/shop@34`) for repositories made or renamed since 15 July 2026. */
  readonly sub_claim_prefix?: string;
}

export interface ExpectedSubject {
  /** With `*` where the name of a file or a branch is not known before. */
  readonly subject: string;
  /** A job's own workflow file is part of it: another file that says `environment: prod` gets nothing. */
  readonly isBound: boolean;
}

const supported = ["repo", "context", "job_workflow_ref"];

/**
 * The `sub` of jobs in an environment. Undefined where the repository's own template has claims that cannot be told from here.
 */
export function subjectOf(
  { use_default, include_claim_keys, sub_claim_prefix }: SubjectCustomization,
  { repository, environment, branch }: { repository: string; environment: string; branch: string | undefined },
): ExpectedSubject | undefined {
  const prefix = sub_claim_prefix ?? `repo:${repository}`;
  const keys = use_default || include_claim_keys === undefined ? ["repo", "context"] : include_claim_keys;
  if (!keys.every((key) => supported.includes(key))) return undefined;
  // GitHub escapes the colon that separates claims.
  const parts: Record<string, string> = {
    repo: prefix,
    context: `environment:${environment.replaceAll(":", "%3A")}`,
    job_workflow_ref: `job_workflow_ref:${repository}/.github/workflows/*@refs/heads/${branch ?? "*"}`,
  };
  return { subject: keys.map((key) => parts[key]).join(":"), isBound: keys.includes("job_workflow_ref") };
}

/** A trust policy for AWS, which compares `sub` and `aud` only. */
export function trustPolicy(subject: string): object {
  const issuer = "token.actions.githubusercontent.com";
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::<account>:oidc-provider/${issuer}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com" },
          [subject.includes("*") ? "StringLike" : "StringEquals"]: { [`${issuer}:sub`]: subject },
        },
      },
    ],
  };
}
