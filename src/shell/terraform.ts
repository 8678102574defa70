import type { Access, Key } from "../facts/access.ts";
import { showKey } from "../facts/show-key.ts";
import type { CommandCall } from "./call.ts";
import { inCheckout, subfolder } from "./folders.ts";
import { resourceAccess } from "./rows.ts";
import { joinKeys, keyText, leadingText, splitKey, textKey } from "./words.ts";

const programs: ReadonlySet<string> = new Set(["terraform", "tofu", "terragrunt"]);

type Verb = {
  readonly mode: "read" | "write" | "replace";
  readonly effect: "deploy" | "destroy" | "hand-off" | "none";
};

const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["apply", { mode: "write", effect: "deploy" }],
  ["apply-all", { mode: "write", effect: "deploy" }],
  ["destroy", { mode: "replace", effect: "destroy" }],
  ["destroy-all", { mode: "replace", effect: "destroy" }],
  ["plan", { mode: "read", effect: "none" }],
  ["plan-all", { mode: "read", effect: "none" }],
  ["output", { mode: "read", effect: "hand-off" }],
  ["refresh", { mode: "write", effect: "none" }],
  ["import", { mode: "write", effect: "none" }],
  ["taint", { mode: "write", effect: "none" }],
  ["untaint", { mode: "write", effect: "none" }],
  ["force-unlock", { mode: "write", effect: "none" }],
  ["state mv", { mode: "write", effect: "none" }],
  ["state rm", { mode: "write", effect: "none" }],
  ["state push", { mode: "replace", effect: "none" }],
  ["state pull", { mode: "read", effect: "none" }],
]);

/**
 * Terraform and its kin. A state is named by the folder, what `init` said about the backend, and the workspace; which of
 * them decides, the backend block in the folder knows.
 */
export function readTerraform(call: CommandCall): readonly Access[] | undefined {
  if (!programs.has(call.program)) return undefined;
  const { args, setting } = call;
  const words = args.positionals.flatMap(({ key }) => keyText(key) ?? []);
  // `terragrunt run-all apply`, `terragrunt run --all -- apply`
  const own = words.filter((word) => word !== "run-all" && word !== "run");
  const inside = args.option("-chdir", "--terragrunt-working-dir", "--working-dir") ?? [];
  const folder = inCheckout(inside, setting.roots) ?? subfolder(call.folder, inside);
  const place = showKey(folder);
  const { state } = setting;
  if (own[0] === "init") {
    state.backends.set(place, backend(call));
    return [];
  }
  if (own[0] === "workspace" && (own[1] === "select" || own[1] === "new")) {
    const name = args.positionals.at(-1)?.key;
    if (name) state.workspaces.set(place, name);
    return [];
  }
  const verb = verbs.get(`${own[0]} ${own[1]}`) ?? verbs.get(own[0] ?? "");
  if (!verb) return [];
  const destroys = args.has("-destroy") && own[0] === "apply";
  const workspace = state.workspaces.get(place) ?? variable(call, "TF_WORKSPACE");
  const details = new Map<string, Key>([...setting.accountOf(call.command, args), ["working-directory", folder]]);
  const configured = state.backends.get(place) ?? new Map<string, Key>();
  for (const [name, value] of configured) details.set(`backend-${name}`, value);
  if (workspace) details.set("workspace", workspace);
  const file = args.option("-var-file");
  if (file) details.set("var-file", file);
  const identity = [folder, ...configured.values(), ...(workspace ? [workspace] : [])];
  return [
    resourceAccess({
      tool: `${call.program} ${own[0]}`,
      resource: "terraform-state",
      key: joinKeys(
        identity.filter((key) => key.length > 0),
        " ",
      ),
      details,
      mode: destroys ? "replace" : verb.mode,
      effect: destroys ? "destroy" : verb.effect,
      at: call.command.at,
      // Without any sign-in it changes nothing but files of the job.
      confidence: setting.isSignedIn() ? call.confidence : "low",
    }),
  ];
}

function variable({ setting }: CommandCall, name: string): Key | undefined {
  return setting.values.get(name) ?? (setting.hasVariable(name) ? [{ kind: "variable", name }] : undefined);
}

/** Settings by which one folder has several states. */
const naming = ["bucket", "key", "prefix", "path", "container_name", "storage_account_name", "workspace_key_prefix"];

/** What `-backend-config` says, given as `name=value`, as a file that an earlier command wrote, or as some other file. */
function backend({ args, setting }: CommandCall): ReadonlyMap<string, Key> {
  const result = new Map<string, Key>();
  for (const given of args.allOptions("-backend-config", "--backend-config")) {
    const pair = /^[a-z_]+=/.test(leadingText(given)) ? splitKey(given, "=") : undefined;
    if (pair) {
      const name = keyText(pair.before) ?? "";
      if (naming.includes(name)) result.set(name, pair.after);
      continue;
    }
    const contents = setting.state.files.get(showKey(given));
    const found = naming.flatMap((name) => {
      const value = contents && settingIn(contents, name);
      return value ? [[name, value] as const] : [];
    });
    if (found.length === 0) result.set("config", given);
    for (const [name, value] of found) result.set(name, value);
  }
  const order = [...naming, "config"];
  return new Map([...result].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

/** The value of `name = "…"` in a file's text. */
function settingIn(contents: Key, name: string): Key | undefined {
  for (const [i, part] of contents.entries()) {
    if (part.kind !== "text") continue;
    const match = new RegExp(`(?:^|[\\n;])\\s*${name}\\s*=\\s*"`).exec(part.text);
    if (!match) continue;
    const rest: Key = [...textKey(part.text.slice(match.index + match[0].length)), ...contents.slice(i + 1)];
    return splitKey(rest, '"')?.before;
  }
  return undefined;
}
