import type { Infrastructure } from "../../../platforms/codepipeline/write/infrastructure.ts";
import type { WrittenFile } from "../../../platforms/generated.ts";
import type { ForCodePipeline } from "../../codepipeline/definition.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CheckUp } from "../check-up.ts";

/** The pipelines that are to be put on AWS, and where from. */
export interface Wanted extends ForCodePipeline {
  readonly infrastructure: Infrastructure;
  readonly files: readonly WrittenFile[];
  readonly terminal: Terminal;
}

/** What was found out, and what it adds to the commands. */
export interface Found {
  readonly checkUp: CheckUp;
  readonly before?: string;
}
