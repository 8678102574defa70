/** Which releases of a set are where, from the names of the records that its function keeps. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { statusLines } from "../../../../src/cli/platform/status-text.ts";
import { noStyle } from "../../../../src/cli/terminal/style.ts";
import { type Ask, AwsProblem } from "../../../../src/platforms/codepipeline/live/aws-cli.ts";
import { lookAtSets, setFrom } from "../../../../src/platforms/codepipeline/live/releases.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import type { LiveSet, PlatformStatus } from "../../../../src/platforms/live.ts";
import { shop } from "../write/written.ts";

const { releases: plan } = lowerDelivery(shop, {
  layout: "separate",
  format: "cloudformation",
  root: "",
  folder: "codepipeline",
  settings: settingsSchema.parse({}),
});
const [name, set] = Object.entries(plan.sets)[0]!;
const numbered = (number: number) => `${String(number).padStart(8, "0")}.json`;
const records = (known: {
  releases?: number[];
  tried?: Record<string, number[]>;
  proven?: Record<string, number[]>;
}) => [
  ...(known.releases ?? []).map((number) => `releases/${name}/${numbered(number)}`),
  ...(["tried", "proven"] as const).flatMap((what) =>
    Object.entries(known[what] ?? {}).flatMap(([environment, numbers]) =>
      numbers.map((number) => `environments/${environment}/${name}/${what}/${numbered(number)}`),
    ),
  ),
  "environments/test/there/infra.json",
  `environments/test/${name}/runs/r1.json`,
  "releases/another/00000099.json",
];
const [first, second] = ["test", "prod"] as const;

test("what is proven, what was begun, and what is next or why nothing is", () => {
  const known = {
    releases: [9, 10, 11],
    tried: { test: [9, 10, 11], prod: [9] },
    proven: { test: [9, 10], prod: [9] },
  };
  const { newest, environments } = setFrom(records(known), name, set);
  assert.equal(newest, 11);
  assert.deepEqual(environments, [
    {
      environment: first,
      proven: 10,
      tried: 11,
      next: undefined,
      because: "release 11 was here already, and nothing newer is proven",
    },
    { environment: second, proven: 9, tried: 9, next: 10, because: undefined },
  ]);
  const none = setFrom(records({}), name, set);
  assert.deepEqual([none.newest, none.environments[0]!.because], [undefined, "there is no release yet"]);
});

const answering =
  (answers: Record<string, unknown>): Ask =>
  async <T>(args: readonly string[]) => {
    const answer = answers[args.slice(0, 2).join(" ")];
    if (answer instanceof Error) throw answer;
    return answer as T;
  };

test("the bucket is asked of the function; who may not read is told so, and none without a function", async () => {
  const Environment = { Variables: { BUCKET: "b" } };
  const Contents = records({ releases: [1] }).map((Key) => ({ Key }));
  const ask = answering({
    "lambda get-function-configuration": { Environment },
    "s3api list-objects-v2": { Contents },
  });
  const [found] = await lookAtSets(plan, "shop-releases", ask);
  assert.deepEqual([found?.newest, found?.environments.length, found?.unknown], [1, 2, undefined]);
  const gone = answering({ "lambda get-function-configuration": new AwsProblem("not-found", "no function") });
  assert.deepEqual(await lookAtSets(plan, "shop-releases", gone), []);
  const refused = answering({ "lambda get-function-configuration": new AwsProblem("refused", "AccessDenied") });
  const [unknown] = await lookAtSets(plan, "shop-releases", refused);
  assert.deepEqual([unknown?.unknown, unknown?.newest, unknown?.environments], ["AccessDenied", undefined, []]);
});

test("people read it in a few lines", () => {
  const print = (sets: readonly LiveSet[]) => {
    const status = { environments: [], pipelines: [], missing: [], approvals: [], connections: [], sets };
    return statusLines({ status: status as unknown as PlatformStatus, place: "AWS", now: 0 }, noStyle);
  };
  const known = { releases: [1, 2], tried: { test: [1, 2], prod: [1] }, proven: { test: [1], prod: [1] } };
  assert.deepEqual(print([setFrom(records(known), name, set)]), [
    "",
    `releases of ${name}  newest 2`,
    "  test  1 proven, 2 begun  release 2 was here already, and nothing newer is proven",
    "  prod  1 proven           release 1 was here already, and nothing newer is proven",
  ]);
  const unknown = { name, newest: undefined, environments: [], unknown: "AccessDenied" };
  assert.deepEqual(print([unknown]), ["", `releases of ${name}  could not be looked at: AccessDenied`]);
});
