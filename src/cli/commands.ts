import type { CommandEntry } from "./command.ts";

/** Every command, in the order in which help lists them. A new command is one file and one entry. */
export const commands: readonly CommandEntry[] = [
  {
    name: "check",
    summary: "find races and broken hand-offs in existing workflows",
    group: "Look",
    load: () => import("./commands/check.ts"),
  },
  {
    name: "init",
    summary: "write a first definition for what is here",
    group: "Author",
    load: () => import("./commands/init.ts"),
  },
  {
    name: "generate",
    summary: "write native pipelines for a CI service",
    group: "Author",
    load: () => import("./commands/generate.ts"),
  },
  {
    name: "cost",
    summary: "show what generated CodePipelines cost a month",
    group: "Author",
    load: () => import("./commands/cost.ts"),
  },
  {
    name: "plan",
    summary: "show what a run would do, and why",
    group: "Deliver",
    load: () => import("./commands/plan.ts"),
  },
  {
    name: "run",
    summary: "run it, and show it",
    group: "Deliver",
    load: () => import("./commands/run.ts"),
  },
  {
    name: "resume",
    summary: "go on with runs that have not ended",
    group: "Deliver",
    load: () => import("./commands/resume.ts"),
  },
  {
    name: "retry",
    summary: "run what failed again",
    group: "Deliver",
    load: () => import("./commands/retry.ts"),
  },
  {
    name: "cancel",
    summary: "stop a run, from any terminal",
    group: "Deliver",
    load: () => import("./commands/cancel.ts"),
  },
  {
    name: "promote",
    summary: "bring a proven release on to an environment",
    group: "Deliver",
    load: () => import("./commands/promote.ts"),
  },
  {
    name: "rollback",
    summary: "take an environment back to a release that was there",
    group: "Deliver",
    load: () => import("./commands/rollback.ts"),
  },
  {
    name: "approve",
    summary: "let a release into an environment",
    group: "Decide",
    load: () => import("./commands/approve.ts"),
  },
  {
    name: "reject",
    summary: "keep a release out of an environment",
    group: "Decide",
    load: () => import("./commands/reject.ts"),
  },
  {
    name: "status",
    summary: "show what is deployed, runs and waits",
    group: "Look",
    load: () => import("./commands/status.ts"),
  },
  {
    name: "release",
    summary: "list releases, show one, compare two",
    group: "Look",
    load: () => import("./commands/release.ts"),
  },
  {
    name: "logs",
    summary: "print what jobs printed",
    group: "Look",
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "outputs",
    summary: "print the outputs of what is deployed",
    group: "Look",
    load: () => import("./commands/outputs.ts"),
  },
  {
    name: "serve",
    summary: "serve the dashboard and the API",
    group: "Look",
    load: () => import("./commands/serve.ts"),
  },
  {
    name: "token",
    summary: "say who may ask the server for what",
    group: "Decide",
    load: () => import("./commands/token.ts"),
  },
  {
    name: "graph",
    summary: "draw what comes before what",
    group: "Look",
    load: () => import("./commands/graph.ts"),
  },
  {
    name: "services",
    summary: "list or stop what jobs left running",
    group: "Look",
    load: () => import("./commands/services.ts"),
  },
  {
    name: "doctor",
    summary: "check that this machine has what it needs",
    group: "Look",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "read-definition",
    summary: "load a definition and print its model",
    group: "Author",
    hidden: true,
    load: () => import("./commands/read-definition.ts"),
  },
];
