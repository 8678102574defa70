import type { Finding } from "../../../findings/finding.ts";
import { locationOf } from "../../../findings/source.ts";
import type { SyntaxProblem } from "./tree/node.ts";

/** A file that speaks of pipelines and cannot be read: nothing in it was checked. */
export function unreadablePipeline({ message, at }: SyntaxProblem): Finding {
  return {
    rule: "unreadable-pipeline",
    severity: "warning",
    confidence: "medium",
    message: `This file describes a pipeline and cannot be read: ${message}`,
    location: locationOf(at),
    related: [],
    schedule: [],
    why: "AWS refuses such a file as a whole, and nothing in it could be checked.",
    help: "Correct the place that is shown. A file that becomes a template only later is better checked after that.",
    url: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html",
  };
}
