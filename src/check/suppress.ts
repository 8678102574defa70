/**
 * `# baton-ignore rule-id: reason` on the line of a finding or alone on the line above it.
 *
 * Without a reason it does not count, and is a note itself: whoever reads it later must know why. So is one that accepts
 * nothing any more.
 */

import type { Finding } from "../findings/finding.ts";
import { nearestName } from "../findings/nearest-name.ts";
import { lineStarts, lineText, type SourceFile } from "../findings/source.ts";

export interface Suppressions {
  /** Whether the finding is accepted where it stands. */
  accepts(finding: Finding): boolean;
  /** How many findings were accepted. */
  readonly accepted: number;
  /** What is wrong with the comments themselves, once all findings were asked about. */
  notes(): Finding[];
}

interface Comment {
  readonly file: string;
  readonly rules: readonly string[];
  readonly line: number;
  readonly column: number;
  /** The line it speaks about: its own, or where it stands alone the next one that is no comment. */
  readonly about: number;
  readonly reason: string;
  /** Rules of which it has accepted something. */
  readonly used: Set<string>;
}

const marker = /#\s*baton-ignore\s+([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)\s*(?::\s*(.*?))?\s*$/;

/** `rules`: ids that there are. */
export function readSuppressions(sources: ReadonlyMap<string, SourceFile>, rules: readonly string[]): Suppressions {
  const comments = [...sources.values()].flatMap(commentsIn);
  let accepted = 0;
  return {
    accepts({ rule, location }) {
      const comment = comments.find(
        ({ file, about, reason, rules: named }) =>
          reason !== "" && file === location.file && about === location.line && named.includes(rule),
      );
      if (!comment) return false;
      comment.used.add(rule);
      accepted += 1;
      return true;
    },
    get accepted() {
      return accepted;
    },
    notes: () =>
      comments.flatMap((comment) => {
        if (comment.reason === "") return [withoutReason(comment)];
        const idle = comment.rules.filter((rule) => !comment.used.has(rule));
        return idle.map((rule) => unused(comment, rule, rules));
      }),
  };
}

function commentsIn(source: SourceFile): Comment[] {
  const found: Comment[] = [];
  if (!source.text.includes("baton-ignore")) return found;
  for (let line = 1; line <= lineStarts(source).length; line++) {
    const text = lineText(source, line)!;
    const match = text.includes("baton-ignore") ? marker.exec(text) : null;
    if (!match) continue;
    const isAlone = text.slice(0, match.index).trim() === "";
    found.push({
      file: source.path,
      rules: match[1]!.split(",").map((rule) => rule.trim()),
      line,
      column: match.index + 1,
      about: isAlone ? nextLine(line, source) : line,
      reason: match[2]?.trim() ?? "",
      used: new Set(),
    });
  }
  return found;
}

function nextLine(line: number, source: SourceFile): number {
  let next = line + 1;
  while (/^\s*(#.*)?$/.test(lineText(source, next) ?? "x")) next += 1;
  return next;
}

function note({ file, line, column }: Comment, words: Pick<Finding, "rule" | "message" | "why" | "help">): Finding {
  return {
    ...words,
    severity: "note",
    confidence: "high",
    location: { file, line, column },
    related: [],
    schedule: [],
  };
}

function withoutReason(comment: Comment): Finding {
  const named = comment.rules.join(", ");
  return note(comment, {
    rule: "suppression-without-reason",
    message: `The suppression of ${named} gives no reason, so it does not count`,
    why: "Whoever reads the file later must know why a finding is accepted here.",
    help: `Write the reason behind a colon: \`# baton-ignore ${named}: reason\`.`,
  });
}

function unused(comment: Comment, rule: string, rules: readonly string[]): Finding {
  const meant = rules.includes(rule) ? undefined : nearestName(rule, rules);
  return note(comment, {
    rule: "suppression-unused",
    message:
      meant === undefined
        ? `The suppression of ${rule} accepts nothing: it is not found on line ${comment.about}`
        : `The suppression of ${rule} accepts nothing: there is no such rule; did you mean ${meant}?`,
    why: "It would silently accept the next mistake of this kind at the same place.",
    help: meant === undefined ? "Take it out, or move it to the line of the finding." : `Write \`${meant}\`.`,
  });
}
