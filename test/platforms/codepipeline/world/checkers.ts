/** What must be true of every history of an account, whatever was done in it. */
import type { RunState } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import type { Account, Entry } from "./account.ts";

type Checker = (account: Account) => string[];
type Of<What extends Entry["what"]> = Extract<Entry, { what: What }>;

/** By what they see. */
export const checkers = {
  "what was not proven before": unproven,
  "older over newer, and nobody asked": older,
  "two runs in one environment": together,
  "green, and nothing done": silent,
  "a value that is another one when it arrives": garbled,
  "back to what was taken back, or twice": wrongWayBack,
  "half deployed, and recorded as whole": half,
} satisfies Readonly<Record<string, Checker>>;

export function violations(account: Account): string[] {
  return Object.entries(checkers).flatMap(([what, checker]) => checker(account).map((one) => `${what}: ${one}`));
}

const isOf =
  <What extends Entry["what"]>(...what: What[]) =>
  (entry: Entry): entry is Of<What> =>
    (what as string[]).includes(entry.what);

const wordsOf = (key: string) => key.split(" ") as [string, string];

function unproven({ entries }: Account): string[] {
  const proven = new Set<string>();
  const wrong: string[] = [];
  for (const entry of entries.filter(isOf("stage passed", "begins"))) {
    const { environment, run } = entry;
    if (entry.what === "stage passed") {
      for (const [key, bytes] of entry.there) if (wordsOf(key)[0] === environment) proven.add(`${key} ${bytes}`);
      continue;
    }
    for (const before of entry.after) {
      if (proven.has(`${before} ${entry.pipeline} ${entry.bytes}`)) continue;
      wrong.push(`${entry.bytes} comes to ${environment} by run ${run.id}, and ${before} has not proven it`);
    }
  }
  return wrong;
}

/** Position of the commit in which the content was new. */
const ageOf = (bytes: string) => Number(/@c(\d+)/.exec(bytes)?.[1] ?? 0);

/**
 * Release change of a CodePipeline that queues takes the newest commit at once, and runs of older pushes that waited follow with theirs: the
 * platform knows no other way, and the page says so.
 */
function older({ entries, about, askedFor, definition }: Account): string[] {
  const last = new Map<string, RunState>();
  return entries.filter(isOf("begins")).flatMap(({ environment, pipeline, bytes, was, run }) => {
    const key = `${environment} ${pipeline}`;
    const before = last.get(key);
    last.set(key, run);
    if (was === undefined || ageOf(bytes) >= ageOf(was)) return [];
    if (run.kind === "rollback" || about.get(run)!.isAsked || askedFor.has(run.commit!)) return [];
    if (definition.layout === "single" && before?.commit === undefined) return [];
    return [`run ${run.id} deploys ${bytes} over ${was} in ${environment}`];
  });
}

function together({ entries }: Account): string[] {
  const inside = new Map<string, number>();
  const wrong: string[] = [];
  for (const { what, environment, run } of entries.filter(isOf("begins", "stays", "stage left"))) {
    const there = inside.get(environment);
    if (what === "stage left") {
      if (there === run.id) inside.delete(environment);
      continue;
    }
    if (there !== undefined && there !== run.id)
      wrong.push(`run ${run.id} is in ${environment} together with ${there}`);
    inside.set(environment, run.id);
  }
  return wrong;
}

/** A run that succeeded has deployed every pipeline, or said of it that nothing is new; and where nothing was, people were told. */
function silent({ entries, about, told, definition, idOf }: Account): string[] {
  const names = new Set(definition.delivery.pipelines.map(({ name }) => name));
  return entries.filter(isOf("run ended")).flatMap(({ run, as }) => {
    if (as !== "succeeded") return [];
    const { stages, members, after } = about.get(run)!;
    const own = entries.filter(isOf("deployed", "stays")).filter((one) => one.run === run);
    const passed = [...stages].flatMap(([name, { status }]) => (status === "Succeeded" && after[name] ? [name] : []));
    const missing = passed.flatMap((environment) =>
      members
        .filter((name) => names.has(name))
        .filter((name) => !own.some((one) => one.environment === environment && one.pipeline === name))
        .map((name) => `run ${run.id} succeeded, and said nothing of ${name} in ${environment}`),
    );
    const isIdle = run.kind === "standard" && passed.length > 0 && own.every(({ what }) => what === "stays");
    const isSaid = told.some(({ subject, text }) => subject.includes("nothing new") && text.includes(`/${idOf(run)}/`));
    return isIdle && !isSaid ? [...missing, `run ${run.id} deployed nothing, and nobody was told`] : missing;
  });
}

function garbled({ entries }: Account): string[] {
  return entries
    .filter(isOf("is told"))
    .flatMap(({ environment, pipeline, value, wanted }) =>
      value === wanted ? [] : [`${pipeline} in ${environment} is told ${value}, and ${wanted} is there`],
    );
}

function wrongWayBack({ entries, machine }: Account): string[] {
  const left = new Set<string>();
  return entries.filter(isOf("goes back")).flatMap(({ by, stage, from, to }) => {
    const key = (run: typeof to) => `${run.pipeline} ${stage} ${run.id}`;
    const wrong: string[] = [];
    if (by === "function" && left.has(key(to))) wrong.push(`${stage} goes to run ${to.id}, which was taken back`);
    if (by === "function" && from?.kind === "rollback")
      wrong.push(`${stage} goes back from its rollback, run ${from.id}`);
    const good = from && machine.runs[from.release]!;
    if (good && good !== to) left.add(key(good));
    return wrong;
  });
}

function half({ objects, truth }: Account): string[] {
  return [...objects].flatMap(([key, text]) => {
    const [, environment, pipeline] = /^environments\/(.+)\/there\/(.+)\.json$/.exec(key) ?? [];
    if (environment === undefined) return [];
    const { isWhole } = JSON.parse(text) as { isWhole: boolean };
    const there = truth.get(`${environment} ${pipeline}`);
    return isWhole && there?.startsWith("half") ? [`${pipeline} in ${environment} is ${there}`] : [];
  });
}
