/** What builds do, as their buildspecs say it. */
import { createHash } from "node:crypto";
import type { RunState } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import type { Action } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import type { Account } from "./account.ts";
import { projectVariables } from "./definition.ts";

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type?: "PARAMETER_STORE";
}

/** Values of outputs: nothing in them may be taken for anything else. */
export const said = (bytes: string) => `{"of": "${bytes}", 'it is'\n#{codepipeline.PipelineExecutionId}`;

/** @returns Exported variables; undefined where it fails. */
export function carryOutBuild(account: Account, run: RunState, action: Action): Record<string, string> | undefined {
  const text = account.filled(run, (action.configuration.EnvironmentVariables as string | undefined) ?? "[]");
  const variables = text === undefined ? undefined : parsed(text);
  if (variables === undefined) return undefined;
  const env = projectVariables(account.definition, action);
  for (const { name, value, type } of variables) {
    const found = type === "PARAMETER_STORE" ? account.parameters.get(value) : value;
    // A build whose parameter there is not does not begin.
    if (found === undefined) return undefined;
    env[name] = found;
  }
  if (action.name === "keep") return keep(account, run, env);
  return env.BATON_ENVIRONMENT === undefined ? build(account, run, env) : deploy(account, run, { env, action });
}

function parsed(text: string): readonly Variable[] | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Env = Readonly<Record<string, string>>;

const contentOf = ({ commits }: Account, { BATON_COMMIT: commit, BATON_PIPELINE: pipeline }: Env) =>
  `${pipeline}@${commits.get(commit!)![pipeline!]}`;

function build(account: Account, run: RunState, env: Env): Record<string, string> | undefined {
  const pipeline = env.BATON_PIPELINE!;
  const bytes = `${contentOf(account, env)}#${account.idOf(run)}`;
  if (!account.passes({ pipeline, environment: undefined, bytes })) return undefined;
  account.builtBy.set(`${run.id} ${pipeline}`, bytes);
  return { BATON_RUN: env.BATON_RUN! };
}

function keep(account: Account, run: RunState, env: Env): Record<string, string> {
  const { BATON_BRANCH: branch, BATON_PIPELINE: pipeline, BATON_COMMIT: commit, BATON_RUN: id } = env;
  const lines = Object.entries(account.commits.get(commit!)!).map(
    ([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}/file`,
  );
  account.put(`commits/${branch}/${commit}/files`, lines.join("\n"));
  const { startedAt, by } = account.about.get(run)!;
  const artifact = account.builtBy.get(`${run.id} ${pipeline}`);
  if (artifact !== undefined) account.put(`artifacts/${artifact}`, artifact);
  const record = {
    version: 1,
    commit,
    at: new Date(startedAt).toISOString(),
    isWantedAnew: by === "person",
    artifacts: { ...(artifact !== undefined && { build: artifact }) },
  };
  const key = `candidates/${branch}/${pipeline}/${startedAt}-${id}.json`;
  if (!account.objects.has(key)) account.put(key, JSON.stringify(record));
  return {};
}

function deploy(
  account: Account,
  run: RunState,
  { env, action }: { env: Env; action: Action },
): Record<string, string> | undefined {
  const [environment, pipeline] = [env.BATON_ENVIRONMENT!, env.BATON_PIPELINE!];
  const key = `${environment} ${pipeline}`;
  const was = account.truth.get(key);
  if (env.BATON_GO !== undefined && env.BATON_GO !== "yes") {
    if (env.BATON_GO !== "no") return undefined;
    account.entries.push({ what: "stays", environment, pipeline, bytes: was ?? "nothing", run });
    return {};
  }
  const bytes = taken(account, run, { env, action });
  if (bytes === undefined) return undefined;
  const after = account.before(environment, run);
  account.entries.push({ what: "begins", environment, pipeline, bytes, run, was, after });
  account.truth.set(key, `half ${bytes}`);
  for (const need of pipeline === "infra" ? [] : ["infra"]) {
    const value = told(account, need, env);
    account.entries.push({
      what: "is told",
      environment,
      pipeline,
      value,
      wanted: said(account.truth.get(`${environment} ${need}`)!),
    });
    if (value === undefined) return undefined;
  }
  if (!account.passes({ pipeline, environment, bytes })) return undefined;
  account.truth.set(key, bytes);
  account.entries.push({ what: "deployed", environment, pipeline, bytes, run });
  account.parameters.set(place(environment, pipeline, env.BATON_RUN!), said(bytes));
  return {};
}

/** Where its own outputs are put, and where those that need it look. */
const place = (environment: string, pipeline: string, run: string) => `/shop/${environment}/${pipeline}/url/${run}`;

function told(account: Account, need: string, env: Env): string | undefined {
  const { [`BATON_HANDED_${need}_url`]: filled, [`BATON_RUN_${need}`]: run, BATON_ENVIRONMENT: environment } = env;
  return filled ?? (run === undefined ? undefined : account.parameters.get(place(environment!, need, run)));
}

/** Of a record in a set, else of the run's own artifacts; what nobody builds is in the source. */
function taken(account: Account, run: RunState, { env, action }: { env: Env; action: Action }): string | undefined {
  const pipeline = env.BATON_PIPELINE!;
  const part = env[`BATON_PART_${pipeline}`];
  if (part !== undefined) {
    const text = account.objects.get(`candidates/${env.BATON_BRANCH}/${pipeline}/${part}.json`);
    const { artifacts } = JSON.parse(text ?? '{"artifacts":{}}') as { artifacts: { build?: string } };
    return account.objects.get(`artifacts/${artifacts.build}`);
  }
  const input = action.inputs.find((one) => one.endsWith("_build"));
  if (input === undefined) return contentOf(account, env);
  const maker = run.artifacts.get(input) ?? account.machine.runs[run.release]!.artifacts.get(input);
  return account.builtBy.get(`${maker} ${pipeline}`);
}
