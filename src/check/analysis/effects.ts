/** What a job is for: by what its steps do, and by name only where nothing was recognised. */

import type { Access, ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, ShellFacts, StepFacts } from "../../facts/facts.ts";
import { type ActionFacts, isAction } from "../../facts/stages.ts";
import type { Confidence } from "../../findings/finding.ts";
import {
  actingWords,
  deployWords,
  documentationWords,
  harmless,
  lookingWords,
  reportingWords,
  skipsTests,
  testActions,
  testCommand,
  tryingWords,
} from "./effect-words.ts";
import { onceFor } from "./once-for.ts";

/** Something that changes the world outside of the run. */
export interface Effect {
  readonly job: JobFacts;
  /** Undefined for a called workflow of another repository. */
  readonly step: StepFacts | undefined;
  /** Undefined where only a name tells. */
  readonly access: ResourceAccess | undefined;
  readonly kind: "deploy" | "publish" | "destroy";
  readonly confidence: Confidence;
  /** `terraform apply`, or the step's label. */
  readonly tool: string;
}

const words = (text: string): string =>
  ` ${text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")} `;

function says(text: string, ...wanted: readonly string[]): boolean {
  const spaced = words(text);
  return wanted.some((word) => spaced.includes(` ${word} `));
}

function namedEffect(label: string): "deploy" | "publish" | undefined {
  if (says(label, ...harmless)) return undefined;
  if (says(label, ...deployWords)) return "deploy";
  if (says(label, "publish", "release", "push"))
    return says(label, "push") && !says(label, "image", "images", "docker") ? undefined : "publish";
  return undefined;
}

/** A step whose name begins with what it does: "Deploy to Netlify". */
export function stepEffect(label: string): "deploy" | "publish" | undefined {
  const first = /^[^a-z]*(deploy|rollout|roll out|promote|ship|publish|release)\b/i.exec(label)?.[1]?.toLowerCase();
  if (first === undefined || says(label, ...harmless)) return undefined;
  return first === "publish" || first === "release" ? "publish" : "deploy";
}

function effectKind(access: Access): "deploy" | "publish" | "destroy" | undefined {
  if (access.kind !== "resource" || access.mode === "read") return undefined;
  return access.effect === "deploy" || access.effect === "publish" || access.effect === "destroy"
    ? access.effect
    : undefined;
}

/** What the job changes outside; recognised effects, or one that its names tell. */
export const effectsOf: (job: JobFacts) => readonly Effect[] = onceFor(findEffects);

function findEffects(job: JobFacts): Effect[] {
  if (job.kind === "remote-call") return remoteEffects(job);
  const recognised = job.steps.flatMap((step) =>
    step.accesses.flatMap((access): Effect[] => {
      const kind = effectKind(access);
      if (!kind || access.kind !== "resource" || rehearses(step, access)) return [];
      // What is not certain to reach anything outside counts only where people call it that.
      if (access.confidence === "low" && !saysItActs(job, step)) return [];
      return [{ job, step, access, kind, confidence: access.confidence, tool: access.tool }];
    }),
  );
  if (recognised.length > 0) return recognised;
  if (isAction(job)) return untoldDeployment(job);
  // Without anything to show at the door nothing can be changed outside.
  const isSignedIn = job.steps.some(({ signsIn }) => signsIn);
  if (job.rights.secrets.length === 0 && !job.environment && job.rights.writes !== "yes" && !isSignedIn) return [];
  for (const step of job.steps) {
    const kind = saidByStep(step);
    if (kind) return [{ job, step, access: undefined, kind, confidence: "medium", tool: step.label }];
  }
  const step = (job.environment || isSignedIn) && saysItDeploys(job) ? job.steps.findLast(isOfUnknownTool) : undefined;
  return step ? [{ job, step, access: undefined, kind: "deploy", confidence: "low", tool: firstWords(step) }] : [];
}

/** By the name that people gave the step; of an action nobody knows also by the action's own. */
function saidByStep(step: StepFacts): "deploy" | "publish" | undefined {
  if (step.kind === "command") {
    const isNamed = step.label !== step.text.trim().split("\n")[0];
    return isNamed && !/\bdotnet publish\b/.test(step.text) ? stepEffect(step.label) : undefined;
  }
  if (!isUnknownAction(step) || says(step.action!, ...harmless)) return undefined;
  const said = stepEffect(step.label);
  if (said === "publish") return says(step.action!, "publish", "publisher", "release") ? said : undefined;
  return said ?? (says(step.action!, "deploy", "deployer") ? "deploy" : undefined);
}

/** The service deploys, also where the settings do not tell to what. A change set that is made changes nothing yet. */
function untoldDeployment(job: ActionFacts): Effect[] {
  if (job.category !== "deploy" || job.changeSet || job.accesses.length > 0) return [];
  const tool = job.provider ?? job.label;
  return [{ job, step: job.steps[0], access: undefined, kind: "deploy", confidence: "medium", tool }];
}

/** By its own name. With an environment, or signed in somewhere, it deploys then, whatever the tool. */
function saysItDeploys({ key, label }: JobFacts): boolean {
  return namedEffect(`${key} ${label}`) === "deploy";
}

/** What prepares, tests or looks, and is known to do no more. */
const preparing =
  /^\s*(?:echo|printf|cat|ls|cd|mkdir|cp|mv|rm|chmod|tar|zip|unzip|export|set|env|date|sleep|jq|sed|git|pip3?|npm (?:ci|install|i)|yarn(?: install)?|pnpm (?:i|install)|apt(?:-get)?|sudo apt(?:-get)?|bundle install|dotnet (?:restore|build)|go (?:build|mod)|make build|npm run build|docker (?:build|login)|curl -f?s|wget)\b/;
const preparingAction =
  /^(actions|docker|azure\/login|aws-actions|google-github-actions|hashicorp\/setup|pnpm|ruby|oven-sh|denoland|astral-sh|dorny|tj-actions|step-security|bitovi)\b|setup|checkout|notify|slack/;
/** What moves files about, unless its step is called a deployment. */
const carryingAction = /cache|download|upload/;

function isUnknownAction({ action, accesses }: StepFacts): boolean {
  return action !== undefined && accesses.length === 0 && !preparingAction.test(action) && !testActions.test(action);
}

function isOfUnknownTool(step: StepFacts): boolean {
  // To hand something over is how many deployments begin.
  const handsOver = step.accesses.some(
    (access) => access.kind === "resource" && access.mode !== "read" && access.effect === "hand-off",
  );
  if (step.accesses.length > 0) return handsOver && step.kind === "command";
  if (step.kind === "action") return isUnknownAction(step) && !carryingAction.test(step.action!);
  if (step.kind !== "command" || runsTests(step.text)) return false;
  const lines = step.text.split("\n").filter((line) => /^\s*[^\s#]/.test(line));
  return lines.some((line) => !preparing.test(line));
}

function firstWords(step: StepFacts): string {
  const text = step.kind === "action" ? step.action! : step.label;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function saysItActs(job: JobFacts, step: StepFacts): boolean {
  const label = step.label === step.text.trim().split("\n")[0] ? "" : step.label;
  const names = `${label} ${job.key} ${job.label}`;
  if (says(names, ...lookingWords)) return false;
  return says(names, ...actingWords);
}

/** Local clusters and emulators of a test, not the field of a manifest that is called as one of them. */
const standIns = /\b(kind(?!:)|minikube|k3d)\b|localstack|localhost:\d+|127\.0\.0\.1/;
/** Asks what runs already whether it answers. */
const asking = /\b(?:curl|wget|nc|wait-on)\b[^\n;&|]*/g;

/** Stand-ins are nobody's environment; what a command on another machine calls local is that machine. */
function rehearses(step: StepFacts, access: ResourceAccess): boolean {
  if (access.resource !== "machine" && standIns.test(step.text.replace(asking, ""))) return true;
  return access.effect === "destroy" && /\bpreview\b/.test(step.label.toLowerCase());
}

function remoteEffects(job: JobFacts): Effect[] {
  const file =
    job.target
      ?.split("@")[0]
      ?.split("/")
      .at(-1)
      ?.replace(/\.ya?ml$/, "") ?? "";
  const kind = namedEffect(file) ?? (says(file, "ci", "test") ? undefined : namedEffect(job.label));
  if (!kind) return [];
  return [{ job, step: undefined, access: undefined, kind, confidence: "low", tool: job.label }];
}

/** Effects that reach people or machines other people use: not a preview, not something that is taken away. */
export const lastingEffects: (job: JobFacts) => readonly Effect[] = onceFor((job) => {
  const effects = effectsOf(job).filter((effect) => effect.kind !== "destroy");
  return effects.length === 0 || isPreview(job) || isTrial(job) ? [] : effects;
});

/** What a step changes for good: to clear a cache is no change. */
export function lastingAccess(job: JobFacts, { index }: Pick<StepFacts, "index">): ResourceAccess | undefined {
  const found = lastingEffects(job).find(
    ({ step, access }) => step?.index === index && access && access.resource !== "distribution",
  );
  return found?.access;
}

/** Whether it deploys, also where the files do not tell to what. */
export function deploys(job: JobFacts): boolean {
  return lastingEffects(job).some(({ kind }) => kind === "deploy");
}

export function isPreview(job: JobFacts): boolean {
  const environment =
    job.environment?.name
      .map((part) => (part.kind === "unknown" ? "" : "text" in part ? part.text : part.name))
      .join("") ?? "";
  const pattern = /\b(previews?|pr-?\d*|ephemeral|review-?apps?|pull-?requests?)\b|pull_request|preview/i;
  const texts = [job.pipeline.split("/").at(-1)!, job.file.split("/").at(-1)!, job.key, job.label, environment];
  return texts.some((text) => pattern.test(text));
}

/** Deploys to try something out, and takes it away again. */
export function isTrial(job: JobFacts): boolean {
  const names = `${job.key} ${job.label}`;
  // A job called "test" may be the stage of that name; one called "tests" is not.
  if (says(names, "tests", "e2e", "smoke", "lint", "checks", "regression")) return !says(names, "deploy", "release");
  if (job.environment || says(names, "deploy", "release", "publish", "cd")) return false;
  return says(names, ...tryingWords);
}

/** Whether the job proves something about the code. */
export const testsCode: (job: JobFacts) => boolean = onceFor(provesCode);

function provesCode(job: JobFacts): boolean {
  if (job.kind === "remote-call") {
    const file = job.target?.split("@")[0]?.split("/").at(-1) ?? "";
    return says(`${file} ${job.label}`, "ci", "test", "tests", "check", "checks", "verify");
  }
  if (job.kind === "call") return false;
  if (effectsOf(job).length > 0) return false;
  return triesCode(job) === "yes";
}

/** Whether the job tries the code, as far as the files tell. */
export function triesCode(job: JobFacts): "yes" | "no" | "unknown" {
  if (job.steps.some(testsInStep)) return "yes";
  if (!isAction(job)) return "no";
  if (job.category === "test") return "yes";
  if (job.category !== "build" && job.category !== "compute") return job.category === "invoke" ? "unknown" : "no";
  return job.phases.length === 0 ? "unknown" : "no";
}

/** Whether the step runs tests, by its command or by the action that runs them. */
export const testsInStep: (step: StepFacts) => boolean = onceFor((step) =>
  step.kind === "action"
    ? step.action !== undefined && testActions.test(step.action)
    : step.kind === "command" && (runsTests(step.text) || runsTests(step.opened)),
);

/** Tests whose failure is lost within the step: `npm test || true`, a pipe, a shell that goes on. */
export const forgivesTests: (step: StepFacts) => boolean = onceFor(({ kind, text, opened, shell }) => {
  if (kind !== "command") return false;
  const own = forgivenIn(text, shell);
  if (own.length > 0 && own.every(({ isForgiven }) => isForgiven)) return true;
  // What the script or task does that is called here.
  const called = forgivenIn(opened, { stopsAtErrors: true, failsInPipes: true });
  return (
    called.length > 0 &&
    called.every(({ isForgiven }) => isForgiven) &&
    own.every(({ line, isForgiven }) => isForgiven || callsAnother.test(line))
  );
});

const callsAnother = /^\s*(?:make|just|task|npm|pnpm|yarn|bun|mise|bash|sh|\.?\.?\/?[\w./-]+\.sh)\b/;

/** Lines that test, and whether their failure is lost. */
export function forgivenIn(
  text: string,
  shell: ShellFacts,
): readonly { readonly line: string; readonly isForgiven: boolean }[] {
  const lines = text
    .replace(/\\\r?\n\s*/g, " ")
    .split("\n")
    .filter((line) => /^\s*[^\s#]/.test(line));
  const looksAtEnd = /\$\?|PIPESTATUS|\btrap\b/.test(text);
  let { stopsAtErrors, failsInPipes } = shell;
  return lines.flatMap((line, i) => {
    if (/\bset\s+(?:-[a-z]*e|-o\s+errexit)/.test(line)) stopsAtErrors = true;
    if (/\bset\s+(?:\+[a-z]*e|\+o\s+errexit)/.test(line)) stopsAtErrors = false;
    if (/\bset\s[^;&|]*pipefail/.test(line)) failsInPipes = !/\+o\s+pipefail/.test(line);
    if (!runsTests(line)) return [];
    const goesOn =
      !stopsAtErrors &&
      i < lines.length - 1 &&
      !/^\s*(?:if|while|until)\b|&&|\|\|/.test(line) &&
      !/[|&]\s*$/.test(line);
    const isPiped = !failsInPipes && piped.test(line);
    return [{ line, isForgiven: swallows.test(line) || (!looksAtEnd && (goesOn || isPiped)) }];
  });
}

const swallows = /\|\|\s*(?:true|:|exit 0|echo\b(?:[^&|;"']|"[^"]*"|'[^']*')*)\s*$|;\s*(?:true|exit 0)\s*$/;
/** Programs that pass whatever they are given. */
const piped = /[^|]\|&?\s*(?:tee|cat|tail|head|sed|awk|ts|xcpretty|xcbeautify)\b(?:[^&|;"']|"[^"]*"|'[^']*')*$/;

/** Words of commands that do something else with what is called a test: install it, deploy to it. */
const doesOther = /^\s*#|\becho\b|\binstall\b|(?:^|[\s:])(?:deploy|publish|destroy|promote|migrate|seed|go run)\b/;

export function runsTests(text: string): boolean {
  return text
    .split(/\n|&&|;|\|\|/)
    .some((command) => !doesOther.test(command) && !skipsTests.test(command) && testCommand.test(command));
}

/** Only the job's name and what it is given say that it deploys. */
export function isGuess({ access, step, confidence }: Effect): boolean {
  return step !== undefined && access === undefined && confidence === "low";
}

/** Documentation and pages: nothing that tests of the code protect. */
export function isDocumentation(effect: Effect): boolean {
  return effect.access?.resource === "site" || isCalledDocumentation(effect);
}

/** By the words of its names; a hosted site that has none of them may be an application. */
export function isCalledDocumentation(effect: Effect): boolean {
  const texts = [effect.job.pipeline, effect.job.key, effect.job.label, effect.tool, effect.step?.label ?? ""];
  return texts.some((text) => says(text, ...documentationWords));
}

/** Jobs that speak about a run or tidy up after it must run when it failed. */
export const reportsOrCleans: (job: JobFacts) => boolean = onceFor((job) =>
  says(`${job.key} ${job.label}`, ...reportingWords),
);
