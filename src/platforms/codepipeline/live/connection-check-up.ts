/** The way from AWS to where the repository is kept. */

import type { Here } from "../../live.ts";
import { AwsProblem } from "./aws-cli.ts";
import { connectionsPage, placeOfArn } from "./console-links.ts";
import type { Found } from "./found.ts";
import type { Connection } from "./surroundings.ts";

/** By whom connections lead to a host. */
const providers: Readonly<Record<string, string>> = {
  "github.com": "GitHub",
  "gitlab.com": "GitLab",
  "bitbucket.org": "Bitbucket",
};

/** The one that can be used, where there is no choice. */
export function connectionFound(
  all: readonly Connection[] | AwsProblem,
  remote: Awaited<ReturnType<Here["remote"]>>,
): Found & { readonly arn?: string } {
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
