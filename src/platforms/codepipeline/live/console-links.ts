/** Pages of the AWS console. */

export interface ArnPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** `arn:aws:codepipeline:eu-central-1:123456789012:shop`. */
export function placeOfArn(arn: string | undefined): ArnPlace | undefined {
  const [prefix, partition, , region, account] = (arn ?? "").split(":");
  return prefix === "arn" && partition && region && account ? { partition, region, account } : undefined;
}

export const pipelinePage = (place: ArnPlace, name: string) =>
  `${suite(place)}/codepipeline/pipelines/${encodeURIComponent(name)}/view?region=${place.region}`;

/** The list: it has the button that a pending connection waits for. */
export const connectionsPage = (place: ArnPlace) => `${suite(place)}/settings/connections?region=${place.region}`;

const domains: Readonly<Record<string, string>> = {
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
};

const suite = ({ partition, region }: ArnPlace) =>
  `https://${region}.${domains[partition] ?? "console.aws.amazon.com"}/codesuite`;
