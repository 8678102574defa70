import { inOrder } from "../../../order/topological.ts";
import type { Here, LiveApproval, PlatformStatus } from "../../live.ts";
import type { NextStep, Wanted } from "../../writer.ts";
import { optionsOf } from "../options-of.ts";
import { createCommand, stackName } from "../write/create-commands.ts";
import { lowerDelivery } from "../write/lower.ts";
import { releasesName } from "../write/separate/resources.ts";
import { writeCodePipeline } from "../write/write.ts";
import { awsCli } from "./aws-cli.ts";
import { placeOfArn } from "./console-links.ts";
import { type DeliveryStatus, lookAt, wantedPipelines } from "./look.ts";
import { lookAtSets } from "./releases.ts";
import { findStack } from "./surroundings.ts";

/** How the pipelines are that were generated from the definition, asked of AWS through its command line. */
export async function statusOnAws(wanted: Wanted, here: Here): Promise<PlatformStatus> {
  const { delivery } = wanted;
  const write = optionsOf(wanted);
  const environments = inOrder(delivery.environments, ({ after }) => after).map(({ name }) => name);
  const infrastructure = lowerDelivery(delivery, write);
  const ask = awsCli(here.env);
  const status = await lookAt(wantedPipelines(infrastructure, environments), ask);
  const isThere = status.pipelines.length > 0;
  // Only for the command that is suggested: who may not ask is shown all that it might need.
  const stack = isThere ? await findStack(stackName(delivery.name), ask).catch(() => undefined) : undefined;
  const create = createCommand({
    delivery: delivery.name,
    write,
    where: here.where,
    files: writeCodePipeline(delivery, write).files,
    infrastructure,
    does: isThere ? "update" : "create",
    ...(stack && { kept: stack.parameters }),
  });
  const sets = isThere ? await lookAtSets(infrastructure.releases, releasesName(delivery.name), ask) : [];
  const place = placeOfArn(status.pipelines.find(({ arn }) => arn !== undefined)?.arn);
  const approvals = approvalsOf(status);
  const names = status.missing.join(", ");
  return {
    layout: write.layout,
    environments,
    where: place && `${place.region}, account ${place.account}`,
    ...status,
    sets,
    absent: isThere
      ? undefined
      : {
          command: create,
          why: `${names}: not on AWS (layout ${write.layout}), in the account and region that the AWS CLI is set to`,
        },
    approvals,
    next: nextStep(status, { approvals, create }),
  };
}

function nextStep(
  { connections, missing, pipelines }: DeliveryStatus,
  { approvals: [approval], create }: { approvals: readonly LiveApproval[]; create: string },
): NextStep {
  const pending = connections.find((one) => one.status === "PENDING");
  if (pending?.console) return { command: pending.console, why: "confirm the connection there" };
  if (missing.length > 0) return { command: create, why: "creates what is missing" };
  if (pipelines.some(({ isStale }) => isStale)) return { command: create, why: "brings the stack up to date" };
  if (approval) {
    return { command: approval.approve ?? approval.console ?? "the console", why: "answers the approval" };
  }
  return { command: "baton cost", why: "what they cost a month" };
}

function approvalsOf({ pipelines }: DeliveryStatus): LiveApproval[] {
  return pipelines.flatMap(({ name, stages, console }) =>
    stages.flatMap(({ name: stage, approval, commit }): LiveApproval[] => {
      if (!approval) return [];
      const { action, token, since } = approval;
      const answer = (status: string) =>
        token &&
        `aws codepipeline put-approval-result --pipeline-name ${name} --stage-name ${stage} --action-name ${action} --token ${token} --result status=${status},summary=…`;
      return [
        {
          pipeline: name,
          stage,
          action,
          commit,
          since,
          console,
          approve: answer("Approved"),
          reject: answer("Rejected"),
        },
      ];
    }),
  );
}
