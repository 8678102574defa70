import type { Placed } from "../../../findings/source.ts";
import type {
  CallJob,
  CallSecrets,
  Container,
  Environment,
  Job,
  RunsOn,
  Service,
  StepsJob,
  Strategy,
} from "../workflow.ts";
import {
  booleanSetting,
  concurrency,
  condition,
  numberSetting,
  permissions,
  placedText,
  runDefaults,
  template,
  templateMap,
  texts,
} from "./fields.ts";
import { readMatrix } from "./matrix.ts";
import { readSteps } from "./steps.ts";
import { readCalledWorkflow } from "./uses.ts";
import { child, scalarText, uniqueEntries, type YamlEntry, type YamlNode } from "./yaml/node.ts";

/** Reads `jobs`, in the order of the file. A job that is no map has nothing in it and is left out. */
export function readJobs(node: YamlNode | undefined): Job[] {
  const jobs = uniqueEntries(node).flatMap((entry) => (entry.value.kind === "map" ? [readJob(entry)] : []));
  return jobs.map((job) => ({
    ...job,
    needs: job.needs.map((need) => ({ ...need, value: meantJob(need.value, jobs) })),
  }));
}

/** GitHub compares ids of jobs regardless of case. */
function meantJob(need: string, jobs: readonly Job[]): string {
  const same = jobs.find(({ id }) => id === need) ?? jobs.find(({ id }) => id.toLowerCase() === need.toLowerCase());
  return same?.id ?? need;
}

function readJob({ key, value: job }: YamlEntry): Job {
  const base = {
    id: scalarText(key),
    idAt: key.at,
    name: template(child(job, "name")),
    needs: texts(child(job, "needs")),
    if: condition(child(job, "if")),
    strategy: strategy(child(job, "strategy")),
    concurrency: concurrency(child(job, "concurrency")),
    permissions: permissions(child(job, "permissions")),
    at: job.at,
  };
  const uses = placedText(child(job, "uses"));
  return uses ? { ...base, ...callParts(job, uses) } : { ...base, ...stepsParts(job) };
}

function callParts(job: YamlNode, uses: Placed<string>): Pick<CallJob, "kind" | "uses" | "with" | "secrets"> {
  return {
    kind: "call",
    uses: readCalledWorkflow(uses),
    with: templateMap(child(job, "with")),
    secrets: secrets(child(job, "secrets")),
  };
}

function stepsParts(job: YamlNode) {
  return {
    kind: "steps",
    runsOn: runsOn(child(job, "runs-on")),
    environment: environment(child(job, "environment")),
    outputs: templateMap(child(job, "outputs")),
    env: templateMap(child(job, "env")),
    defaults: runDefaults(child(job, "defaults")),
    continueOnError: booleanSetting(child(job, "continue-on-error")),
    timeoutMinutes: numberSetting(child(job, "timeout-minutes")),
    container: container(child(job, "container")),
    services: services(child(job, "services")),
    steps: readSteps(child(job, "steps")),
  } satisfies Partial<StepsJob>;
}

function secrets(node: YamlNode | undefined): CallSecrets {
  const text = placedText(node);
  if (text?.value === "inherit") return { kind: "inherit", at: text.at };
  const map = templateMap(node);
  return map ? { kind: "given", map } : { kind: "none" };
}

function runsOn(node: YamlNode | undefined): RunsOn | undefined {
  if (!node) return undefined;
  const labels = node.kind === "map" ? child(node, "labels") : node;
  const items = labels?.kind === "sequence" ? labels.items : labels ? [labels] : [];
  return { labels: items.flatMap((item) => template(item) ?? []), group: template(child(node, "group")), at: node.at };
}

function environment(node: YamlNode | undefined): Environment | undefined {
  const name = template(node?.kind === "map" ? child(node, "name") : node);
  if (!node || !name) return undefined;
  return {
    name,
    url: template(child(node, "url")),
    deployment: booleanSetting(child(node, "deployment")),
    at: node.at,
  };
}

function container(node: YamlNode | undefined): Container | undefined {
  const image = template(node?.kind === "map" ? child(node, "image") : node);
  return node && image ? { image, env: templateMap(child(node, "env")), at: node.at } : undefined;
}

function services(node: YamlNode | undefined): Service[] {
  return uniqueEntries(node).flatMap(({ key, value }) => {
    const read = container(value);
    return read ? [{ ...read, id: scalarText(key) }] : [];
  });
}

function strategy(node: YamlNode | undefined): Strategy | undefined {
  if (node?.kind !== "map") return undefined;
  return {
    matrix: readMatrix(child(node, "matrix")),
    failFast: booleanSetting(child(node, "fail-fast")),
    maxParallel: numberSetting(child(node, "max-parallel")),
    at: node.at,
  };
}
