/**
 * What jobs download again and again, kept between runs by the lock files that are there. Only for jobs without rights: a cache is
 * filled by whatever ran in a build, so a job that deploys, or holds a role or a secret, takes nothing from one.
 */

import type { Job, Pipeline, Step } from "../../../model/delivery.ts";
import { Arguments } from "../../../shell/arguments.ts";
import { readScript } from "../../../shell/script.ts";
import { flagStyles, noValues } from "../../../shell/tables/flag-styles.ts";
import { keyText } from "../../../shell/words.ts";
import { needsRights } from "./clouds.ts";

interface Cache {
  readonly program: string;
  /** First word of what downloads. `""`: without one. */
  readonly commands: readonly string[];
  /** What tells the contents; found anywhere in the repository. */
  readonly locks: readonly string[];
  /** Where it is on Linux. */
  readonly paths: readonly string[];
}

const caches: Readonly<Record<string, Cache>> = {
  npm: {
    program: "npm",
    commands: ["ci", "clean-install", "install", "i", "install-ci-test", "cit", "install-test", "it"],
    locks: ["package-lock.json", "npm-shrinkwrap.json"],
    paths: ["~/.npm"],
  },
  pnpm: {
    program: "pnpm",
    commands: ["install", "i", "fetch"],
    locks: ["pnpm-lock.yaml"],
    paths: ["~/.local/share/pnpm/store"],
  },
  yarn: {
    program: "yarn",
    commands: ["", "install"],
    locks: ["yarn.lock"],
    paths: ["~/.cache/yarn", "~/.yarn/berry/cache"],
  },
  pip: {
    program: "pip",
    commands: ["install", "download", "wheel"],
    locks: ["requirements*.txt", "pyproject.toml"],
    paths: ["~/.cache/pip"],
  },
  go: {
    program: "go",
    commands: ["build", "test", "run", "vet", "install", "generate", "mod"],
    locks: ["go.sum"],
    paths: ["~/go/pkg/mod", "~/.cache/go-build"],
  },
  cargo: {
    program: "cargo",
    commands: [
      "build",
      "b",
      "test",
      "t",
      "check",
      "c",
      "clippy",
      "run",
      "r",
      "doc",
      "bench",
      "install",
      "fetch",
      "nextest",
    ],
    locks: ["Cargo.lock"],
    paths: ["~/.cargo/registry/index", "~/.cargo/registry/cache", "~/.cargo/git/db"],
  },
  terraform: {
    program: "terraform",
    commands: ["init"],
    locks: [".terraform.lock.hcl"],
    paths: ["~/.terraform.d/plugin-cache"],
  },
};

/** Names of the caches that a job has use for. A job that names a cache itself is left to itself. */
export function cachesOf(job: Job, pipeline: Pipeline): string[] {
  if (job.deploys || needsRights(pipeline, job)) return [];
  const kinds = new Set(job.steps.map(({ action }) => action?.kind));
  if (kinds.has("cache")) return [];
  const inputsOf = (kind: string) => job.steps.find(({ action }) => action?.kind === kind)?.action?.inputs ?? {};
  const isThere: Readonly<Record<string, boolean>> = {
    npm: "lockfile" in inputsOf("node.setup"),
    pip: "requirements" in inputsOf("python.setup"),
  };
  const called = job.steps.flatMap(calls);
  return Object.entries(caches).flatMap(([name, { program, commands }]) =>
    !isThere[name] && called.some((one) => one.program === program && commands.includes(one.command)) ? [name] : [],
  );
}

/** What a step calls, with the first word that is no option and no value of one. */
function calls({ run }: Step): { program: string; command: string }[] {
  const at = { source: { path: "", text: run, byteOrderMark: false }, start: 0, end: run.length };
  const script = { raw: run, parts: [{ kind: "text" as const, text: run }], at };
  return readScript([script], { values: new Map(), roots: new Set() }).flatMap(({ program, words }) => {
    if (program === undefined) return [];
    const texts = words.slice(1).map(({ key }) => keyText(key));
    if (/^python[\d.]*$/.test(program)) {
      return texts[0] === "-m" && texts[1] !== undefined ? [{ program: texts[1], command: texts[2] ?? "" }] : [];
    }
    const name = program.replace(/^pip[\d.]+$/, "pip");
    const [first] = new Arguments(words.slice(1), flagStyles.get(name) ?? noValues).positionals;
    return [{ program: name, command: first === undefined ? "" : (keyText(first.key) ?? "?") }];
  });
}

/**
 * The action that begins a job, with the caches that some job of the delivery has use for. Each job keeps its own: of one that
 * several fill, GitHub keeps what the first of them had.
 */
export function withCaches(action: string, names: readonly string[]): string {
  if (names.length === 0) return action.replace("    # CACHES\n", "").replace(/^ {2}caches: .*\n/m, "");
  return action.replace("    # CACHES\n", () => cacheSteps(names));
}

function cacheSteps(names: readonly string[]): string {
  return names
    .map((name) => {
      const { locks, paths } = caches[name]!;
      const hash = `hashFiles(${locks.map((lock) => `'**/${lock}'`).join(", ")})`;
      const key = `\${{ runner.os }}-\${{ runner.arch }}-${name}-\${{ inputs.job }}-`;
      const asked = `contains(format(' {0} ', inputs.caches), ' ${name} ') && runner.os == 'Linux' && ${hash} != ''`;
      const folder = `
    - if: contains(format(' {0} ', inputs.caches), ' terraform ')
      shell: bash
      run: mkdir -p ~/.terraform.d/plugin-cache && echo "TF_PLUGIN_CACHE_DIR=$HOME/.terraform.d/plugin-cache" >> "$GITHUB_ENV"`;
      return `    - if: ${asked}
      uses: actions/cache@pinned
      with:
        path: |
${paths.map((path) => `          ${path}`).join("\n")}
        key: ${key}\${{ ${hash} }}
        restore-keys: ${key}${name === "terraform" ? folder : ""}
`;
    })
    .join("");
}
