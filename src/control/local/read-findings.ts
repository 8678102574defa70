import { dirname } from "node:path";
import { type Asked, refused } from "../control.ts";
import type { Place } from "../project.ts";
import { type FindingsView, findingsView } from "../views/findings.ts";
import { askChild } from "./ask-child.ts";
import { checkRepository } from "./check-repository.ts";

/** What the child prints: `commands/read-findings.ts`. */
export type FindingsAnswer = Asked<FindingsView>;

/** A check of a large repository takes seconds. */
const limitMs = 60_000;

/**
 * What `check` finds in the repository that the definition stands in. Whoever asks for days has it looked at by a process of
 * its own, which may take its time and its memory. @throws {Refused}
 */
export async function readFindings({ project, caller }: Place): Promise<FindingsView> {
  const root = project.repository ?? dirname(project.file);
  return caller.isLasting ? await inChild(root, caller) : await findingsIn(root);
}

/** @throws {Refused} */
export async function findingsIn(root: string): Promise<FindingsView> {
  return findingsView(await checkRepository(root));
}

async function inChild(root: string, { cwd, entry }: Place["caller"]): Promise<FindingsView> {
  return await askChild<FindingsView>({
    entry,
    command: ["read-findings", root],
    cwd,
    limitMs,
    explain: (none) => {
      const late = `the check took longer than ${limitMs / 1000} s`;
      return refused("not-ready", {
        subject: root,
        because: none === "late" ? late : "the check ended without an answer",
      });
    },
  });
}
