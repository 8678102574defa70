import type { Access, Binding, DispatchAccess, Key, TokenUse } from "../../../../facts/access.ts";
import { showKey } from "../../../../facts/show-key.ts";
import type { CommandCall } from "../../../../shell/call.ts";
import { resourceAccess } from "../../../../shell/rows.ts";
import { dropLeading, keyText, leadingText, mergeText, splitKey, textKey } from "../../../../shell/words.ts";

/** What `gh` does to releases, runs, workflows, artifacts and settings. */
export function readGitHubCli(call: CommandCall): readonly Access[] {
  const { args } = call;
  switch (`${args.text(0)} ${args.text(1)}`) {
    case "release create":
      return release(call, "write");
    case "release upload":
    case "release edit":
      return release(call, "write").slice(0, 1);
    case "release delete":
      return release(call, "replace").slice(0, 1);
    case "release download":
      return [{ ...resource(call, "release", args.positionals[2]?.key ?? [], "read"), binding: newest() }];
    case "workflow run":
      return [workflowRun(call)];
    case "run watch":
      return [wait(call, args.positionals[2]?.key)];
    case "run download":
      return [download(call)];
    case "pr merge":
      return [resource(call, "source", [], "write")];
    case "secret set":
    case "variable set":
      return [resource(call, "parameter", args.positionals[2]?.key ?? [], "write")];
    case "auth setup-git":
      call.setting.state.credentials = platformToken(call);
      return [];
    default:
      return args.text(0) === "api" ? apiCall(call) : [];
  }
}

/** `gh` and tools like it take their token from these variables, in this order. */
export function platformToken({ command, setting }: CommandCall): TokenUse {
  for (const name of ["GH_TOKEN", "GITHUB_TOKEN"]) {
    const own = command.environment.get(name);
    if (own) return setting.tokenOf(own);
    if (setting.hasVariable(name)) return setting.tokenOf([{ kind: "variable", name }]);
  }
  return { kind: "unknown" };
}

const newest = (): Binding => ({ kind: "latest", of: "any", branch: undefined });

function resource(
  call: CommandCall,
  kind: "release" | "git-tag" | "artifact" | "source" | "parameter",
  key: Key,
  mode: "read" | "write" | "replace",
) {
  const { args, command, confidence } = call;
  const repository = otherRepository(args);
  const access = resourceAccess({
    tool: `gh ${args.text(0)} ${args.text(1)}`,
    resource: kind,
    key,
    mode,
    effect: kind === "release" && mode !== "read" ? "publish" : "hand-off",
    token: platformToken(call),
    at: command.at,
    confidence,
    details: repository ? new Map([["repository", repository]]) : new Map(),
  });
  return access as Extract<Access, { kind: "resource" }>;
}

/** A release that is new makes its tag too; a draft does not until it is published. */
function release(call: CommandCall, mode: "write" | "replace"): Access[] {
  const { args } = call;
  const key = args.positionals[2]?.key ?? [];
  const made = resource(call, "release", key, mode);
  if (args.has("--draft", "-d")) {
    return [{ ...made, effect: "hand-off", details: new Map([...made.details, ["draft", textKey("true")]]) }];
  }
  return args.has("--verify-tag") ? [made] : [made, resource(call, "git-tag", key, "write")];
}

function workflowRun(call: CommandCall): DispatchAccess {
  const { args, command, confidence } = call;
  const inputs = fields(args.allOptions("-f", "-F", "--field", "--raw-field"));
  return {
    kind: "dispatch",
    tool: "gh workflow run",
    target: { kind: "workflow", workflow: args.positionals[2]?.key ?? [], ref: args.option("-r", "--ref") },
    repository: otherRepository(args),
    inputs,
    token: platformToken(call),
    at: command.at,
    confidence,
  };
}

/** `name=value` pairs; names without holes only. */
function fields(keys: readonly Key[]): Map<string, Key> {
  const result = new Map<string, Key>();
  for (const key of keys) {
    const pair = splitKey(key, "=");
    const name = pair && keyText(pair.before);
    if (pair && name) result.set(name, pair.after);
  }
  return result;
}

function wait({ args, command, confidence }: CommandCall, run: Key | undefined): Access {
  return {
    kind: "wait",
    tool: "gh run watch",
    target: run ? { kind: "run", run } : { kind: "unknown" },
    commit: undefined,
    fails: args.has("--exit-status"),
    at: command.at,
    confidence,
  };
}

function download(call: CommandCall): Access {
  const { args } = call;
  const run = args.positionals[2]?.key;
  const listed = run && newestInList(run, call.command.text.raw);
  const binding: Binding = listed?.binding ?? (run ? { kind: "given-run", run } : newest());
  const name = args.option("-n", "--name");
  const pattern = args.option("-p", "--pattern");
  const access = resource(call, "artifact", name ?? [], "read");
  const details = new Map(access.details);
  if (pattern) details.set("pattern", pattern);
  if (listed?.workflow) details.set("workflow", textKey(listed.workflow));
  return { ...access, binding, details };
}

interface Listed {
  readonly binding: Binding;
  readonly workflow: string | undefined;
}

/** The run is the newest of a list that the script asks for: `id=$(gh run list --workflow build.yml --limit 1 …)`. */
function newestInList(run: Key, script: string): Listed | undefined {
  const [only] = run;
  if (run.length !== 1 || only?.kind !== "variable") return undefined;
  const text = script.replace(/\\\r?\n\s*/g, " ");
  const pattern = new RegExp(`^\\s*(?:export\\s+|local\\s+)?${only.name}="?[$]\\(\\s*gh run list\\b([^\\n]*)`, "m");
  const words = pattern.exec(text)?.[1];
  // Of one commit there is one, and what jq picks out may be it.
  if (words === undefined || /\s(?:--commit|-c)\b|head_?sha|\bselect\(/i.test(words)) return undefined;
  const option = (names: string) => new RegExp(`\\s(?:${names})[= ]["']?([^\\s"']+)`).exec(words)?.[1];
  const branch = option("--branch|-b");
  const of = option("--status|-s") === "success" ? "successful" : "any";
  return {
    binding: { kind: "latest", of, branch: branch === undefined ? undefined : textKey(branch) },
    workflow: option("--workflow|-w"),
  };
}

/** Calls of GitHub's API that start runs or move refs. */
function apiCall(call: CommandCall): readonly Access[] {
  const { args, command, confidence } = call;
  const path = args.positionals[1]?.key ?? [];
  const given = fields(args.allOptions("-f", "-F", "--field", "--raw-field"));
  return apiAccesses({
    tool: "gh api",
    path,
    fields: given,
    body: undefined,
    method: keyText(args.option("-X", "--method")),
    token: platformToken(call),
    at: command.at,
    confidence,
  });
}

export interface ApiRequest {
  readonly tool: string;
  /** Path or address. */
  readonly path: Key;
  readonly fields: ReadonlyMap<string, Key>;
  /** JSON, where it is given as one text. */
  readonly body: Key | undefined;
  readonly method: string | undefined;
  readonly token: TokenUse;
  readonly at: CommandCall["command"]["at"];
  readonly confidence: CommandCall["confidence"];
}

/** What a request to GitHub's API does, of the kinds that matter here. */
export function apiAccesses(request: ApiRequest): readonly Access[] {
  const { tool, token, at, confidence } = request;
  const segments = pathSegments(request.path);
  const ending = (n: number) => keyText(segments.at(-n) ?? []);
  if (ending(1) !== "dispatches") return [];
  const repos = segments.findIndex((segment) => keyText(segment) === "repos");
  const repository = repositoryOf(segments.slice(repos + 1, repos + 3));
  const base = { kind: "dispatch", tool, repository, token, at, confidence } as const;
  const workflow = segments.at(-2);
  if (ending(3) === "workflows" && workflow) {
    const ref = request.fields.get("ref") ?? jsonField(request.body, "ref");
    const inputs = new Map<string, Key>();
    for (const [name, value] of request.fields) {
      const input = /^inputs\[(.+)\]$/.exec(name)?.[1];
      if (input) inputs.set(input, value);
    }
    return [{ ...base, target: { kind: "workflow", workflow, ref }, inputs }];
  }
  const type = request.fields.get("event_type") ?? jsonField(request.body, "event_type") ?? [];
  return [{ ...base, target: { kind: "event", type }, inputs: new Map() }];
}

/** A path in segments; a hole may hold several. */
function pathSegments(path: Key): Key[] {
  const segments: Key[] = [];
  let rest: Key = path;
  for (let cut = splitKey(rest, "/"); cut; cut = splitKey(rest, "/")) {
    if (cut.before.length > 0) segments.push(cut.before);
    rest = cut.after;
  }
  return rest.length > 0 ? [...segments, rest] : segments;
}

/** As `--repo` names it, or undefined where it is this repository. */
function otherRepository(args: CommandCall["args"]): Key | undefined {
  const named = args.option("-R", "--repo");
  return named && repositoryOf([named]);
}

/** `owner/name`, or undefined where it is this repository. */
function repositoryOf(segments: readonly Key[]): Key | undefined {
  const written = segments.map(showKey).join("/");
  if (/github\.repository|GITHUB_REPOSITORY|\{owner\}|^:owner/.test(written)) return undefined;
  return mergeText(segments.flatMap((segment, i) => [...(i > 0 ? textKey("/") : []), ...segment]));
}

/** The value of a field in JSON that may have holes. */
function jsonField(body: Key | undefined, name: string): Key | undefined {
  const after = body && splitKey(body, `"${name}"`)?.after;
  const opened = after && splitKey(after, '"');
  if (!opened || leadingText(opened.before).trim() !== ":") return undefined;
  return splitKey(opened.after, '"')?.before ?? dropLeading(opened.after, 0);
}
