/** One action of the program alone, run by a real bash in a real repository; GitHub is stood in for, and programs can fail. */

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { own } from "../../../../src/model/own.ts";
import type { WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { ArtifactStore } from "../../../generate/machine/artifact-store.ts";
import { programAt } from "../../../lane/programs.ts";
import type { NewRun } from "../api/control.ts";
import { githubStandIn } from "../api/stand-in.ts";
import type { PullRequest } from "../api/world.ts";

export interface Sabotage {
  readonly program: string;
  /** From 1. */
  readonly call: number;
  readonly how: "fails" | "is limited" | "answers half" | "fails for ever";
}

export interface Ended {
  readonly status: number | null;
  /** What was handed on, as it was written. */
  readonly outputs: string;
  /** What steps that come after find in their environment, as it was written. */
  readonly environment: string;
  /** What people are shown on the page of the run. */
  readonly summary: string;
  readonly log: string;
  /** How often each program was called. */
  readonly calls: Readonly<Record<string, number>>;
}

export interface ProgramBox {
  readonly store: ArtifactStore;
  /** A folder for what scripts leave beside their outputs. */
  readonly temp: string;
  /** Makes a commit on a branch that GitHub has. */
  commit(files: Readonly<Record<string, string>>, branch?: string): string;
  git(...args: string[]): string;
  /** A run that GitHub knows; what is not said is as a good run has it. */
  run(run: Partial<NewRun> & { id: number }): void;
  endRun(run: number): void;
  /** Those that GitHub knows, by what became of them. */
  runs(): readonly { id: number; status: string; conclusion: string | null }[];
  /** Artifacts of a run came into being so many days ago, and are kept for 90. */
  age(run: number, days: number): void;
  /** Runs that somebody has started by hand and that wait: file, branch and inputs. */
  waiting(): { path: string; branch: string; inputs: object }[];
  /** A pull request is opened, closed, or has another commit. */
  pull(pull: Partial<PullRequest> & { number: number }): void;
  /** A deployment to an environment comes to be, in this state; how all of them are now. */
  deployed(environment: string, state: string): void;
  deployments(): { environment: string; states: string[] }[];
  artifacts(): { name: string; run: number }[];
  /** How many reviewers an environment of GitHub asks; undefined: there is no such environment. */
  gate(name: string, reviewers: number | undefined): void;
  /** An artifact of a run, with one file. */
  leave(name: string, run: number, content: object): void;
  /** Those on pull request 7, oldest first. */
  comments(): { id: number; body: string; by: string }[];
  forget(comment: number): void;
  /** Puts one there that somebody wrote. */
  comment(body: string, by: string): void;
  /** The release hands in that everything was built, or what `release` says. `counted`: every call of a program is, which takes longer. `without`: a program that is not installed. */
  start(
    action: string,
    env: Readonly<Record<string, string>>,
    given?: { event?: object; release?: object; sabotage?: Sabotage; counted?: true; without?: string },
  ): Ended;
}

const watched = ["gh", "git", "jq", "unzip", "sort", "mktemp", "mkdir", "tee", "od", "tar", "sha256sum", "find", "aws"];

/** Parameter Store, as far as the program asks it. */
const parameterStore = `#!/bin/bash
case "$2" in
  put-parameter) jq -e .Value "\${4#file://}" > /dev/null && echo 3 ;;
  get-parameter) jq -n --arg name "$4" '"of \\($name)"' ;;
esac
`;

/** Workflows that start themselves. */
const ownWorkflows = ["records", "drift", "removal"].map((name) => ({
  path: `.github/workflows/shop-${name}.yml`,
  name: `shop: ${name}`,
}));

export function programBox(t: TestContext, definition: string, options: Partial<WriteOptions> = {}): ProgramBox {
  const scratch = mkdtempSync(join(tmpdir(), "baton-program-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const loaded = loadYaml(definition, "baton.yaml");
  if (!loaded.ok) throw new Error("the definition is not accepted");
  const repository = join(scratch, "repository");
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    }
  };
  write(
    Object.fromEntries(
      writeWorkflows(loaded.value, { layout: "orchestrated", ...options }).map(({ path, text }) => [path, text]),
    ),
  );
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...args], {
      cwd: repository,
      encoding: "utf8",
    }).trim();
  git("init", "--quiet", "--initial-branch=main");
  const { control, env: githubEnv, tools: githubTools } = githubStandIn(t, { folder: scratch });
  const slug = "team/shop";
  control.addRepository(slug);
  // What the planning job may do, and no more.
  control.addToken("job", "plan", { actions: "read", contents: "read" });
  control.addToken("comment", "github-actions[bot]", { contents: "read", "pull-requests": "write" });
  control.addToken("withdrawal", "github-actions[bot]", { actions: "write", contents: "read" });
  control.addToken("renewal", "renew", { actions: "write", contents: "read" });
  control.addToken("preview", "plan", { actions: "read", contents: "read", "pull-requests": "read" });
  control.addToken("due", "due", { actions: "write", contents: "read", deployments: "read", "pull-requests": "read" });
  control.addToken("removed", "removed", {
    actions: "write",
    contents: "read",
    deployments: "write",
    "pull-requests": "read",
  });
  for (const one of ownWorkflows) control.addWorkflow(slug, { ...one, on: ["schedule", "workflow_dispatch"] });
  const owners = control.addTeam("team/owners");
  const store = new ArtifactStore(control, slug, scratch);
  const tools = join(scratch, "tools");
  mkdirSync(tools);
  const tool = (name: string, text: string) => {
    writeFileSync(join(tools, name), text);
    chmodSync(join(tools, name), 0o755);
  };
  tool("sleep", "#!/bin/sh\n");
  tool("parameter-store", parameterStore);
  const installed = { gh: join(githubTools, "gh"), aws: join(tools, "parameter-store") };
  for (const name of watched) {
    const real = own(installed, name) ?? programAt(name);
    tool(
      name,
      `#!/bin/sh
# The stand-in's own jq is not the program's.
if [ -n "\${INSIDE:-}" ]; then exec ${real} "$@"; fi
echo >> "$CALLS/${name}"
count=0
while read -r _; do count=$((count + 1)); done < "$CALLS/${name}"
export INSIDE=yes
if [ "$BROKEN" = ${name} ] && { [ "$count" -eq "$BROKEN_CALL" ] || { [ "$HOW" = "fails for ever" ] && [ "$count" -gt "$BROKEN_CALL" ]; }; }; then
  case "$HOW" in
    "is limited") echo "gh: API rate limit exceeded for installation (HTTP 403)" >&2; exit 1 ;;
    "answers half") ${real} "$@" > "$CALLS/whole"; head -c "$(($(wc -c < "$CALLS/whole") / 2))" "$CALLS/whole"; exit 0 ;;
    *) echo "${name}: Bad Gateway (HTTP 502)" >&2; if [ ${name} = git ]; then exit 128; fi; exit ${name === "jq" ? 5 : 1} ;;
  esac
fi
exec ${real} "$@"
`,
    );
  }
  const built = Object.fromEntries(loaded.value.pipelines.map(({ name }) => [`${name}__result`, "success"]));
  let attempts = 0;
  const temp = join(scratch, "temp");
  mkdirSync(temp);
  writeFileSync(join(temp, "needs.json"), "{}");
  return {
    store,
    temp,
    git,
    commit(files, branch = "main") {
      git("checkout", "--quiet", "-B", branch);
      write(files);
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "--message=change");
      git("update-ref", `refs/remotes/origin/${branch}`, "HEAD");
      control.setBranch(slug, branch, git("rev-parse", "HEAD"));
      return git("rev-parse", "HEAD");
    },
    run(run) {
      control.addRun(slug, {
        path: ".github/workflows/shop.yml",
        event: "push",
        head_branch: "main",
        head_sha: git("rev-parse", "main"),
        ...run,
      });
    },
    endRun: (run) => control.changeRun(slug, run, { status: "completed", conclusion: "success" }),
    runs: () => control.runs(slug),
    age(run, days) {
      const time = (after: number) => new Date(Date.now() + after * 86_400_000).toISOString().replace(/\.\d+/, "");
      for (const { id } of control.artifacts(slug).filter((one) => one.run === run)) {
        control.changeArtifact(slug, id, { created_at: time(-days), expires_at: time(90 - days) });
      }
    },
    waiting: () =>
      control.queuedRuns(slug).map(({ path, head_branch, inputs }) => ({ path, branch: head_branch, inputs })),
    pull(pull) {
      control.setPull(slug, { state: "open", head: "a".repeat(40), base: "main", branch: "feature", ...pull });
    },
    deployed: (environment, state) => control.addDeployment(slug, environment, state),
    deployments: () => control.deploymentStates(slug),
    artifacts: () => control.artifacts(slug).map(({ name, run }) => ({ name, run })),
    gate(name, reviewers) {
      const asked = Array.from({ length: reviewers ?? 0 }, () => ({
        type: "Team" as const,
        id: owners,
        slug: "owners",
      }));
      control.setEnvironment(slug, name, reviewers === undefined ? undefined : { reviewers: asked });
    },
    comments: () => [...control.comments(slug)],
    forget: (comment) => control.removeComment(slug, comment),
    comment(body, by) {
      control.addComment(slug, { issue_number: 7, body, by });
    },
    leave(name, run, content) {
      const folder = join(scratch, `artifact-${attempts++}`);
      mkdirSync(folder);
      writeFileSync(join(folder, "release.json"), JSON.stringify(content));
      store.upload({ name, path: folder, run });
    },
    start(action, env, { event = {}, release, sabotage, counted, without } = {}) {
      const place = join(scratch, `run-${attempts++}`);
      const calls = join(place, "calls");
      mkdirSync(calls, { recursive: true });
      const files = Object.fromEntries(
        ["OUTPUT", "ENV", "STEP_SUMMARY"].map((name) => [`GITHUB_${name}`, join(place, name)]),
      );
      for (const file of Object.values(files)) writeFileSync(file, "");
      for (const name of watched) writeFileSync(join(calls, name), "");
      writeFileSync(join(place, "release-inputs.json"), JSON.stringify({ ...built, ...release }));
      writeFileSync(join(place, "event.json"), JSON.stringify({ repository: { default_branch: "main" }, ...event }));
      const path = join(repository, `.github/actions/shop/${action}`);
      const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail", join(path, `${action}.sh`)], {
        cwd: repository,
        encoding: "utf8",
        env: {
          PATH: `${sabotage || counted ? tools : githubTools}:${without ? pathWithout(without, place) : process.env.PATH}`,
          HOME: scratch,
          TMPDIR: place,
          CALLS: calls,
          BROKEN: sabotage?.program ?? "",
          BROKEN_CALL: String(sabotage?.call ?? 0),
          HOW: sabotage?.how ?? "",
          ...githubEnv,
          GH_TOKEN: "job",
          RUNNER_TEMP: place,
          GITHUB_ACTION_PATH: path,
          GITHUB_EVENT_PATH: join(place, "event.json"),
          GITHUB_EVENT_NAME: "push",
          GITHUB_REF_NAME: "main",
          GITHUB_REF_TYPE: "branch",
          GITHUB_BASE_REF: "",
          GITHUB_RUN_ID: "500",
          GITHUB_REPOSITORY: "team/shop",
          GITHUB_WORKFLOW_REF: "team/shop/.github/workflows/shop-records.yml@refs/heads/main",
          GITHUB_SHA: git("rev-parse", "main"),
          ...files,
          ...env,
        },
      });
      return {
        status,
        outputs: readFileSync(files.GITHUB_OUTPUT!, "utf8"),
        environment: readFileSync(files.GITHUB_ENV!, "utf8"),
        summary: readFileSync(files.GITHUB_STEP_SUMMARY!, "utf8"),
        log: `${stdout}${stderr}`,
        calls: Object.fromEntries(
          watched.map((name) => [name, readFileSync(join(calls, name), "utf8").split("\n").length - 1]),
        ),
      };
    },
  };
}

/** A folder with what is on the path, but for one program. */
function pathWithout(program: string, place: string): string {
  const folder = join(place, "installed");
  mkdirSync(folder);
  for (const there of process.env.PATH!.split(":")) {
    for (const name of existsSync(there) ? readdirSync(there) : []) {
      if (name !== program && !existsSync(join(folder, name))) symlinkSync(join(there, name), join(folder, name));
    }
  }
  return folder;
}
