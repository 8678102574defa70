import { relative } from "node:path";
import { inOrder } from "../../order/topological.ts";
import { AwsProblem, awsCli } from "../../platforms/codepipeline/aws/aws-cli.ts";
import { placeOfArn } from "../../platforms/codepipeline/aws/console-links.ts";
import { type DeliveryStatus, lookAt, wantedPipelines } from "../../platforms/codepipeline/aws/look.ts";
import { createCommand } from "../../platforms/codepipeline/write/create-commands.ts";
import { lowerDelivery } from "../../platforms/codepipeline/write/lower.ts";
import { writeCodePipeline } from "../../platforms/codepipeline/write/write.ts";
import { type ExitCode, exitCodes, Failure } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { writing } from "../writing.ts";
import { type ForCodePipeline, readForCodePipeline } from "./definition.ts";
import { type Approval, approvalsOf, statusLines } from "./status-text.ts";

interface Options {
  config?: string;
  layout?: string;
  json?: true;
}

/** How the pipelines are that were generated from the definition, asked of AWS through its command line. */
export async function statusOnAws(options: Options, terminal: Terminal): Promise<ExitCode> {
  const read = await readForCodePipeline(options, terminal);
  const { delivery, write } = read;
  const environments = inOrder(delivery.environments, ({ after }) => after).map(({ name }) => name);
  const infrastructure = writing(delivery, terminal.cwd, () => lowerDelivery(delivery, write));
  const wanted = wantedPipelines(infrastructure, environments);
  const status = await asked(() => lookAt(wanted, awsCli(terminal.env)));
  const isThere = status.pipelines.length > 0;
  const create = createCommand({
    delivery: delivery.name,
    write,
    where: relative(terminal.cwd, read.project.root) || ".",
    files: writeCodePipeline(delivery, write).files,
    infrastructure,
    does: isThere ? "update" : "create",
  });
  if (options.json) terminal.printJson(statusJson(status, { read, environments }));
  else if (isThere) {
    const place = placeOfArn(status.pipelines.find(({ arn }) => arn !== undefined)?.arn);
    const where = place ? `, ${place.region}, account ${place.account}` : "";
    terminal.print(`${terminal.out.strong(delivery.name)} on CodePipeline${where}`);
    terminal.print(...statusLines({ status, environments, now: Date.now() }, terminal.out));
  }
  if (!isThere) {
    const names = status.missing.join(", ");
    throw new Failure(
      `${names}: not on AWS (layout ${write.layout}), in the account and region that the AWS CLI is set to`,
      { next: create },
    );
  }
  suggestNext(status, { terminal, create });
  return exitCodes.clean;
}

/** AWS that cannot be asked is no mistake of the definition. */
export async function asked<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof AwsProblem)) throw error;
    throw new Failure(error.message, error.next === undefined ? {} : { next: error.next });
  }
}

function suggestNext(status: DeliveryStatus, { terminal, create }: { terminal: Terminal; create: string }): void {
  const pending = status.connections.find((one) => one.status === "PENDING");
  const [approval] = approvalsOf(status);
  if (pending?.console) terminal.suggest(pending.console, "confirm the connection there");
  else if (status.missing.length > 0) terminal.suggest(create, "creates what is missing");
  else if (status.pipelines.some(({ isStale }) => isStale)) terminal.suggest(create, "brings the stack up to date");
  else if (approval) terminal.suggest(approval.approve ?? approval.console ?? "the console", "answers the approval");
  else terminal.suggest("baton cost", "what they cost a month");
}

function statusJson(
  status: DeliveryStatus,
  { read: { delivery, write }, environments }: { read: ForCodePipeline; environments: readonly string[] },
): unknown {
  return {
    version: 1,
    on: "codepipeline",
    delivery: delivery.name,
    layout: write.layout,
    ...status,
    approvals: approvalsOf(status) satisfies Approval[],
    deployed: Object.fromEntries(
      environments.map((environment) => [
        environment,
        Object.fromEntries(
          status.pipelines.flatMap(({ name, stages }) => {
            const deployed = stages.find((stage) => stage.environment === environment)?.deployed;
            return deployed ? [[name, deployed]] : [];
          }),
        ),
      ]),
    ),
  };
}
