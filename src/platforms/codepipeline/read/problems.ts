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

/** A file of a configuration with pipelines. What could be told apart in it was read all the same. */
export function unreadableTerraform({ message, at }: SyntaxProblem): Finding {
  return {
    rule: "unreadable-pipeline",
    severity: "warning",
    confidence: "high",
    message: `This file belongs to a configuration with pipelines and cannot be read as Terraform: ${message}`,
    location: locationOf(at),
    related: [],
    schedule: [],
    why: "Terraform refuses the whole folder. The block with the mistake was not checked; the rest was, as far as it does not depend on it.",
    help: "Correct the place that is shown; `terraform validate` says what it expects there.",
    url: "https://developer.hashicorp.com/terraform/language/syntax/configuration",
  };
}
