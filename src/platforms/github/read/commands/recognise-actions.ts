import type { Access, Key } from "../../../../facts/access.ts";
import { imageAccess } from "../../../../shell/images.ts";
import { tells } from "../../../../shell/named-scripts.ts";
import { scriptAccesses } from "../../../../shell/recognise.ts";
import { lower, resourceAccess } from "../../../../shell/rows.ts";
import { joinKeys, keyText, leadingText, textKey } from "../../../../shell/words.ts";
import type { Template, UsesStep } from "../../workflow.ts";
import { entryValue } from "../fields.ts";
import { literalTemplate } from "../templates.ts";
import { ActionCall, type ActionReader } from "./action-inputs.ts";
import { readArtifacts } from "./artifacts.ts";
import { readCheckouts } from "./checkouts.ts";
import { linesOf, madeUpNames, readImageNames } from "./image-names.ts";
import { scriptText } from "./script-text.ts";
import { readGitHubScript } from "./scripts-in-actions.ts";
import type { StepSetting } from "./step-setting.ts";
import { actionRows } from "./tables/actions.ts";
import {
  dispatchActions,
  notifyActions,
  programActions,
  pushActions,
  scriptActions,
  signInActions,
  waitActions,
} from "./tables/other-actions.ts";

/** What a well-known action does to things outside of the job. */
export function actionAccesses(step: UsesStep, setting: StepSetting): readonly Access[] {
  if (step.uses.kind !== "action") return [];
  const call = new ActionCall(step, setting);
  for (const reader of readers) {
    const accesses = reader(call);
    if (accesses) return accesses;
  }
  return [];
}

const readers: readonly ActionReader[] = [
  readCheckouts,
  readArtifacts,
  readGitHubScript,
  readSignIn,
  readImageNames,
  readImageBuilds,
  readPushes,
  readDispatches,
  readWaits,
  readScripts,
  readChangesets,
  readRows,
  readNotices,
  readNamedAction,
];

/** Signing in to a cloud tells where later commands act; a test cluster, that they do not act anywhere real. */
function readSignIn(call: ActionCall): readonly Access[] | undefined {
  const { state } = call.setting;
  if (signInActions.has(call.name)) state.signedIn = true;
  if (call.name === "aws-actions/configure-aws-credentials") {
    const account = new Map<string, Key>();
    const role = call.input("role-to-assume");
    const region = call.input("aws-region");
    if (role) account.set("role", role);
    if (region) account.set("region", region);
    state.account = account;
  }
  if (
    ["helm/kind-action", "engineerd/setup-kind", "medyagh/setup-minikube", "absaoss/k3d-action"].includes(call.name)
  ) {
    state.localCluster = true;
    return [];
  }
  return signInActions.has(call.name) ? [] : undefined;
}

function readImageBuilds(call: ActionCall): readonly Access[] | undefined {
  if (call.name === "docker/build-push-action") {
    const outputs = call.text("outputs") ?? "";
    const push = call.text("push");
    if (push === "false" || (push === undefined && !call.input("push") && !/type=registry|push=true/.test(outputs)))
      return [];
    const tags = lines(call.input("tags") ?? []).flatMap((name) => madeUpNames(name, call) ?? [name]);
    const confidence = push === "true" || outputs !== "" ? "high" : "medium";
    const names = tags.length > 0 ? tags : [[{ kind: "unknown", text: "tags" } as const]];
    return names.flatMap(
      (name) => imageAccess(name, { tool: call.name, mode: "write", at: call.at, confidence }) ?? [],
    );
  }
  if (call.name === "redhat-actions/push-to-registry") {
    const name = joinKeys([call.input("registry") ?? [], call.input("image") ?? []], "/");
    const image = joinKeys([name, call.input("tags=latest") ?? []], ":");
    return [imageAccess(image, { tool: call.name, mode: "write", at: call.at, confidence: "high" })!].filter(Boolean);
  }
  if (call.name === "docker/bake-action") {
    if (call.text("push") !== "true") return [];
    const key: Key = [{ kind: "unknown", text: "bake targets" }];
    return [imageAccess(key, { tool: call.name, mode: "write", at: call.at, confidence: "medium" })!];
  }
  return undefined;
}

/** Lines (or comma-separated items) of an input, empty ones left out. */
function lines(key: Key): Key[] {
  return linesOf(key.map((part) => (part.kind === "text" ? { ...part, text: part.text.replaceAll(",", "\n") } : part)));
}

function readPushes(call: ActionCall): readonly Access[] | undefined {
  const row = pushActions.find((each) => each.action === call.name);
  if (!row) return undefined;
  const branch = row.branch.flatMap((name) => call.anywhere(name) ?? []);
  const given = row.token.some((name) => call.anywhere(name));
  const { credentials } = call.setting.state;
  // An action with a token input falls back to the platform's token, one without to what the checkout left.
  const token = given || row.token.length > 0 ? call.token(row.token) : credentials;
  const shared = { tool: call.name, mode: "write", effect: "hand-off", token, at: call.at } as const;
  const tag = row.tag && call.input(row.tag);
  return [
    resourceAccess({ ...shared, resource: "source", key: keyText(branch) === "true" ? [] : branch }),
    ...(tag ? [resourceAccess({ ...shared, resource: "git-tag", key: tag })] : []),
  ];
}

function readDispatches(call: ActionCall): readonly Access[] | undefined {
  const row = dispatchActions.find((each) => each.action === call.name);
  if (!row) return undefined;
  const workflow = row.workflow && call.input(...row.workflow);
  const type = row.eventType === undefined ? undefined : call.input(row.eventType);
  const target = workflow
    ? ({ kind: "workflow", workflow, ref: call.input(...row.ref) } as const)
    : ({ kind: "event", type: type ?? [{ kind: "unknown", text: "event type" }] } as const);
  const inputs = new Map<string, Key>();
  for (const [, name] of (call.input(...row.inputs) ?? [])
    .map((p) => (p.kind === "text" ? p.text : ""))
    .join("\u0000")
    .matchAll(/"([\w-]+)"\s*:/g)) {
    inputs.set(name!, [{ kind: "unknown", text: name! }]);
  }
  const written = call.input(...row.repository);
  const only = written?.length === 1 ? written[0] : undefined;
  const repository = only?.kind === "expression" && only.text.startsWith("github.") ? undefined : written;
  const base = { tool: call.name, at: call.at, confidence: "high" } as const;
  const dispatch: Access = { ...base, kind: "dispatch", target, repository, inputs, token: call.token(row.token) };
  const waits = row.waits && call.text(row.waits) !== "false";
  if (!waits || !workflow) return [dispatch];
  return [dispatch, { ...base, kind: "wait", target: { kind: "workflow", workflow }, commit: undefined, fails: true }];
}

function readWaits(call: ActionCall): readonly Access[] | undefined {
  const row = waitActions.find((each) => each.action === call.name);
  if (!row) return undefined;
  const find = (name: string | undefined) => (name ? call.input(name) : undefined);
  const [check, pattern, workflow, run] = [find(row.check), find(row.checkPattern), find(row.workflow), find(row.run)];
  const target = check
    ? ({ kind: "check", name: check, pattern: false } as const)
    : pattern
      ? ({ kind: "check", name: pattern, pattern: true } as const)
      : workflow
        ? ({ kind: "workflow", workflow } as const)
        : run
          ? ({ kind: "run", run } as const)
          : ({ kind: "unknown" } as const);
  const fails = !row.reports && !(row.failsUnless && call.text(row.failsUnless) === "false");
  const base = { tool: call.name, at: call.at, confidence: "high" } as const;
  return [{ ...base, kind: "wait", target, commit: find(row.commit), fails }];
}

/** Actions that run a script or a program given to them. */
function readScripts(call: ActionCall): readonly Access[] | undefined {
  const inputs = scriptActions[call.name];
  const program = programActions[call.name];
  if (inputs) return inputs.flatMap((input) => scriptOf(call, input));
  if (!program) return undefined;
  const given = program.inputs.flatMap((input) => entryValue(call.step.with, input) ?? []);
  const words =
    given.length > 0 ? given : [literalTemplate(call.name === "cloudflare/wrangler-action" ? "deploy" : "", call.at)];
  const parts = words.flatMap((word) => [{ kind: "text", text: " " } as const, ...word.parts]);
  const script: Template = { raw: "", parts: [{ kind: "text", text: program.program }, ...parts], at: call.at };
  return scriptAccesses([scriptText(script)], call.setting);
}

function scriptOf(call: ActionCall, input: string): readonly Access[] {
  const script = entryValue(call.step.with, input);
  return script ? scriptAccesses([scriptText(script)], call.setting) : [];
}

/** Changesets opens a pull request, and publishes where it is told how. */
function readChangesets(call: ActionCall): readonly Access[] | undefined {
  if (call.name !== "changesets/action") return undefined;
  const token = call.token(["GITHUB_TOKEN", "github-token"]);
  const shared = { tool: call.name, mode: "write", token, at: call.at } as const;
  const branch = resourceAccess({
    ...shared,
    resource: "source",
    key: textKey("changeset-release"),
    effect: "hand-off",
  });
  if (!call.input("publish")) return [branch];
  return [
    branch,
    resourceAccess({ ...shared, resource: "package", key: call.input("cwd") ?? [], effect: "publish" }),
    resourceAccess({ ...shared, resource: "git-tag", key: [], effect: "hand-off" }),
    resourceAccess({ ...shared, resource: "release", key: [], effect: "publish" }),
  ];
}

const rowsByAction = Map.groupBy(actionRows, (row) => row.action);

function readRows(call: ActionCall): readonly Access[] | undefined {
  const rows = rowsByAction.get(call.name);
  return rows?.flatMap((row) => {
    if (row.when) {
      const value = call.text(row.when.input) ?? (call.input(row.when.input) ? undefined : "");
      const first = value?.split(/\s+/)[0] ?? "";
      if (value !== undefined && !row.when.values.some((each) => each === value || each === first)) return [];
    }
    const details = new Map(call.setting.state.account);
    for (const [name, input] of Object.entries(row.details ?? {})) {
      const value = call.input(input);
      if (value) details.set(name, value);
    }
    const key = joinKeys(
      row.key.flatMap((input) => keyPiece(call, input)),
      "/",
    );
    const { mode, resource } = row;
    const draft = keyText(details.get("draft") ?? []) === "true";
    const effect = draft && row.effect === "publish" ? "hand-off" : row.effect;
    const token = call.token(row.token ?? []);
    const shared = { tool: call.name, at: call.at, token, confidence: row.confidence ?? "high" } as const;
    const access = resourceAccess({ ...shared, resource, mode, effect, key, details });
    // A release that is published makes its tag where that does not exist.
    return resource === "release" && !draft && mode === "write" && !rows.some((each) => each.resource === "git-tag")
      ? [access, resourceAccess({ ...shared, resource: "git-tag", mode, effect: "hand-off", key })]
      : [access];
  });
}

function keyPiece(call: ActionCall, input: string): Key[] {
  const value = input.includes("=") ? call.input(input) : (call.input(input) ?? call.anywhere(input));
  return value && value.length > 0 ? [value] : [];
}

function readNotices(call: ActionCall): readonly Access[] | undefined {
  if (!notifyActions.has(call.name)) return undefined;
  return [{ kind: "notify", tool: call.name, at: call.at, confidence: "high" }];
}

/** An action nobody listed, whose name says that it deploys or publishes. */
function readNamedAction(call: ActionCall): readonly Access[] | undefined {
  const name = call.name.split("/").slice(1).join("-");
  const told = tells(name);
  if (!told || leadingText(textKey(name)).startsWith("setup")) return undefined;
  return [
    resourceAccess({
      tool: call.name,
      resource: told.resource,
      mode: "write",
      effect: told.effect,
      key: textKey(call.name),
      at: call.at,
      confidence: lower("medium", told.confidence),
    }),
  ];
}
