/** Whether generated CodePipelines can be put on AWS from here, and the commands that do it. Runs none of them. */

import type { CheckUp, Here, Readiness } from "../../live.ts";
import type { Wanted } from "../../writer.ts";
import { optionsOf } from "../options-of.ts";
import { commandsBefore, createCommand } from "../write/create-commands.ts";
import { lowerDelivery } from "../write/lower.ts";
import { writeCodePipeline } from "../write/write.ts";
import { onAws } from "./aws-check-ups.ts";
import type { WantedOnAws } from "./found.ts";
import { generatedFiles, sourceFound, toolFound } from "./here-check-ups.ts";

export async function readinessOnAws(wanted: Wanted, here: Here): Promise<Readiness> {
  const { delivery } = wanted;
  const write = optionsOf(wanted);
  const infrastructure = lowerDelivery(delivery, write);
  const files = writeCodePipeline(delivery, write).files;
  const asked: WantedOnAws = { delivery, write, infrastructure, files, here };
  const generated = generatedFiles(asked);
  const source = await sourceFound(asked, generated);
  const aws = await onAws(asked, await here.remote());
  const reached = aws.source;
  const { others } = aws;
  const last = [...(reached ? [reached] : []), ...(others ? [others] : [])];
  const found = [generated, source, ...aws.found, ...toolFound(asked), ...last];
  // Nobody can push to a repository that is not there.
  const steps = [
    generated,
    ...(reached ? [reached] : []),
    ...found.filter((one) => one !== generated && one !== reached),
  ];
  const values = reached?.values ?? {};
  const { where } = here;
  const { does, kept, templateBucket } = aws;
  const created = {
    delivery: delivery.name,
    write,
    where,
    files,
    infrastructure,
    values,
    does,
    ...(kept && { kept }),
    ...(templateBucket && { templateBucket }),
  };
  const create = createCommand(created);
  // Whether these are there is not looked at: that takes the credentials of other accounts.
  const before =
    aws.does === "create" ? commandsBefore(created).map(({ command, place }) => `${command}  # ${place}`) : [];
  return {
    checkUps: [...(await versions(here)), ...found.map(({ checkUp }) => checkUp)],
    does: aws.does,
    commands: [...steps.flatMap((one) => one.before ?? []), ...before, create],
    // What delivers the same goes last, and only where the new ones are there.
    ...(others && aws.does === "update" && { after: others.after }),
  };
}

async function versions(here: Here): Promise<CheckUp[]> {
  const path = here.findProgram("aws");
  return path === undefined ? [] : [{ name: "aws", verdict: "ok", text: await here.versionOf(path) }];
}
