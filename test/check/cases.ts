/** The fixture repositories: `err/<rule>/<case>` must give exactly that rule, `ok/<rule>/<case>` nothing at all. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../../src/check/check.ts";
import { type CheckSettings, readSettings, settingsFile } from "../../src/check/settings.ts";
import type { Facts } from "../../src/facts/facts.ts";
import { joinFacts } from "../../src/facts/join-facts.ts";
import { type Finding, sortFindings } from "../../src/findings/finding.ts";
import { codepipelineFacts } from "../../src/platforms/codepipeline/facts/codepipeline-facts.ts";
import { readPipelines } from "../../src/platforms/codepipeline/read/repository.ts";
import { codepipelinePlatform } from "../../src/platforms/codepipeline/simulate/platform.ts";
import { githubFacts } from "../../src/platforms/github/facts/github-facts.ts";
import { readRepository } from "../../src/platforms/github/read/repository.ts";
import { githubPlatform } from "../../src/platforms/github/simulate/platform.ts";
import type { Repository } from "../../src/platforms/github/workflow.ts";
import type { Simulator } from "../../src/simulation/simulator.ts";
import { createSimulator } from "../../src/simulation/simulator.ts";

export interface Case {
  readonly rule: string;
  readonly name: string;
  readonly folder: string;
}

/** With `UPDATE=1` expected texts and pages are written instead of compared. */
export const updates = process.env.UPDATE === "1";

export function casesOf(kind: "ok" | "err"): Case[] {
  const root = join(import.meta.dirname, kind);
  return readdirSync(root)
    .sort()
    .flatMap((rule) =>
      readdirSync(join(root, rule))
        .sort()
        .map((name) => ({ rule, name, folder: join(root, rule, name) })),
    );
}

export interface CheckedCase {
  readonly repository: Repository;
  /** Of workflows and pipelines together. */
  readonly facts: Facts;
  readonly simulator: Simulator;
  readonly findings: readonly Finding[];
}

export async function checkFolder(folder: string): Promise<CheckedCase> {
  const defaultBranch = existsSync(join(folder, "default-branch")) ? "main" : undefined;
  const repository = readRepository(folder, defaultBranch ? { defaultBranch } : {});
  const pipelines = await readPipelines(folder);
  const facts = joinFacts([githubFacts(repository), codepipelineFacts(pipelines)]);
  const simulator = createSimulator([githubPlatform(repository), codepipelinePlatform(pipelines)]);
  const found = check(facts, { simulator, settings: settingsOf(folder) });
  const findings = sortFindings([...repository.problems, ...pipelines.problems, ...found]);
  return { repository, facts, simulator, findings };
}

function settingsOf(folder: string): CheckSettings {
  const file = join(folder, settingsFile);
  const read = readSettings(existsSync(file) ? readFileSync(file, "utf8") : "");
  if (!read.ok) throw new Error(read.reason);
  return read.settings;
}

/** What a finding says, without the frames. */
export function lines(findings: readonly Finding[]): string {
  return findings
    .flatMap(({ severity, confidence, rule, location, message, related, schedule }) => [
      `${severity} ${rule} ${location.file}:${location.line}:${location.column} (${confidence})`,
      `  ${message}`,
      ...schedule.map((line) => `  - ${line}`),
      ...related.map((place) => `  @ ${place.location.file}:${place.location.line} ${place.message}`),
      "",
    ])
    .join("\n");
}
