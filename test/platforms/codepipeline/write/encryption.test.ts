/** A key of the team's own: everything that is kept is encrypted with it, and exactly those who touch it may use it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type {
  Key,
  PolicyStatement,
  Resource,
  Role,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema } from "../../../../src/platforms/codepipeline/write/options.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { sandbox } from "../../../cli/sandbox.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { keySettings, shop, shopSettings, write } from "./written.ts";

const lowered = (built: typeof shop, settings: object) =>
  lowerDelivery(built, {
    layout: "single",
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  }).resources;

const rolesOf = (resources: readonly Resource[]) => resources.filter((one): one is Role => one.kind === "role");

test("all that can be encrypted with it is", () => {
  const resources = lowered(shop, keySettings);
  const kept = resources.filter(({ kind }) => ["bucket", "topic", "logs", "project", "pipeline"].includes(kind));
  assert.ok(kept.length > 15);
  for (const one of kept) assert.equal((one as { key?: string }).key, "Key", one.id);
  assert.ok(lowered(shop, shopSettings).every((one) => one.kind !== "key" && !("key" in one)));
});

test("the key's policy names the roles that have a statement for it, and no others; managing gives no use", () => {
  const resources = lowered(shop, keySettings);
  const key = resources.find((one): one is Key => one.kind === "key")!;
  const [manage, use, ...services] = key.policy as (PolicyStatement & {
    Action: string[];
    Condition?: { ArnEquals?: Record<string, unknown[]> };
    Principal: { Service?: unknown };
  })[];
  assert.ok(
    manage!.Action.every(
      (action) => !/Decrypt|Encrypt|GenerateData|\*$/.test(action.replace(/^kms:[A-Z][a-z]+\*$/, "")),
    ),
  );
  const named = use!.Condition!.ArnEquals!["aws:PrincipalArn"]!.map(
    (arn) => String((arn as unknown[]).at(-1)).split("/")[1],
  );
  const using = rolesOf(resources).filter(({ statements }) => statements.some(({ sid }) => sid === "UseKey"));
  assert.deepEqual(
    named,
    using.map(({ name }) => name),
  );
  const others = rolesOf(resources).filter((role) => !using.includes(role));
  // Starting a pipeline at a set time touches nothing that is kept.
  assert.deepEqual(
    others.map(({ id, name }) => [id, name]),
    [["ShopScheduleRole", undefined]],
  );
  const mayWith = (id: string) => using.find((role) => role.id === id)!.statements.at(-1)!.actions;
  assert.deepEqual(mayWith("RollbackRole"), ["kms:Decrypt", "kms:GenerateDataKey*"], "it only tells");
  assert.deepEqual(mayWith("WebInvalidateProdRole"), ["kms:Decrypt", "kms:DescribeKey"], "it leaves nothing behind");
  assert.ok(mayWith("WebBuildRole").includes("kms:GenerateDataKey*"));
  const unconditional = services
    .filter(({ Condition }) => Condition === undefined)
    .map(({ Principal }) => Principal.Service);
  assert.deepEqual(unconditional, [], "no service may use it for another account");
});

test("a role's name fits, is its own, and is the same every time", () => {
  const long = "a-team-whose-names-are-as-long-as-names-may-be";
  const jobs = Object.fromEntries(
    ["one", "two"].map((end) => [`${long}-${end}`, { deploys: true, steps: [sh("./deploy.sh")] }]),
  );
  const made = () =>
    rolesOf(
      lowered(
        delivery("shop", {
          pipelines: [pipeline("web", { jobs } as never)],
          environments: [env("test", { branch: "main" })],
        } as never),
        { encryption: "key" },
      ),
    ).map(({ name }) => name!);
  assert.ok(made().every((name) => name.length <= 64));
  assert.equal(new Set(made()).size, 4);
  assert.deepEqual(made(), made());
});

test("more roles than the policy of a key can name are refused", () => {
  const jobs = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`job${index}`, { deploys: true, steps: [sh("./deploy.sh")] }]),
  );
  const built = delivery("shop", {
    pipelines: [pipeline("web", { jobs } as never)],
    environments: Array.from({ length: 8 }, (_, index) => env(`test${index}`, { branch: "main" })),
  } as never);
  assert.throws(
    () => write(built, { encryption: "key" }, { format: "terraform" }),
    (error: CannotWrite) => error instanceof CannotWrite && /used by 322 roles/.test(error.message),
  );
});

test(
  "check finds nothing in it, and the command says what CloudFormation is to be asked for",
  fullDepth(),
  async (t) => {
    const definition = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs: { deploy: { deploys: true, steps: [./deploy.sh] } }
`;
    const repo = sandbox(t, { files: { "baton.yaml": definition, "baton.codepipeline.yaml": "encryption: key\n" } });
    const made = await repo.baton("generate", "codepipeline");
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /--capabilities CAPABILITY_NAMED_IAM/);
    const checked = await repo.baton("check", ".");
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  },
);
