import type { Recorded, RunId } from "../../engine/events.ts";
import { automaticPromotions, type Outlook } from "../../release/automatic.ts";
import type { RunFacts } from "../../release/history.ts";
import { type ReleaseHistory, releaseHistory } from "../../release/history.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { newestRuns } from "./journal.ts";

/** So many deployments of each pipeline in each environment are looked at, whatever their age. */
export const keptDeployments = 20;

/**
 * What the journal says of releases: of the newest runs, and of those that deployed what was lately somewhere. `until`: what
 * it said of them at the event of this number.
 */
export function readReleases(journal: JournalReader, ask: { most?: number; until?: number } = {}): ReleaseHistory {
  return releaseHistory(readRunFacts(journal, ask));
}

/** Read from history, whether or not any environment has it. */
export function outlookIn(journal: JournalReader): Outlook {
  const runs = readRunFacts(journal);
  const { promotions, held } = automaticPromotions(releaseHistory(runs), runs);
  // Of a release that is older than all runs that were read, nobody knows whether it was tried.
  const oldest = journal.runs({ newest: newestRuns }).at(-1)?.release ?? 0;
  const isKnown = ({ release }: { release: number }) => release >= oldest;
  return { promotions: promotions.filter(isKnown), held: held.filter(isKnown) };
}

function readRunFacts(
  journal: JournalReader,
  { most = newestRuns, until = Number.POSITIVE_INFINITY }: { most?: number; until?: number } = {},
): RunFacts[] {
  const asked = { newest: Math.max(most, newestRuns), ...(Number.isFinite(until) && { until }) };
  const runs = new Set<RunId>(journal.runs(asked).map(({ run }) => run));
  for (const { run } of journal.newestDeployments(keptDeployments)) runs.add(run);
  const known = (run: RunId) => [...journal.milestones(run)].filter(({ seq }) => seq <= until);
  return [...runs].flatMap((run) => factsOf(known(run)) ?? []);
}

/** What the events of one run say, in order. */
export function factsOf(events: Iterable<Recorded>): RunFacts | undefined {
  let facts: RunFacts | undefined;
  let deploying = new Map<string, string>();
  for (const { seq, at, event } of events) {
    switch (event.type) {
      case "run.created": {
        const { run, release: number, delivery, plan, moves, by, comment } = event;
        facts = {
          run,
          number,
          seq,
          at,
          delivery,
          plan,
          changes: [],
          answers: [],
          ...(moves !== undefined && { moves }),
          ...(by !== undefined && { by }),
          ...(comment !== undefined && { comment }),
        };
        deploying = deployingJobs(facts);
        break;
      }
      case "job.started": {
        const environment = deploying.get(event.job);
        if (environment !== undefined) facts?.changes.push({ environment, seq, at, job: event.job });
        break;
      }
      case "approval.given": {
        const { environment, by, comment } = event;
        facts?.answers.push({ environment, answer: "approved", by, at, ...(comment !== undefined && { comment }) });
        break;
      }
      case "approval.answered": {
        const { environment, answer, by, comment } = event;
        facts?.answers.push({ environment, answer, by, at, ...(comment !== undefined && { comment }) });
        break;
      }
      case "lock.released":
        if (Object.keys(event.deployed).length > 0)
          facts?.changes.push({ environment: event.environment, seq, at, deployed: event.deployed });
        break;
      case "run.retry-requested":
        delete facts?.conclusion;
        break;
      case "run.finished":
        if (facts === undefined) break;
        facts.conclusion = event.conclusion;
        for (const [environment, deployed] of Object.entries(event.deployed)) {
          if (isNews(facts, environment, Object.keys(deployed))) facts.changes.push({ environment, seq, at, deployed });
        }
    }
  }
  return facts;
}

/** The end of a run tells once more what was told when each lock was given back. */
function isNews({ changes }: RunFacts, environment: string, pipelines: readonly string[]): boolean {
  const told = changes.filter((change) => change.environment === environment);
  return pipelines.some((pipeline) => !told.some(({ deployed }) => deployed && Object.hasOwn(deployed, pipeline)));
}

/** Jobs that change an environment, with it. */
function deployingJobs({ plan, delivery }: RunFacts): Map<string, string> {
  const pipelines = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  return new Map(
    plan.jobs.flatMap(({ id, pipeline, job, environment, undoes }) => {
      const changes = undoes !== undefined || pipelines.get(pipeline)?.jobs[job]?.deploys === true;
      return environment !== undefined && changes ? [[id, environment]] : [];
    }),
  );
}
