/** Whether generated CodePipelines can be put on AWS from here, and the commands that do it. Runs none of them. */

import { relative } from "node:path";
import { findProgram, readRemote } from "../../../control/local/machine.ts";
import { commandsBefore, createCommand } from "../../../platforms/codepipeline/write/create-commands.ts";
import { lowerDelivery } from "../../../platforms/codepipeline/write/lower.ts";
import { writeCodePipeline } from "../../../platforms/codepipeline/write/write.ts";
import { type CodePipelineOptions, readForCodePipeline } from "../../codepipeline/definition.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { writing } from "../../writing.ts";
import type { CheckUp } from "../check-up.ts";
import { firstLine } from "../programs.ts";
import { connectionFound } from "./connection.ts";
import type { Wanted } from "./found.ts";
import { generatedFiles, sourceFound, toolFound } from "./here.ts";
import { onAws } from "./on-aws.ts";

export interface Readiness {
  readonly checkUps: readonly CheckUp[];
  readonly does: "create" | "update";
  /** In this order. Values that nobody can know stand as `…`. */
  readonly commands: readonly string[];
}

export async function readinessOnCodePipeline(options: CodePipelineOptions, terminal: Terminal): Promise<Readiness> {
  const read = await readForCodePipeline(options, terminal);
  const { delivery, write } = read;
  const infrastructure = writing(delivery, terminal.cwd, () => lowerDelivery(delivery, write));
  const wanted: Wanted = { ...read, infrastructure, files: writeCodePipeline(delivery, write).files, terminal };
  const generated = generatedFiles(wanted);
  const here = [generated, await sourceFound(wanted, generated)];
  const aws = await onAws(wanted);
  const remote = read.project.repository === undefined ? undefined : await readRemote(read.project.repository);
  const connection = aws.connections && connectionFound(aws.connections, remote);
  const found = [...here, ...aws.found, ...toolFound(wanted), ...(connection ? [connection] : [])];
  const values = {
    ...(remote && { Repository: remote.path }),
    ...(connection?.arn !== undefined && { ConnectionArn: connection.arn }),
  };
  const where = relative(terminal.cwd, read.project.root) || ".";
  const created = {
    delivery: delivery.name,
    write,
    where,
    files: wanted.files,
    infrastructure,
    values,
    does: aws.does,
  };
  const create = createCommand(created);
  // Whether these are there is not looked at: that takes the credentials of other accounts.
  const before =
    aws.does === "create" ? commandsBefore(created).map(({ command, place }) => `${command}  # ${place}`) : [];
  return {
    checkUps: [...(await versions(wanted)), ...found.map(({ checkUp }) => checkUp)],
    does: aws.does,
    commands: [...found.flatMap(({ before }) => before ?? []), ...before, create],
  };
}

async function versions({ terminal }: Wanted): Promise<CheckUp[]> {
  const path = findProgram("aws", terminal.env.PATH ?? "");
  return path === undefined ? [] : [{ name: "aws", verdict: "ok", text: await firstLine(path) }];
}
