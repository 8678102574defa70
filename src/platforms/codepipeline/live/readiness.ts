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
  const source = [generated, await sourceFound(asked, generated)];
  const aws = await onAws(asked, await here.remote());
  const reached = aws.source;
  const found = [...source, ...aws.found, ...toolFound(asked), ...(reached ? [reached] : [])];
  const values = reached?.values ?? {};
  const { where } = here;
  const { does, kept } = aws;
  const created = { delivery: delivery.name, write, where, files, infrastructure, values, does, ...(kept && { kept }) };
  const create = createCommand(created);
  // Whether these are there is not looked at: that takes the credentials of other accounts.
  const before =
    aws.does === "create" ? commandsBefore(created).map(({ command, place }) => `${command}  # ${place}`) : [];
  return {
    checkUps: [...(await versions(here)), ...found.map(({ checkUp }) => checkUp)],
    does: aws.does,
    commands: [...found.flatMap(({ before }) => before ?? []), ...before, create],
  };
}

async function versions(here: Here): Promise<CheckUp[]> {
  const path = here.findProgram("aws");
  return path === undefined ? [] : [{ name: "aws", verdict: "ok", text: await here.versionOf(path) }];
}
