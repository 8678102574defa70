import fc from "fast-check";

/** Random deliveries in the written form, all of them valid, with most of what may be written. */
export interface WrittenDelivery {
  name: string;
  variables: Record<string, string | number | boolean>;
  parameters: Record<string, unknown>;
  environments: Record<string, WrittenEnvironment>;
  pipelines: Record<string, WrittenPipeline>;
}

export interface WrittenEnvironment {
  branch?: string;
  after?: string | string[];
  approval?: object;
  variables?: Record<string, string>;
}

export interface WrittenPipeline {
  needs?: string[];
  outputs?: Record<string, unknown>;
  env?: Record<string, unknown>;
  jobs: Record<string, WrittenJob>;
  [other: string]: unknown;
}

export interface WrittenJob {
  steps: unknown[];
  needs?: string[];
  artifacts?: Record<string, unknown>;
  uses?: unknown[];
  env?: Record<string, unknown>;
  condition?: unknown;
  [other: string]: unknown;
}

const environmentNames = ["dev", "test", "prod"];
const text = fc.oneof(
  fc.constantFrom("a", "true", "12", "~", "x: y", "- z", "#", "'", '"', "é\n", "{{}}", "@", " "),
  fc.string(),
);
const duration = fc.constantFrom("10m", "90s", "1h30m", "500ms", 5_000, "0.5h");
const globs = fc.subarray(["src/**", "!src/*.md", "**/x-[0-9]+.js?", "*.md"], { minLength: 1 }).map((all) => {
  return all.every((glob) => glob.startsWith("!")) ? ["**", ...all] : all;
});

function optional<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

function condition(): fc.Arbitrary<unknown> {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 2 },
      fc.record({ environment: fc.constantFrom("dev", ["test", "prod"]) }),
      fc.record({ branch: fc.constantFrom("main", ["release/**"]) }),
      fc.record({ event: fc.constantFrom("push", ["manual", "schedule"]) }),
      fc.record({ parameter: fc.constant("version"), equals: text }),
      fc.record({ variable: fc.constant("team"), equals: fc.constantFrom("shop", 1, true) }),
      fc.record({ not: tie("tree") }),
      fc.record({ all: fc.array(tie("tree"), { minLength: 1, maxLength: 2 }) }),
      fc.record({ any: fc.array(tie("tree"), { minLength: 1, maxLength: 2 }) }),
    ),
  }));
  return tree;
}

/** What a per-environment job may read; `outputs` are those handed over to it. */
function value(outputs: readonly string[]): fc.Arbitrary<unknown> {
  const plain = fc.oneof(
    text,
    fc.constantFrom(1, true, 0.5),
    fc.constantFrom({ secret: "TOKEN" }, { variable: "team" }, { parameter: "version" }, { context: "commit" }),
    ...(outputs.length > 0 ? [fc.constantFrom(...outputs).map((output) => ({ output }))] : []),
  );
  return fc.oneof(plain, fc.array(plain, { maxLength: 3 }));
}

const matrix = fc.constantFrom(
  { node: ["20", 22] },
  { values: { node: ["20", "22"], os: ["a"] }, exclude: [{ node: 20 }], include: [{ os: "b" }], maxParallel: 2 },
);

function step(outputs: readonly string[]): fc.Arbitrary<unknown> {
  const run = text.filter((script) => script.trim() !== "");
  const long = fc.record({
    name: optional(text),
    run,
    shell: optional(fc.constantFrom("bash", "sh")),
    env: optional(fc.record({ A: value(outputs), B: value(outputs) })),
    condition: optional(condition()),
    workingDirectory: optional(fc.constantFrom("sub", "./a/b")),
    timeout: optional(duration),
    continueOnFailure: optional(fc.boolean()),
    action: optional(
      fc.record({ kind: fc.constant("cloudfront.invalidate"), inputs: fc.record({ bucket: value(outputs) }) }),
    ),
  });
  return fc.oneof(run, long.map(withoutUndefined));
}

/** The jobs form a chain: each needs the ones before it, so that it may read what they make. */
function job(before: readonly string[], outputs: readonly string[], artifacts: readonly string[]) {
  const uses = fc
    .uniqueArray(fc.constantFrom(...artifacts, ""), { maxLength: 2 })
    .map((names) =>
      names
        .filter((name) => name !== "")
        .map((artifact, index) => (index === 0 ? { artifact, path: `in/${index}` } : { artifact, path: `in${index}` })),
    );
  return fc
    .record({
      needs: fc.constant([...before]),
      deploys: optional(fc.boolean()),
      irreversible: optional(fc.constant("drops a column")),
      verify: optional(fc.constantFrom(true, false, "10m", { for: "1h", every: "5m" })),
      runsAfter: before.length > 0 ? optional(fc.constantFrom("success", "failure", "always")) : fc.constant(undefined),
      condition: optional(condition()),
      steps: fc.array(step(outputs), { minLength: 1, maxLength: 3 }),
      env: optional(fc.record({ X: value(outputs) })),
      matrix: optional(matrix),
      timeout: optional(duration),
      retry: optional(fc.constantFrom(0, 2, { attempts: 3, delay: "1s" }, { factor: 1.5, maxDelay: "1m" })),
      concurrency: optional(fc.oneof(fc.constant("db"), fc.record({ group: value(outputs), limit: fc.constant(2) }))),
      workingDirectory: optional(fc.constantFrom("a", "a/../b")),
      runsOn: optional(fc.constantFrom<unknown>("linux", ["ubuntu-24.04", "x64"], { labels: ["linux", ["x", 64]] })),
      container: optional(fc.constantFrom<unknown>("node:24", ["node:", 24], { image: "node:24" })),
      tools: optional(fc.constant(["node", "terraform@>=1.5", { name: "jq" }])),
      continueOnFailure: optional(fc.boolean()),
      uses: optional(uses),
    })
    .map(({ verify, irreversible, ...rest }) =>
      withoutUndefined({ ...rest, ...(rest.deploys === true ? { irreversible } : { verify }) }),
    );
}

function pipeline(name: string, earlier: readonly string[]): fc.Arbitrary<WrittenPipeline> {
  return fc.subarray([...earlier]).chain((needs) => {
    const outputs = needs.map((needed) => `${needed}.address`);
    const artifacts = needs.map((needed) => `${needed}.dist`);
    return fc
      .record({
        description: optional(text),
        needs: fc.constant(needs),
        paths: optional(globs),
        branches: optional(fc.constant(["main", "release/**"])),
        pullRequests: optional(fc.boolean()),
        manual: optional(fc.boolean()),
        schedules: optional(fc.constant(["0 4 * * 1-5"])),
        outputs: fc.constant({ address: { type: "url", job: "first", parameter: `/${name}/{environment}/address` } }),
        env: optional(fc.record({ PIPELINE: value(outputs) })),
        workingDirectory: optional(fc.constantFrom("web", "./services/api")),
        jobs: fc.record({
          first: job([], outputs, artifacts).map((first) => {
            const { matrix: _, ...rest } = first;
            return { ...rest, artifacts: { dist: { path: "dist" } } };
          }),
          second: job(["first"], [...outputs, "address", `${name}.address`], [...artifacts, "dist", `${name}.dist`]),
          third: job(["first", "second"], [...outputs, "address"], [...artifacts, "dist"]),
        }),
      })
      .map((all) => withoutUndefined(all) as unknown as WrittenPipeline);
  });
}

export const writtenDelivery: fc.Arbitrary<WrittenDelivery> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  variables: fc.record({ team: fc.constantFrom("shop", 12, true) }),
  parameters: fc.record({
    version: fc.constantFrom("string", { description: "Which", default: 1 }, { type: "string" }),
    size: fc.constantFrom({ options: ["small", 2], default: "small" }, { type: "choice", options: ["a"] }),
  }),
  environments: fc.record({
    dev: fc.constantFrom({ branch: "develop" }, {}, { variables: { region: "eu" } }),
    test: fc.constantFrom({ branch: "main" }, { after: ["dev"] }),
    prod: fc.constantFrom(
      { after: environmentNames.slice(0, 2), approval: { reviewers: ["managers"], timeout: "2d" } },
      { approval: {} },
      { windows: { days: ["mon-wed", "sat"], from: "22:00", to: "02:00", zone: "Asia/Kolkata" } },
      { windows: [{ from: "00:00", to: "24:00", zone: "UTC" }], after: "dev" },
      { approval: { count: 2, selfApproval: false, reminder: "4h" } },
    ),
  }),
  pipelines: fc.record({
    infra: pipeline("infra", []),
    api: pipeline("api", ["infra"]),
    web: pipeline("web", ["infra", "api"]),
  }),
});
