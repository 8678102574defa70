import { count } from "../../../findings/count.ts";
import type { Delivery } from "../../../model/delivery.ts";
import { previewOf, standing } from "../../../model/previews.ts";
import { type Asked, asked, type Caller, type Refusal } from "../../control.ts";
import { loadDefinition } from "../../definition/load.ts";
import type { Project } from "../../project.ts";
import { allSecretsOf } from "../../request/secrets.ts";
import type { CheckUpView, ReadinessView } from "../../views/readiness.ts";
import { idlePaths } from "../idle-paths.ts";
import { gitCheckUps, programCheckUps, toolCheckUps } from "./programs.ts";
import { stateCheckUps } from "./state.ts";

/** What this machine has of what the delivery needs, also where there is none. Changes nothing. */
export async function readinessHere(found: Asked<Project>, caller: Caller): Promise<ReadinessView> {
  return { version: 1, on: "here", checkUps: await checkUps(found, caller) };
}

/** Everything that is looked at, in the order in which one thing rests on another. */
async function checkUps(found: Asked<Project>, caller: Caller): Promise<CheckUpView[]> {
  const { cwd, env } = caller;
  const programs = await programCheckUps(env);
  if (!found.ok) return [...programs, refusedDefinition(found.refusal)];
  const project = found.value;
  const repository = await gitCheckUps(project);
  const delivery = await asked(() => loadDefinition(project.file, caller));
  const definition = delivery.ok
    ? [
        definitionCheckUp(delivery.value),
        ...(await toolCheckUps(delivery.value, env)),
        ...secretCheckUps(delivery.value, env),
        ...(await pathCheckUps(delivery.value, project)),
      ]
    : [refusedDefinition(delivery.refusal)];
  return [...programs, ...repository, ...definition, ...(await stateCheckUps(project, cwd))];
}

function definitionCheckUp(delivery: Delivery): CheckUpView {
  const preview = previewOf(delivery);
  const text = [
    `${delivery.name}: ${count(delivery.pipelines.length, "pipeline")}`,
    standing(delivery)
      .environments.map(({ name }) => name)
      .join(" → "),
    ...(preview === undefined ? [] : [`${preview.name} for each pull request`]),
  ]
    .filter((part) => part !== "")
    .join(", ");
  return { name: "definition", verdict: "ok", text };
}

function refusedDefinition(refusal: Refusal): CheckUpView {
  return { name: "definition", verdict: "fail", text: refusal.because ?? refusal.subject, refusal };
}

async function pathCheckUps(delivery: Delivery, project: Project): Promise<CheckUpView[]> {
  const idle = await idlePaths(delivery, project);
  return idle.map(({ pipeline, pattern }) => ({
    name: "paths",
    verdict: "warn",
    text: `${pattern} of ${pipeline} matches no file in git`,
    remedy: "write it as git ls-files does, from the top of the repository, or take it out",
  }));
}

/** Secrets that jobs name and the environment does not hold: a file may still give them. */
function secretCheckUps(delivery: Delivery, env: NodeJS.ProcessEnv): CheckUpView[] {
  const names = [...allSecretsOf(delivery)];
  if (names.length === 0) return [];
  const missing = names.filter((name) => env[name] === undefined);
  if (missing.length === 0) return [{ name: "secrets", verdict: "ok", text: `${names.join(", ")} set` }];
  const text = `not set as environment variables: ${missing.join(", ")}`;
  return [{ name: "secrets", verdict: "warn", text, advice: { do: "give-secrets" } }];
}
