import { existsSync } from "node:fs";
import { shortPath } from "../../control/definition/source-frame.ts";
import type { Project } from "../../control/project.ts";
import { createRunner } from "../../runner/runner.ts";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import { rebuildJournalRecords, repairJournal } from "../../store/repair.ts";
import type { StoreError } from "../../store/store-error.ts";
import { verifyWholeJournal } from "../../store/verify-whole.ts";
import { count } from "../terminal/duration.ts";

/** Makes a damaged state folder whole again and says what that cost, one line for each thing. */
export async function repairState({ stateFolder }: Project, cwd: string): Promise<string[]> {
  if (!existsSync(stateFolder)) return ["nothing was run here yet: there is nothing to repair"];
  const lines = [...(await repairTheJournal(stateFolder, cwd)), ...(await repairArtifacts(stateFolder))];
  return lines.length > 0 ? lines : ["everything is as it was written: there is nothing to repair"];
}

async function repairTheJournal(stateFolder: string, cwd: string): Promise<string[]> {
  try {
    const { staleTables } = verifyWholeJournal(stateFolder);
    if (staleTables.length === 0) return [];
    rebuildJournalRecords(stateFolder);
    return ["derived again from the events: the list of runs and what is deployed"];
  } catch (error) {
    const { code, message } = error as StoreError;
    if (code === "empty") return [];
    if (code !== "damaged") throw error;
    return await repairDamage(stateFolder, { because: firstSentence(message), cwd });
  }
}

async function repairArtifacts(stateFolder: string): Promise<string[]> {
  const { incomplete } = await new ArtifactStore(stateFolder).inspect({ discard: true });
  if (incomplete.length === 0) return [];
  return [`taken away: ${count(incomplete.length, "artifact")} that cannot be used; baton run --force makes them anew`];
}

async function repairDamage(stateFolder: string, about: { because: string; cwd: string }): Promise<string[]> {
  const { because, cwd } = about;
  const { aside, kept, lost, givenUp, attempts, nextRelease } = repairJournal(stateFolder, {
    now: Date.now(),
    because,
  });
  await endLeftovers(stateFolder, attempts);
  const lines = [because, `kept: ${kept} events that are what was written; lost: ${lost}`];
  if (aside !== undefined) lines.push(`the damaged journal lies in ${shortPath(aside, cwd)}`);
  if (givenUp.length > 0) lines.push(`given up: ${givenUp.join(", ")}, which had not ended`);
  lines.push(
    `the next release is ${nextRelease}; what is deployed is what the kept events say (baton outputs), and baton plan ` +
      "shows what would be deployed anew",
  );
  return lines;
}

/** Processes of attempts that nothing in the journal ends any more. */
async function endLeftovers(stateFolder: string, attempts: string[]): Promise<void> {
  if (attempts.length === 0) return;
  const artifacts = new ArtifactStore(stateFolder);
  const runner = createRunner({ stateFolder, directoryOf: () => stateFolder, secrets: () => undefined, artifacts });
  await runner.reap(attempts);
  runner.close();
}

/** Without what to do about it: that is being done. */
function firstSentence(message: string): string {
  return message.split(". ")[0]!;
}
