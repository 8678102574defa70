import type { Finding, Location } from "../../../findings/finding.ts";

const SYNTAX_URL = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax";

/** A file that GitHub refuses, or that cannot be read. */
export function invalidWorkflow(message: string, location: Location): Finding {
  return {
    rule: "invalid-workflow",
    severity: "error",
    confidence: "high",
    message: sentence(message),
    location,
    related: [],
    schedule: [],
    why: "GitHub refuses a file like this as a whole: nothing in it runs, and workflows that wait for it never start.",
    help: "Correct the place that is shown; the workflow syntax page lists what may stand there.",
    url: SYNTAX_URL,
  };
}

/** A key below an event of `on` that means nothing there: GitHub runs the workflow as if it were not written. */
export function ignoredSetting(event: string, key: string | undefined, location: Location): Finding {
  return {
    ...invalidWorkflow("", location),
    severity: "warning",
    confidence: "medium",
    message:
      key === undefined
        ? `'${event}' takes no settings: GitHub ignores them`
        : `'${event}' knows no '${key}': GitHub ignores it`,
    why: "GitHub starts the workflow as if this were not there, so that a filter that people rely on filters nothing.",
  };
}

/** A path whose contents were left out, with the reason. */
export function unreadableFile(file: string, message: string): Finding {
  return invalidWorkflow(message, { file, line: 1, column: 1 });
}

function sentence(message: string): string {
  const text = message.replace(/\s+/g, " ").trim();
  return text === "" ? "GitHub refuses this" : text[0]!.toUpperCase() + text.slice(1);
}
