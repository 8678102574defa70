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

const testers = [
  "pytest|py\\.test|tox|nox|rspec|phpunit|pest|behat|jest|vitest|mocha|ava|karma|c8|nyc|tap|ctest|bats|unittest|busted|minitest|shunit2|testem|wtr",
  "playwright test|cypress run|nightwatch|testcafe|newman run|k6 run|maestro test|detox test|molecule test|helm unittest|ct install",
  "node (?:--[\\w-]+(?:=\\S+)? )*--test|R CMD check|xcodebuild (?:[^\\n]*\\s)?test|ruby -I ?test|crystal spec|mix test|zig build test|gleam test|meson test|ninja test|terraform test|tofu test|opa test|conftest verify",
  "(?:bin/)?rails test(?::\\w+)?|(?:bin/)?rspec|rake (?:spec|test)|php artisan test|composer (?:run(?:-script)? )?tests?|python3? manage\\.py test|python3? -m (?:pytest|unittest)|npm t|npx (?:jest|vitest|mocha|playwright|cypress)",
].join("|");

const runners =
  "npm|pnpm|yarn|bun|deno|dagger|go|cargo|dotnet|flutter|dart|swift|stack|cabal|lein|sbt|rake|make|just|task|bazel|bazelisk|nx|turbo|lerna|moon|hatch|poe|pdm|uv|invoke|inv|mage|earthly|ant|mise|devbox|wireit|rush|gulp|grunt|melos|mill|pants|buck2";

/** Words between a runner and its task: flags with their values, and other tasks. */
const between =
  "(?:run(?:-many|-script|-commands)?\\s+|affected\\s+|exec\\s+|-{1,2}[\\w:-]+(?:[= ](?!-)[^\\s-]\\S*)?\\s+|[\\w:@./-]+\\s+){0,5}?";

/** Commands that run the tests of a code base. */
export const testCommand = new RegExp(
  [
    `(?:^|[\\s/;&|(])(?:${testers})(?=$|[\\s;&|):])`,
    `\\b(?:${runners})\\s+${between}(?:--?target[s]?[= ]|-t[= ])?(?:\\S*:)?(?:test|tests|check|verify|e2e|integration|spec)(?::[\\w:-]+)?(?=$|[\\s;&|)])`,
    "\\bcargo (?:nextest|llvm-cov)\\b",
    "\\bmvnw?\\b[^\\n]*\\b(?:test|verify|install|package)\\b",
    "\\bgradlew?\\b[^\\n]*\\b\\w*(?:[tT]est|[cC]heck|build)\\b",
    "(?:^|[\\s/])(?:[\\w-]*[-_])?(?:tests?|check)\\.(?:sh|py|js|mjs|ts|rb|ps1)\\b",
    "(?:^|\\s)\\.?/?(?:scripts?|bin|script|ci|tools?)/(?:run[-_])?tests?(?=$|\\s)",
  ].join("|"),
);

/** Actions that run tests. */
export const testActions =
  /^(cypress-io\/github-action|reactivecircus\/android-emulator-runner|microsoft\/playwright|gabrielbb\/xvfb-action|grafana\/k6-action|matt-ball\/newman-action|php-actions\/phpunit|helm\/chart-testing-action)/;

/** Builds that run tests unless they are told not to. */
export const skipsTests = /-DskipTests\b|-DskipITs\b|-Dmaven\.test\.skip|\s-x\s+:?(?:test|check)\b|--skip-tests\b/;
