/** Words and commands by which people say what a job is for. What a rule concludes from them stands in `effects.ts`. */

/** A job whose name has one of these changes nothing outside, whatever else its name says. */
export const harmless = [
  "classify",
  "detect",
  "determine",
  "resolve",
  "decide",
  "preview",
  "previews",
  "dry",
  "check",
  "checks",
  "test",
  "tests",
  "testing",
  "lint",
  "validate",
  "verify",
  "plan",
  "notify",
  "notification",
  "notifications",
  "comment",
  "status",
  "summary",
  "report",
  "wait",
  "prepare",
  "setup",
  "configure",
  "install",
  "build",
  "draft",
  "notes",
  "changelog",
  "info",
  "version",
  "key",
  "keys",
  "login",
  "credentials",
  "trigger",
  "cleanup",
  "undeploy",
  "delete",
  "log",
  "logs",
  "url",
  "outputs",
  "coverage",
  "results",
  "size",
  "codecov",
];

export const deployWords = ["deploy", "deploys", "deployment", "rollout", "promote", "cd"];

/** What only seems to do something: it finds out, or tries. */
export const lookingWords = [
  "classify",
  "detect",
  "determine",
  "resolve",
  "decide",
  "test",
  "tests",
  "check",
  "checks",
];

export const actingWords = ["deploy", "apply", "release", "publish", "provision", "rollout", "cd"];

/** Jobs that speak about a run or tidy up after it. */
export const reportingWords = [
  "notify",
  "notification",
  "report",
  "reports",
  "reporter",
  "summary",
  "comment",
  "status",
  "cleanup",
  "clean",
  "teardown",
  "destroy",
  "rollback",
  "slack",
  "alert",
  "label",
  "cancel",
  "collect",
  "coverage",
  "metrics",
  "telemetry",
  "smokeshow",
];

/** Tries something out and takes it away again. */
export const tryingWords = [
  "test",
  "tests",
  "e2e",
  "smoke",
  "lint",
  "check",
  "checks",
  "validate",
  "integration",
  "verify",
  "sanity",
];

export const documentationWords = [
  "docs",
  "doc",
  "documentation",
  "pages",
  "storybook",
  "mkdocs",
  "website",
  "site",
  "wiki",
];

/** Commands that run the tests of a code base. */
export const testCommand =
  /\b(pytest|tox|nox|rspec|phpunit|jest|vitest|mocha|ava|karma|playwright test|cypress run|ctest|bats|unittest)\b|\b(npm|pnpm|yarn|bun|deno|go|cargo|dotnet|mix|flutter|swift|stack|cabal|lein|sbt|rake|make|just|task|bazel|nx|turbo(?: run)?)\s+(?:run\s+|-[\w-]+\s+)*(?:test|tests|check|verify|e2e|integration)\b|\b(?:npm|pnpm|yarn) (?:run )?test|cargo (?:nextest|test)|\bmvnw?\b[^\n]*\b(?:test|verify|install|package)\b|\bgradlew?\b[^\n]*\b(?:test|check|build)\b|\b[\w./-]*(?:run[-_]?)?tests?\.(?:sh|py)\b/;

/** Builds that run tests unless they are told not to. */
export const skipsTests = /-DskipTests\b|-DskipITs\b|-Dmaven\.test\.skip|\s-x\s+:?(?:test|check)\b|--skip-tests\b/;
