/** Words in the names of scripts, tasks and actions that tell what they do. */

import type { Effect, ResourceKind } from "../../facts/access.ts";
import type { Confidence } from "../../findings/finding.ts";

export interface Told {
  readonly resource: ResourceKind;
  readonly effect: Effect;
  readonly confidence: Confidence;
}

interface TellingWords extends Told {
  readonly words: readonly string[];
  /** Beside one of these it says something else. */
  readonly unless?: readonly string[];
}

export const telling: readonly TellingWords[] = [
  {
    words: ["deploy", "deploys", "deployment", "deployments", "redeploy", "rollout", "promote", "rollback", "undeploy"],
    resource: "service",
    effect: "deploy",
    confidence: "medium",
  },
  {
    words: ["migrate", "migration", "migrations"],
    resource: "database",
    effect: "none",
    confidence: "low",
  },
  { words: ["publish", "publishing"], resource: "package", effect: "publish", confidence: "medium" },
  { words: ["release", "releases", "ship"], resource: "package", effect: "publish", confidence: "low" },
  {
    words: ["upload", "uploads"],
    unless: ["coverage", "report", "reports", "results", "logs", "artifact", "artifacts", "sourcemaps", "symbols"],
    resource: "bucket",
    effect: "publish",
    confidence: "low",
  },
  { words: ["destroy", "teardown"], resource: "service", effect: "destroy", confidence: "low" },
];

/** `push` beside one of these pushes an image. */
export const imageWords: ReadonlySet<string> = new Set(["image", "images", "docker", "container"]);

/** With one of these beside it, the same word means looking, testing or preparing. */
export const harmlessWords: ReadonlySet<string> = new Set([
  "test",
  "tests",
  "testing",
  "e2e",
  "smoke",
  "check",
  "checks",
  "verify",
  "validate",
  "validation",
  "lint",
  "format",
  "status",
  "plan",
  "dry",
  "dryrun",
  "diff",
  "build",
  "compile",
  "package",
  "prepare",
  "pre",
  "predeploy",
  "prepublish",
  "setup",
  "install",
  "init",
  "config",
  "configure",
  "generate",
  "get",
  "list",
  "show",
  "describe",
  "print",
  "info",
  "wait",
  "watch",
  "notify",
  "notification",
  "comment",
  "announce",
  "notes",
  "changelog",
  "version",
  "bump",
  "name",
  "image",
  "mock",
  "local",
  "example",
  "template",
]);
