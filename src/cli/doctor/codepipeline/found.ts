import type { Document } from "../../../platforms/codepipeline/write/document.ts";
import type { WrittenFile } from "../../../platforms/generated.ts";
import type { ForCodePipeline } from "../../codepipeline/definition.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CheckUp } from "../check-up.ts";

/** The pipelines that are to be put on AWS, and where from. */
export interface Wanted extends ForCodePipeline {
  readonly document: Document;
  readonly files: readonly WrittenFile[];
  readonly terminal: Terminal;
}

/** What was found out, and what it adds to the commands. */
export interface Found {
  readonly checkUp: CheckUp;
  readonly before?: string;
}
