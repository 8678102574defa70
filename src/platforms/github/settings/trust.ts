/** Whom a cloud's role or account trusts: GitHub's OIDC tokens of jobs in one environment. */

import type { Cloud } from "../write/clouds.ts";

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
  { repository, environment, ref }: { repository: string; environment: string; ref: string },
): ExpectedSubject | undefined {
  const prefix = sub_claim_prefix ?? `repo:${repository}`;
  const keys = use_default || include_claim_keys === undefined ? ["repo", "context"] : include_claim_keys;
  if (!keys.every((key) => supported.includes(key))) return undefined;
  // GitHub escapes the colon that separates claims.
  const parts: Record<string, string> = {
    repo: prefix,
    context: `environment:${environment.replaceAll(":", "%3A")}`,
    job_workflow_ref: `job_workflow_ref:${repository}/.github/workflows/*@${ref}`,
  };
  return { subject: keys.map((key) => parts[key]).join(":"), isBound: keys.includes("job_workflow_ref") };
}

const issuer = "https://token.actions.githubusercontent.com";

/** The command that lets jobs with this subject in, and what it cannot say. */
export interface Trust {
  readonly who: string;
  readonly command: string;
  readonly but?: string;
}

/** What each cloud has to be told, of jobs in one environment. */
export function trustOf(cloud: Cloud, subject: string, environment: string): Trust {
  const isPattern = subject.includes("*");
  switch (cloud) {
    case "aws":
      return {
        who: `the role must trust sub ${subject}`,
        command: `aws iam update-assume-role-policy --role-name <role> --policy-document '${JSON.stringify(trustPolicy(subject))}'`,
      };
    case "google":
      return googleTrust(subject, environment);
    case "azure":
      return {
        who: `the application must have a federated credential for ${subject}`,
        command: `az ad app federated-credential create --id <client id> --parameters '${JSON.stringify({ name: environment, issuer, subject, audiences: ["api://AzureADTokenExchange"] })}'`,
        ...(isPattern && {
          but: "Azure takes no patterns: one credential for each workflow file that signs in, by its full subject",
        }),
      };
    default:
      return cloud satisfies never;
  }
}

/** Of Google's subjects, in bytes. */
const longestSubject = 127;

/** A member is no pattern and no long text: then the provider maps a word of its own, which is given to such jobs alone. */
function googleTrust(subject: string, environment: string): Trust {
  const pool = "iam.googleapis.com/projects/<project number>/locations/global/workloadIdentityPools/<pool>";
  const grant = (member: string) =>
    `gcloud iam service-accounts add-iam-policy-binding <service account> --role roles/iam.workloadIdentityUser --member "${member}"`;
  const who = `the service account must let in the subject ${subject}`;
  if (!subject.includes("*") && Buffer.byteLength(subject) <= longestSubject) {
    return { who, command: grant(`principal://${pool}/subject/${subject}`) };
  }
  const [start, ...rest] = subject.split("*") as [string, ...string[]];
  const parts = rest.length === 0 ? [`assertion.sub == "${subject}"`] : [`assertion.sub.startsWith("${start}")`];
  for (const part of rest) if (part !== "") parts.push(`assertion.sub.contains("${part}")`);
  const mapping = `google.subject="run " + assertion.run_id,attribute.place=${parts.join(" && ")} ? "${environment}" : "none"`;
  return {
    who,
    command: [
      `gcloud iam workload-identity-pools providers update-oidc <provider> --workload-identity-pool <pool> --location global --issuer-uri ${issuer} --attribute-mapping '${mapping}'`,
      grant(`principalSet://${pool}/attribute.place/${environment}`),
    ].join("\n"),
    but: "one provider has one mapping: with several environments, join their conditions",
  };
}

/** A trust policy for AWS, which compares `sub` and `aud` only. */
export function trustPolicy(subject: string): object {
  const host = issuer.slice("https://".length);
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::<account>:oidc-provider/${host}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: { [`${host}:aud`]: "sts.amazonaws.com" },
          [subject.includes("*") ? "StringLike" : "StringEquals"]: { [`${host}:sub`]: subject },
        },
      },
    ],
  };
}
