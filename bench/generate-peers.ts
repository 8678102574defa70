/** Other writers of workflows, where they are installed; each writes that many workflows of two jobs. */

export interface Peer {
  name: string;
  write(workflows: number): void;
}

const loaders: Readonly<Record<string, () => Promise<Peer>>> = {
  "@github-actions-workflow-ts/lib": workflowTs,
  projen,
};

export const peerNames = Object.keys(loaders);

export async function peer(name: string): Promise<Peer> {
  const load = loaders[name];
  if (load === undefined) throw new Error(`there is no writer ${name}`);
  return await load();
}

// biome-ignore lint/suspicious/noExplicitAny: peers are optional, so their types are not there
type Any = any;

async function workflowTs(): Promise<Peer> {
  const name = "@github-actions-workflow-ts/lib";
  const { NormalJob, Step, Workflow }: Any = await import(name);
  const { stringify } = await import("yaml");
  return {
    name,
    write(count) {
      for (let i = 0; i < count; i++) {
        const test = new NormalJob("test", { "runs-on": "ubuntu-24.04" }).addStep(
          new Step({ name: "work", run: "make work" }),
        );
        const deploy = new NormalJob("deploy", { "runs-on": "ubuntu-24.04" })
          .needs([test])
          .addStep(new Step({ name: "work", run: "make work" }));
        const workflow = new Workflow(`p${i}`, { name: `p${i}`, on: { push: { branches: ["main"] } } }).addJobs([
          test,
          deploy,
        ]);
        stringify(workflow.workflow);
      }
    },
  };
}

async function projen(): Promise<Peer> {
  const name = "projen";
  const { Project, github }: Any = await import(name);
  const { mkdtempSync, rmSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  return {
    name,
    write(count) {
      const outdir = mkdtempSync(join(tmpdir(), "projen-"));
      const project = new Project({ name: "many", outdir });
      const hub = new github.GitHub(project, { pullRequestLint: false });
      for (let i = 0; i < count; i++) {
        const workflow = new github.GithubWorkflow(hub, `p${i}`);
        workflow.on({ push: { branches: ["main"] } });
        const job = { runsOn: ["ubuntu-24.04"], permissions: {}, steps: [{ name: "work", run: "make work" }] };
        workflow.addJobs({ test: job, deploy: { ...job, needs: ["test"] } });
      }
      project.synth();
      rmSync(outdir, { recursive: true, force: true });
    },
  };
}
