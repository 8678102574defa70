import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import type { Project } from "../project.ts";
import type { Past } from "../request/run-request.ts";
import type { Source } from "../request/source.ts";

/** What earlier runs did that matters for these files: what is deployed, what was made of them, how long jobs took. */
export function pastOf(journal: JournalReader, { project, source }: { project: Project; source: Source }): Past {
  const seq = journal.newestSeq();
  const history = journal.deployed();
  const deployed = Object.values(history.deployed).flatMap((there) => Object.values(there));
  const commits = deployed.map(({ commit }) => commit);
  const made = journal.made(source.kind === "commit" ? [source.commit, ...commits] : commits, {
    releases: deployed.map(({ release }) => release),
  });
  const lost = lostOf({ history, made }, project);
  return { seq, history, made, lost, durations: journal.durations() };
}

/** Whether it is still so, as far as can be told without reading it again. */
export function isPresent(past: Past, { journal, project }: { journal: JournalReader; project: Project }): boolean {
  return past.seq === journal.newestSeq() && String(past.lost) === String(lostOf(past, project));
}

function lostOf({ history, made }: Pick<Past, "history" | "made">, { stateFolder }: Project): string[] {
  const deployed = Object.values(history.deployed).flatMap((there) => Object.values(there));
  const results = [...deployed, ...made.flatMap(({ jobs }) => Object.values(jobs))];
  const digests = new Set(results.flatMap(({ artifacts }) => Object.values(artifacts).map(({ digest }) => digest)));
  const artifacts = new ArtifactStore(stateFolder);
  return [...digests].filter((digest) => !artifacts.has(digest));
}
