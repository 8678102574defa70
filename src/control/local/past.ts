import type { Delivery } from "../../model/delivery.ts";
import type { Deployed, History } from "../../plan/plan.ts";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import type { Project } from "../project.ts";
import type { Past } from "../request/run-request.ts";
import type { Source } from "../request/source.ts";

export interface PastQuestion {
  project: Project;
  source: Source;
  /** Of what else was deployed once, nothing is read: it can stand for nothing of this one. */
  delivery: Delivery;
  /** Versions that matter besides what is deployed: those of a release that is moved. */
  also?: readonly Deployed[];
}

/** What earlier runs did that matters for these files: what is deployed, what was made of them, how long jobs took. */
export function pastOf(journal: JournalReader, { project, source, delivery, also = [] }: PastQuestion): Past {
  const seq = journal.newestSeq();
  const { deployed } = journal.deployed();
  const history = { deployed, ...begunIn(journal, deployed) };
  const versions = [...versionsOf(delivery, history), ...also];
  const commits = versions.map(({ commit }) => commit);
  const made = journal.made(source.kind === "commit" ? [source.commit, ...commits] : commits, {
    releases: versions.map(({ release }) => release),
    isKept: keptIn(project),
  });
  const lost = lostOf({ history, made }, { project, also });
  return { seq, history, made, lost, durations: journal.durations() };
}

/** Whether it is still so, as far as can be told without reading it again. */
export function isPresent(
  past: Past,
  { journal, project, also = [] }: Omit<PastQuestion, "source" | "delivery"> & { journal: JournalReader },
): boolean {
  return past.seq === journal.newestSeq() && String(past.lost) === String(lostOf(past, { project, also }));
}

function lostOf(
  { history, made }: Pick<Past, "history" | "made">,
  { project, also }: Required<Omit<PastQuestion, "source" | "delivery">>,
): string[] {
  const results = [...versionsIn(history), ...also, ...made.flatMap(({ jobs }) => Object.values(jobs))];
  const digests = new Set(results.flatMap(({ artifacts }) => Object.values(artifacts).map(({ digest }) => digest)));
  const isKept = keptIn(project);
  return [...digests].filter((digest) => !isKept(digest));
}

function keptIn({ stateFolder }: Project): (digest: string) => boolean {
  const artifacts = new ArtifactStore(stateFolder);
  return (digest) => artifacts.has(digest);
}

function versionsOf({ pipelines }: Delivery, { deployed }: History): Deployed[] {
  const places = Object.values(deployed);
  return pipelines.flatMap(({ name }) => places.flatMap((there) => (Object.hasOwn(there, name) ? [there[name]!] : [])));
}

function versionsIn({ deployed }: History): Deployed[] {
  return Object.values(deployed).flatMap((there) => Object.values(there));
}

/** What began to be deployed somewhere. Only looked for where something may have been left half-way. */
function begunIn(journal: JournalReader, deployed: History["deployed"]): Pick<History, "begun"> {
  const oldest = Math.min(...versionsIn({ deployed }).map(({ release }) => release));
  if (!Number.isFinite(oldest) || !journal.hasUnpassedBehind(oldest)) return {};
  const begun: NonNullable<History["begun"]> = {};
  for (const { name, newest } of journal.state().environments.values()) begun[name] = Object.fromEntries(newest);
  return { begun };
}
