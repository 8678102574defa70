import type { Access, Binding, TokenUse } from "../../../../../src/facts/access.ts";
import { showKey } from "../../../../../src/facts/show-key.ts";
import { accessesOf } from "../../../../../src/platforms/github/read/accesses.ts";
import { readRepository } from "../../../../../src/platforms/github/read/repository.ts";
import { writeTree } from "../tree.ts";

/** Accesses of the only job of a workflow with these steps, each on one line. `head` adds keys to the job. */
export function accesses(steps: string, head = "", actions: Readonly<Record<string, string>> = {}): string[] {
  return rawAccesses(steps, head, actions).map(describe);
}

export function rawAccesses(steps: string, head = "", actions: Readonly<Record<string, string>> = {}): Access[] {
  const indented = steps.trim().replace(/^/gm, "      ");
  const workflow = `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n${head.replace(/^(?=.)/gm, "    ")}\n    steps:\n${indented}\n`;
  const repository = readRepository(writeTree({ ".github/workflows/x.yml": workflow, ...actions }));
  const problems = repository.problems.map(({ message }) => message);
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\n${workflow}`);
  const [level] = repository.workflows;
  const job = level!.jobs[0]!;
  const steps_ = [...(job.kind === "steps" ? job.steps : []), ...repository.actions.flatMap((action) => action.steps)];
  return steps_.flatMap((step) => accessesOf(repository, step, { job, level: { workflow: level! } }));
}

/** The accesses of a script alone. */
export function scriptAccesses(script: string, head = ""): string[] {
  return accesses(`- run: |\n${script.replace(/^/gm, "    ")}`, head);
}

function describe(access: Access): string {
  switch (access.kind) {
    case "resource": {
      const { tool, resource, mode, effect, key, binding, token } = access;
      const bound = showBinding(binding);
      return `${tool}: ${mode} ${resource} [${showKey(key)}]${bound}${showToken(token)}${effect === "none" ? "" : ` ${effect}`}`;
    }
    case "dispatch": {
      const target =
        access.target.kind === "workflow"
          ? `${showKey(access.target.workflow)}${access.target.ref ? `@${showKey(access.target.ref)}` : ""}`
          : `event ${showKey(access.target.type)}`;
      const inputs = [...access.inputs].map(([name, value]) => `${name}=${showKey(value)}`).join(" ");
      const repository = access.repository ? ` in ${showKey(access.repository)}` : "";
      return `${access.tool}: dispatch ${target}${repository}${inputs ? ` with ${inputs}` : ""}${showToken(access.token)}`;
    }
    case "wait": {
      const { target } = access;
      const what =
        target.kind === "check"
          ? `check ${showKey(target.name)}`
          : target.kind === "workflow"
            ? `workflow ${showKey(target.workflow)}`
            : target.kind === "run"
              ? `run ${showKey(target.run)}`
              : "unknown";
      return `${access.tool}: wait for ${what}${access.fails ? "" : " whatever it yields"}`;
    }
    case "notify":
      return `${access.tool}: notify`;
    default:
      return access satisfies never;
  }
}

function showBinding(binding: Binding): string {
  switch (binding.kind) {
    case "this-run":
      return "";
    case "given-run":
      return ` of run ${showKey(binding.run)}`;
    case "given-commit":
      return ` of commit ${showKey(binding.commit)}`;
    case "given-digest":
      return ` of digest ${showKey(binding.digest)}`;
    case "latest":
      return ` latest ${binding.of}${binding.branch ? ` of ${showKey(binding.branch)}` : ""}`;
    case "tip":
      return ` tip of ${showKey(binding.branch)}`;
    case "default-tip":
      return " tip of the default branch";
    case "unknown":
      return " of unknown version";
    default:
      return binding satisfies never;
  }
}

function showToken(token: TokenUse): string {
  return token.kind === "none" ? "" : token.kind === "given" ? ` by ${showKey(token.key)}` : ` by ${token.kind} token`;
}
