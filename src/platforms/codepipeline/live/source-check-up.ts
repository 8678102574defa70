/** The way from AWS to where the source is: a connection, a repository of CodeCommit, or a bucket. */

import type { Here } from "../../live.ts";
import { ids } from "../write/fixed-names.ts";
import type { SourceSettings } from "../write/options.ts";
import { type Ask, AwsProblem, asProblem } from "./aws-cli.ts";
import { connectionsPage, placeOfArn } from "./console-links.ts";
import type { Found } from "./found.ts";
import { type Connection, listConnections } from "./surroundings.ts";

/** By whom connections lead to a host. */
const providers: Readonly<Record<string, string>> = {
  "github.com": "GitHub",
  "gitlab.com": "GitLab",
  "bitbucket.org": "Bitbucket",
};

type Remote = Awaited<ReturnType<Here["remote"]>>;

export interface SourceFound extends Found {
  /** Values of parameters that are known by now, by their ids. */
  readonly values: Readonly<Record<string, string>>;
}

export async function sourceOnAws(
  { source, remote }: { source: SourceSettings; remote: Remote },
  ask: Ask,
): Promise<SourceFound> {
  switch (source.type) {
    case "connection": {
      const { arn, ...found } = connectionFound(await listConnections(ask).catch(asProblem), remote);
      return {
        ...found,
        values: {
          ...(remote && { [ids.repository]: remote.path }),
          ...(arn !== undefined && { [ids.connection]: arn }),
        },
      };
    }
    case "codecommit":
      return repositoryFound(remote, ask);
    case "s3": {
      const text = `not looked at: the bucket of ${source.key} keeps versions, and tells EventBridge of new ones`;
      return { checkUp: { name: "source bucket", verdict: "ok", text }, values: {} };
    }
    default:
      return source satisfies never;
  }
}

async function repositoryFound(remote: Remote, ask: Ask): Promise<SourceFound> {
  const name = "repository";
  const repository =
    remote && /^git-codecommit(?:-fips)?\./.test(remote.host) ? remote.path.split("/").at(-1)! : undefined;
  if (repository === undefined) {
    const text = "the remote origin is not of CodeCommit, so nobody can say which repository it is";
    const remedy = "git remote set-url origin codecommit::REGION://NAME";
    return { checkUp: { name, verdict: "warn", text, remedy }, values: {} };
  }
  const values = { [ids.repository]: repository };
  try {
    await ask(["codecommit", "get-repository", "--repository-name", repository]);
    return { checkUp: { name, verdict: "ok", text: `${repository} in CodeCommit` }, values };
  } catch (error) {
    const { kind, message, next } = asProblem(error);
    if (kind !== "not-found") {
      return { checkUp: { name, verdict: "warn", text: message, ...(next && { remedy: next }) }, values };
    }
    const before = `aws codecommit create-repository --repository-name ${repository}`;
    const text = `${repository} is not in CodeCommit`;
    return { checkUp: { name, verdict: "warn", text, remedy: `${before}, and push` }, before, values };
  }
}

/** The one that can be used, where there is no choice. */
function connectionFound(all: readonly Connection[] | AwsProblem, remote: Remote): Found & { readonly arn?: string } {
  const name = "connection";
  if (all instanceof AwsProblem) {
    return {
      checkUp: {
        name,
        verdict: "warn",
        text: `connections could not be listed: ${all.message}`,
        ...(all.next && { remedy: all.next }),
      },
    };
  }
  const provider = remote && providers[remote.host];
  const fitting = all.filter(
    (one) => provider === undefined || one.provider === undefined || one.provider === provider,
  );
  const usable = fitting.filter(({ status }) => status === "AVAILABLE");
  if (usable.length === 1) {
    const [{ name: which, arn }] = usable as [Connection];
    return { checkUp: { name, verdict: "ok", text: `${which} can be used` }, arn };
  }
  if (usable.length > 1) {
    const text = `${usable.map((one) => one.name).join(", ")} can be used: choose one`;
    return { checkUp: { name, verdict: "ok", text } };
  }
  const [pending] = fitting.filter(({ status }) => status === "PENDING");
  if (pending) {
    const place = placeOfArn(pending.arn);
    const remedy = place ? `confirm it at ${connectionsPage(place)}` : "confirm it in the console";
    return { checkUp: { name, verdict: "warn", text: `${pending.name} is pending`, remedy }, arn: pending.arn };
  }
  const command = `aws codeconnections create-connection --provider-type ${provider ?? "GitHub"} --connection-name ${remote?.path.split("/")[0] ?? "source"}`;
  return {
    checkUp: {
      name,
      verdict: "warn",
      text: `none${provider === undefined ? "" : ` to ${provider}`} yet`,
      remedy: `${command}, then confirm it in the console`,
    },
    before: command,
  };
}
