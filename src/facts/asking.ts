/** Texts that ask how other work has ended: commands, and conditions that are written out. */

const asks =
  /workflow_run\.conclusion|gh run (list|view|watch)|gh pr checks|gh api [^\n]*(actions\/runs|check-runs|commits\/[^\n]*\/status)|listWorkflowRuns|getWorkflowRun\b|checks\.listForRef|getCombinedStatusForRef|wait-for-(check|status|workflow)|statuses?\.list/;

/** A line that only prints, to people and not into a file that others read. */
const prints = /^\s*(?:-\s+)?(?:echo|printf|console\.log|core\.(?:info|notice|debug))\b(?!.*(?:>|\||&&|;))/;

/** Whether something is done about it, too: to print it keeps nobody back. */
export function asksHowRunsEnded(text: string): boolean {
  if (!asks.test(text)) return false;
  const acting = text
    .split("\n")
    .filter((line) => !prints.test(line))
    .join("\n");
  return asks.test(acting);
}
