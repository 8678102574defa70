/**
 * `# baton-ignore rule-id: reason` on the line of a finding or alone on the line above it.
 *
 * Without a reason it does not count, and is a note itself: whoever reads it later must know why.
 */

import { type Finding, sortFindings } from "../findings/finding.ts";
import { lineStarts, lineText, type SourceFile } from "../findings/source.ts";

export interface Suppressed {
  readonly findings: Finding[];
  readonly suppressed: number;
}

interface Comment {
  readonly rules: readonly string[];
  readonly line: number;
  readonly column: number;
  /** Alone on its line: it speaks about the next one. */
  readonly alone: boolean;
  readonly reason: string;
}

const marker = /#\s*baton-ignore\s+([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)\s*(?::\s*(.*?))?\s*$/;

export function suppress(findings: readonly Finding[], sources: ReadonlyMap<string, SourceFile>): Suppressed {
  const comments = new Map<string, readonly Comment[]>();
  for (const [file, source] of sources) {
    if (source.text.includes("baton-ignore")) comments.set(file, commentsIn(source));
  }
  if (comments.size === 0) return { findings: [...findings], suppressed: 0 };
  const kept = findings.filter((finding) => !isSuppressed(finding, comments, sources));
  const notes = [...comments].flatMap(([file, found]) =>
    found.filter((comment) => comment.reason === "").map((comment) => withoutReason(file, comment)),
  );
  return { findings: sortFindings([...kept, ...notes]), suppressed: findings.length - kept.length };
}

function commentsIn(source: SourceFile): Comment[] {
  const found: Comment[] = [];
  for (let line = 1; line <= lineStarts(source).length; line++) {
    const text = lineText(source, line)!;
    const match = text.includes("baton-ignore") ? marker.exec(text) : null;
    if (!match) continue;
    found.push({
      rules: match[1]!.split(",").map((rule) => rule.trim()),
      line,
      column: match.index + 1,
      alone: text.slice(0, match.index).trim() === "",
      reason: match[2]?.trim() ?? "",
    });
  }
  return found;
}

function isSuppressed(
  { rule, location }: Finding,
  comments: ReadonlyMap<string, readonly Comment[]>,
  sources: ReadonlyMap<string, SourceFile>,
): boolean {
  return (comments.get(location.file) ?? []).some((comment) => {
    if (comment.reason === "" || !comment.rules.includes(rule)) return false;
    return comment.alone
      ? location.line === nextLine(comment, sources.get(location.file)!)
      : location.line === comment.line;
  });
}

/** The line a comment speaks about: the next that is no comment. */
function nextLine({ line }: Comment, source: SourceFile): number {
  let next = line + 1;
  while (/^\s*(#.*)?$/.test(lineText(source, next) ?? "x")) next += 1;
  return next;
}

function withoutReason(file: string, { rules, line, column }: Comment): Finding {
  return {
    rule: "suppression-without-reason",
    severity: "note",
    confidence: "high",
    message: `The suppression of ${rules.join(", ")} gives no reason, so it does not count`,
    location: { file, line, column },
    related: [],
    schedule: [],
    why: "Whoever reads the file later must know why a finding is accepted here.",
    help: `Write the reason behind a colon: \`# baton-ignore ${rules.join(", ")}: reason\`.`,
  };
}
