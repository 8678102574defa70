import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Rule } from "../../src/check/rule.ts";
import { rules } from "../../src/check/rules.ts";
import { fullDepth } from "../lane/needs.ts";
import { checkFolder, updates } from "./cases.ts";

const pages = join(import.meta.dirname, "../../docs/rules");
const withoutExample = new Set(["workflow-run-file-not-on-default-branch"]);

describe("the page of each rule is what its fixtures show (UPDATE=1 writes it)", fullDepth(), () => {
  for (const rule of rules) {
    test(rule.id, async () => {
      const file = join(pages, `${rule.id}.md`);
      if (updates) writeFileSync(file, await pageOf(rule));
      assert.equal(readFileSync(file, "utf8"), await pageOf(rule));
    });
  }
});

test("the list of rules has all of them", () => {
  const file = join(pages, "README.md");
  const text = listPage();
  if (updates) writeFileSync(file, text);
  assert.equal(readFileSync(file, "utf8"), text);
});

test("no page is left of a rule that is gone", () => {
  const ids = new Set(["README", ...rules.map((rule) => rule.id)]);
  const left = readdirSync(pages).filter((file) => !ids.has(file.replace(/\.md$/, "")));
  assert.deepEqual(left, []);
});

async function pageOf(rule: Rule): Promise<string> {
  const sections = [
    `# ${rule.id}`,
    `${capital(rule.title)}.`,
    `${capital(rule.severity)} · ${rule.kind} · [what the platform says](${rule.url})`,
    rule.why,
  ];
  if (!withoutExample.has(rule.id)) {
    const { findings } = await checkFolder(example("err", rule));
    sections.push("## What is found", ...filesOf(example("err", rule)));
    for (const { location, message, schedule } of findings.slice(0, 1)) {
      sections.push(
        `\`${location.file}:${location.line}\`: ${message}${message.endsWith("?") ? "" : "."}`,
        schedule.map((line, i) => `${i + 1}. ${line}`).join("\n"),
      );
      sections.push(`**What to do.** ${findings[0]!.help}`);
    }
    sections.push("## What is right", ...filesOf(example("ok", rule)));
  }
  sections.push(
    "## To accept it in one place",
    `\`\`\`yaml\n# baton-ignore ${rule.id}: why it is right here\n\`\`\`\n\non the line of the finding or on the line above it.`,
  );
  return `${sections.join("\n\n")}\n`;
}

function example(kind: "ok" | "err", rule: Rule): string {
  return join(import.meta.dirname, kind, rule.id, "example");
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /\.(ya?ml|json|tfvars)$/.test(name))
    .sort()
    .map((name) => `\`${name}\`\n\n\`\`\`${languageOf(name)}\n${readFileSync(join(folder, name), "utf8")}\`\`\``);
}

function languageOf(name: string): string {
  return name.endsWith(".json") ? "json" : name.endsWith(".tfvars") ? "hcl" : "yaml";
}

function listPage(): string {
  const kinds = [...new Set(rules.map((rule) => rule.kind))];
  const parts = kinds.map((kind) => {
    const rows = rules
      .filter((rule) => rule.kind === kind)
      .map((rule) => `| [${rule.id}](${rule.id}.md) | ${rule.severity} | ${rule.title} |`);
    return `## ${capital(kind)}\n\n| rule | severity | what it finds |\n|---|---|---|\n${rows.join("\n")}`;
  });
  return `# Rules of \`baton check\`\n\n${introduction}\n\n${parts.join("\n\n")}\n`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const introduction = `\`baton check PATH\` reads every workflow, local called workflow and local action of a repository, and looks at them
together: what starts what, what is certain to come before what, and who touches the same thing. It reads files only.

- Each finding names both sides and the order of events that breaks. A simulator of GitHub and of CodePipeline, with all
  workflows and pipelines of the repository in one world, carries that order out before it is reported, up to the bad end:
  the run that never starts, the untested commit that is checked out, the artifact that is not there. What it cannot carry
  out is not shown. Five rules need no order of events, because what is written is wrong in itself: a name that the service
  or a context does not have, a secret in the open, an open bucket, a person's token.
- **Severity** says how bad it is when it happens: \`error\`, \`warning\`, \`note\`. **Confidence** says how sure it is that it can: \`low\`
  where a setting that is not in the files, such as required reviewers of an environment, may prevent it.
- Reporters, collectors and cleaners run on failure by design; rules about failed runs speak of jobs that deploy or publish.
- What only the run knows (a variable, an output) counts as unknown, and a rule stays silent where it might be the guard.

To accept one place, write \`# baton-ignore rule-id: reason\` on its line or on the line above; without a reason it does not count.
To accept all that is there today, \`baton check --baseline baseline.json --update-baseline\` and from then on \`--baseline baseline.json\`.
\`baton check --fix\` applies the edits that are safe. The command ends with 0 when nothing is found, 1 with findings, 2 when it was
called wrongly; with \`--format sarif\` findings alone end with 0.

Every rule is a case of one of six things that can go wrong between pipelines.`;
