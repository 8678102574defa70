import { shortPath } from "../../control/definition/source-frame.ts";
import { type RepairView, repairStateFolder } from "../../control/local/state-folder.ts";
import type { Project } from "../../control/project.ts";
import { count } from "../../findings/count.ts";

/** Makes a damaged state folder whole again and says what that cost, one line for each thing. */
export async function repairState({ stateFolder }: Project, cwd: string): Promise<string[]> {
  const repaired = await repairStateFolder(stateFolder);
  if (repaired === undefined) return ["nothing was run here yet: there is nothing to repair"];
  const lines = [...journalLines(repaired, cwd), ...artifactLines(repaired)];
  return lines.length > 0 ? lines : ["everything is as it was written: there is nothing to repair"];
}

function journalLines({ derivedAgain, damage }: RepairView, cwd: string): string[] {
  if (derivedAgain) return ["derived again from the events: the list of runs and what is deployed"];
  if (damage === undefined) return [];
  const { because, aside, kept, lost, unknownAfter, givenUp, nextRelease } = damage;
  const lines = [because, `kept: ${kept} events that are what was written; lost: ${lost}`];
  if (aside !== undefined) lines.push(`the damaged journal lies in ${shortPath(aside, cwd)}`);
  if (givenUp.length > 0) lines.push(`given up: ${givenUp.join(", ")}, which had not ended`);
  if (unknownAfter === 0) lines.push("what was deployed is not known");
  else if (unknownAfter !== undefined) lines.push(`what was deployed after event ${unknownAfter} is not known`);
  lines.push(
    `the next release is ${nextRelease}; what is deployed is what the kept events say (baton outputs), and baton plan ` +
      "shows what would be deployed anew",
  );
  return lines;
}

function artifactLines({ artifacts }: RepairView): string[] {
  if (artifacts === 0) return [];
  return [`taken away: ${count(artifacts, "artifact")} that cannot be used; baton run --force makes them anew`];
}
