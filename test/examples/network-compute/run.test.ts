/** Two environments run by Baton against emulated AWS: QA, a person, production, a release that breaks half-way there, and back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "../../aws/emulator.ts";
import { sandbox } from "../../cli/sandbox.ts";
import { filesIn } from "../../generate/machine/files.ts";
import { emulator, fullDepth } from "../../lane/needs.ts";
import { exampleFolder } from "../../platforms/github/write/deliveries.ts";

const spareSubnet = `  SparePrivateSubnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: !Sub "\${AddressPrefix}.2.0/24"
      Tags: [{ Key: Name, Value: !Sub "\${EnvironmentName}-spare" }]

`;

interface Machine {
  InstanceId: string;
  InstanceType: string;
  ImageId: string;
  VpcId: string;
  SubnetId: string;
}

test(
  "network and machines go to QA and, when somebody says so, to production; what breaks there is taken back together",
  fullDepth(...emulator),
  async (t) => {
    await using emulated = await startEmulator();
    const repo = sandbox(t, { files: filesIn(exampleFolder("network-compute")) });
    const own = Object.entries(emulated.env).filter(([name]) => /^(AWS_|PATH$)/.test(name));
    Object.assign(repo.env, Object.fromEntries(own));
    const aws = <T>(words: string) => emulated.aws<T>(...words.split(" "));
    const baton = async (code: number, ...words: string[]) => {
      const ended = await repo.baton(...words);
      assert.equal(ended.code, code, ended.stdout + ended.stderr);
      return ended;
    };
    /** All of an environment, as the service has it: its network with the subnets, and the machines in it. */
    const seen = async (environment: string) => {
      const { Vpcs } = await aws<{ Vpcs: { VpcId: string; CidrBlock: string }[] }>(
        `ec2 describe-vpcs --filters Name=tag:Name,Values=${environment}`,
      );
      assert.equal(Vpcs.length, 1);
      const [{ VpcId, CidrBlock }] = Vpcs as [{ VpcId: string; CidrBlock: string }];
      const { Subnets } = await aws<{ Subnets: { SubnetId: string; CidrBlock: string }[] }>(
        `ec2 describe-subnets --filters Name=vpc-id,Values=${VpcId}`,
      );
      const { Reservations } = await aws<{ Reservations: { Instances: Machine[] }[] }>(
        `ec2 describe-instances --filters Name=vpc-id,Values=${VpcId} Name=instance-state-name,Values=running`,
      );
      const machines = Reservations.flatMap(({ Instances }) => Instances);
      return {
        network: { VpcId, CidrBlock, subnets: Subnets.map((one) => `${one.CidrBlock} ${one.SubnetId}`).sort() },
        machines: machines.map((one) => [one.InstanceId, one.InstanceType, one.ImageId, one.SubnetId]),
      };
    };

    await baton(0, "run", "--env", "qa");
    const asked = await baton(0, "promote", "--to", "production");
    assert.match(asked.stderr, /next: baton approve r0002 production/);
    const { StackSummaries } = await aws<{ StackSummaries: { StackName: string }[] }>("cloudformation list-stacks");
    assert.deepEqual(StackSummaries.map(({ StackName }) => StackName).sort(), ["compute-qa", "network-qa"]);
    await baton(0, "approve", "r0002", "production", "--comment", "QA is well");
    const [qa, production] = [await seen("qa"), await seen("production")];

    await t.test("the two environments share no network, subnet or machine", () => {
      assert.deepEqual([qa.network.CidrBlock, production.network.CidrBlock], ["10.20.0.0/16", "10.30.0.0/16"]);
      assert.deepEqual([qa.machines.length, production.machines.length], [1, 1]);
      assert.deepEqual([qa.machines[0]![1], production.machines[0]![1]], ["t3.micro", "t3.small"]);
      const both = [
        ...qa.network.subnets,
        ...production.network.subnets,
        ...[qa, production].map(({ machines }) => machines[0]![0]),
      ];
      assert.equal(new Set(both).size, both.length);
    });

    // QA goes on with Amazon's image, and nobody has made the one that production is to have.
    const config = repo
      .read("baton.config.ts")
      .replace("InstanceType: variable(", 'Image: variable("image"),\n            InstanceType: variable(')
      .replace(
        '"t3.micro"',
        '"t3.micro", image: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"',
      )
      .replace('"t3.small"', '"t3.small", image: "/images/production/hardened"');
    const network = repo.read("network.yaml").replace("  PublicRoutes:\n", `${spareSubnet}  PublicRoutes:\n`);
    repo.write({ "baton.config.ts": config, "network.yaml": network });
    repo.commit("a subnet to spare, and an image of our own");
    await baton(0, "run", "--env", "qa");
    const planned = await baton(0, "promote", "--to", "production", "--dry-run");
    assert.match(planned.stdout, /variable image = \/images\/production\/hardened \(new\)/);
    const bad = await baton(1, "promote", "--to", "production", "--yes");
    assert.match(bad.stderr, /Unable to fetch parameters \[\/images\/production\/hardened\]/);
    assert.match(bad.stderr, /compute {2}may be half-way: compute\.deploy@production failed/);
    assert.match(
      bad.stderr,
      /next: baton promote --to production {2}after mending it: a newer release that has passed/,
    );
    assert.match(bad.stderr, /next: baton rollback production/);
    const half = await seen("production");
    assert.equal(half.network.subnets.length, 3, "the network has gone on");
    assert.deepEqual(half.machines, production.machines, "and the machines have not");
    const status = await baton(0, "status");
    assert.match(
      status.stdout,
      /compute {2}release 1 .* and part of run r0004, which did not pass\n {2}network {2}release 3/,
    );

    const back = await baton(0, "rollback", "production");
    assert.match(back.stderr, /next: baton approve r0005 production/, "going back to production asks as well");
    assert.deepEqual(await seen("production"), half);
    await baton(0, "approve", "r0005", "production");
    assert.deepEqual(await seen("production"), production);
    assert.equal((await seen("qa")).network.subnets.length, 3, "QA keeps what it has proven");
    assert.doesNotMatch((await baton(0, "status")).stdout, /part of/);
  },
);
