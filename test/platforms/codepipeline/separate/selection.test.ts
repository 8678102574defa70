/** What is released and deployed next, in examples, and in histories with builds that end in any order or not at all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Build,
  type Candidate,
  type Commit,
  type Member,
  nextRelease,
  type Release,
  releaseFor,
  type There,
  whoGoes,
} from "../../../../src/platforms/codepipeline/write/separate/program/selection.cjs";
import { tries } from "../../../lane/depth.ts";

const members: Member[] = [
  { name: "infra", needs: [] },
  { name: "web", needs: ["infra"] },
  { name: "admin", needs: ["infra"] },
];

/** `commit("c2", "x y z")`: the contents of infra, web and admin. */
const commit = (id: string, contents: string, isFresh = false): Commit => ({
  id,
  isFresh,
  contents: Object.fromEntries(members.map(({ name }, index) => [name, contents.split(" ")[index]!])),
});
/** `built("web c1")`: by a run of that name. */
const built = (...names: string[]): Candidate[] =>
  names.map((name) => ({ pipeline: name.split(" ")[0]!, commit: name.split(" ")[1]!, run: name }));
const failed = (name: string): Build => ({ ...built(name)[0]!, status: "failed" });
const underWay = (name: string): Build => ({ ...built(name)[0]!, status: "under way" });

const c1 = commit("c1", "i1 w1 a1");
const c2 = commit("c2", "i2 w2 a1");
const first: Release = {
  number: 1,
  commit: "c1",
  parts: { infra: "infra c1", web: "web c1", admin: "admin c1" },
  left: {},
};
const all = built("infra c1", "web c1", "admin c1");
const at = (over: Partial<Parameters<typeof nextRelease>[0]>) =>
  nextRelease({ members, commits: [c2, c1], candidates: all, builds: [], newest: first, ...over });

test("a release is one commit, with what was built of equal files wherever it was built", () => {
  const { choice, build } = at({ candidates: [...all, ...built("web c2", "infra c2")] });
  assert.deepEqual(choice, {
    commit: "c2",
    parts: { infra: "infra c2", web: "web c2", admin: "admin c1" },
    left: {},
  });
  assert.deepEqual(build, []);
});

test("while a build is under way nothing that it belongs to goes", () => {
  const { choice } = at({ candidates: [...all, ...built("web c2")], builds: [underWay("infra c2")] });
  assert.equal(choice, undefined);
});

test("an older commit is not kept waiting by the builds of a newer one", () => {
  const c3 = commit("c3", "i3 w2 a1");
  const { choice } = at({
    commits: [c3, c2, c1],
    candidates: [...all, ...built("web c2", "infra c2")],
    builds: [underWay("infra c3")],
  });
  assert.equal(choice?.commit, "c2");
});

test("a red front end does not hold the other; a red infrastructure holds what needs it", () => {
  const red = at({ candidates: [...all, ...built("infra c2")], builds: [failed("web c2")] }).choice;
  assert.deepEqual(red?.parts, { infra: "infra c2", web: "web c1", admin: "admin c1" });
  assert.deepEqual(red?.left, { web: "its build failed" });
  const below = at({ candidates: [...all, ...built("web c2")], builds: [failed("infra c2")] });
  assert.equal(below.choice, undefined);
});

test("what nobody builds is asked for, at the newest commit and with some patience", () => {
  assert.deepEqual(at({}).build, [
    { pipeline: "infra", commit: "c2" },
    { pipeline: "web", commit: "c2" },
  ]);
  assert.deepEqual(at({ commits: [commit("c2", "i2 w2 a1", true), c1] }).build, []);
  assert.deepEqual(at({ commits: [commit("c3", "i1 w1 a1"), c2, c1] }).build, []);
});

test("the same content built again, and an older commit, are nothing new", () => {
  const again: Candidate = { pipeline: "web", commit: "c1", run: "web c1 again" };
  assert.equal(at({ commits: [c1], candidates: [...all, again] }).choice, undefined);
  assert.equal(at({ commits: [c1], candidates: [again, ...all] }).choice, undefined);
  const second: Release = {
    number: 2,
    commit: "c2",
    parts: { ...first.parts, web: "web c2", infra: "infra c2" },
    left: {},
  };
  const known = { candidates: [...all, ...built("web c2", "infra c2")], newest: second };
  assert.equal(at(known).choice, undefined);
});

test("what somebody has built anew goes though nothing is new, once, and later pushes do not bring the old one back", () => {
  const anew = { ...built("web c1")[0]!, run: "web again", isWantedAnew: true };
  const { choice } = at({ commits: [c1], candidates: [...all, anew] });
  assert.deepEqual(choice, { commit: "c1", parts: { ...first.parts, web: "web again" }, left: {} });
  const second = { ...choice!, number: 2 };
  assert.equal(at({ commits: [c1], candidates: [...all, anew], newest: second }).choice, undefined);
  const c3 = commit("c3", "i3 w1 a1");
  const { parts } = at({ commits: [c3, c1], candidates: [...all, anew, ...built("infra c3")], newest: second }).choice!;
  assert.deepEqual(parts, { infra: "infra c3", web: "web again", admin: "admin c1" });
});

test("what failed and passes later is a release of its own, at the same commit", () => {
  const second: Release = {
    number: 2,
    commit: "c2",
    parts: { ...first.parts, infra: "infra c2" },
    left: { web: "its build failed" },
  };
  const known = { candidates: [...all, ...built("infra c2", "web c2")], builds: [failed("web c2")], newest: second };
  assert.deepEqual(at(known).choice?.parts, { infra: "infra c2", web: "web c2", admin: "admin c1" });
});

test("while what failed is built again, nothing older goes", () => {
  const left = { web: "its build failed" };
  const second: Release = { number: 2, commit: "c2", parts: { ...first.parts, infra: "infra c2" }, left };
  const builds = [failed("web c2"), underWay("web c2")];
  assert.equal(at({ candidates: [...all, ...built("infra c2")], builds, newest: second }).choice, undefined);
});

interface History {
  /** By commit, the pipelines whose files it changes, and how each of their builds ends. */
  readonly pushes: readonly Readonly<Record<string, "passes" | "fails" | "lost">>[];
  /** Orders what happens. */
  readonly order: readonly number[];
}

const history: fc.Arbitrary<History> = fc.record({
  pushes: fc.array(
    fc.dictionary(
      fc.constantFrom(...members.map(({ name }) => name)),
      fc.constantFrom("passes" as const, "passes" as const, "fails" as const, "lost" as const),
      { noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 5 },
  ),
  order: fc.infiniteStream(fc.nat({ max: 99 })).map((stream) => Array.from({ length: 60 }, () => stream.next().value)),
});

/** Plays a history, looking after every event, and in the end until nothing is new. */
function play({ pushes, order }: History): { releases: Release[]; commits: Commit[]; world: World } {
  const world = new World();
  const dice = [...order];
  const open = [...pushes];
  const look = () => {
    for (const { pipeline, commit: wanted } of world.look()) world.start(pipeline, wanted, "passes");
  };
  while (open.length > 0 || world.running.length > 0) {
    const pick = dice.pop() ?? 0;
    if (open.length > 0 && (world.running.length === 0 || pick % 2 === 0)) world.push(open.shift()!);
    else world.end(pick % world.running.length);
    look();
  }
  for (world.isQuiet = true; ; ) {
    const before = JSON.stringify([world.releases, world.candidates, world.builds]);
    look();
    while (world.running.length > 0) world.end(0);
    look();
    if (JSON.stringify([world.releases, world.candidates, world.builds]) === before) break;
  }
  return { releases: world.releases, commits: world.commits, world };
}

class World {
  commits: Commit[] = [];
  candidates: Candidate[] = [];
  builds: Build[] = [];
  releases: Release[] = [];
  running: { build: Build; how: "passes" | "fails" }[] = [];
  isQuiet = false;

  push(changes: History["pushes"][number]): void {
    const id = `c${this.commits.length + 1}`;
    const before = this.commits[0]?.contents;
    const contents = Object.fromEntries(
      members.map(({ name }) => [name, before === undefined || changes[name] ? `${name} ${id}` : before[name]!]),
    );
    this.commits.unshift({ id, contents, isFresh: true });
    // Creating the pipelines builds each of them once.
    const starts =
      before === undefined ? Object.fromEntries(members.map(({ name }) => [name, "passes" as const])) : changes;
    for (const [pipeline, how] of Object.entries(starts)) if (how !== "lost") this.start(pipeline, id, how);
  }

  start(pipeline: string, id: string, how: "passes" | "fails"): void {
    const build: Build = { pipeline, commit: id, status: "under way" };
    this.builds.push(build);
    this.running.push({ build, how });
  }

  end(index: number): void {
    const [{ build, how }] = this.running.splice(index, 1) as [(typeof this.running)[number]];
    this.builds.splice(
      this.builds.indexOf(build),
      1,
      ...(how === "fails" ? [{ ...build, status: "failed" as const }] : []),
    );
    const { pipeline, commit: id } = build;
    if (how === "passes")
      this.candidates.push({ pipeline, commit: id, run: `${pipeline} ${id} ${this.candidates.length}` });
  }

  look() {
    const commits = this.commits.map((one) => ({ ...one, isFresh: one.isFresh && !this.isQuiet }));
    const { choice, build } = nextRelease({ ...this, members, commits, newest: this.releases[0] });
    if (choice !== undefined) this.releases.unshift({ ...choice, number: this.releases.length + 1 });
    return build;
  }

  contentOf(run: string): string {
    const { pipeline, commit: id } = this.candidates.find((one) => one.run === run)!;
    return this.commits.find((one) => one.id === id)!.contents[pipeline]!;
  }
}

test("in every history releases go forward, fit together, and the newest commit is reached", () => {
  let complete = 0;
  const partial = new Set<string>();
  fc.assert(
    fc.property(history, (one) => {
      const { releases, commits, world } = play(one);
      const ages = releases.map((release) => commits.findIndex(({ id }) => id === release.commit));
      assert.deepEqual(
        ages,
        [...ages].sort((a, b) => a - b),
      );
      for (const release of releases) {
        const { contents } = commits.find(({ id }) => id === release.commit)!;
        for (const { name, needs } of members) {
          if (Object.hasOwn(release.left, name)) continue;
          assert.equal(world.contentOf(release.parts[name]!), contents[name]);
          for (const need of needs) assert.equal(world.contentOf(release.parts[need]!), contents[need]);
        }
      }
      // Whatever was lost has been built, and whatever is red is said.
      const newest = releases[0]!;
      const red = (name: string) =>
        !world.candidates.some(
          ({ pipeline, run }) => pipeline === name && world.contentOf(run) === commits[0]!.contents[name],
        );
      for (const { name, needs } of members) {
        if ([name, ...needs].some(red)) partial.add(name);
        else {
          assert.equal(world.contentOf(newest.parts[name]!), commits[0]!.contents[name]);
          complete += 1;
        }
      }
    }),
    tries(2000),
  );
  // The histories reach both.
  assert.ok(complete > 100 && partial.size === members.length);
});

const release = (number: number): Release => ({ number, commit: `c${number}`, parts: {}, left: {} });

test("an environment takes what all before it have proven, each release once", () => {
  const of = (proven: number[][], tried: number[], asked?: number | "newest") =>
    releaseFor({ releases: [3, 2, 1], proven: proven.map((one) => new Set(one)), tried, asked });
  assert.deepEqual(of([], []), { number: 3 });
  assert.deepEqual(of([[1, 2]], [1]), { number: 2 });
  assert.deepEqual(of([[1, 2], [1]], []), { number: 1 });
  assert.deepEqual(of([[1, 2]], [1, 2]), { nothing: "release 2 was here already, and nothing newer is proven" });
  // Taken back: 3 was tried, and 2 that comes before it is not begun again.
  assert.deepEqual(of([[1, 2, 3]], [1, 3]), { nothing: "release 3 was here already, and nothing newer is proven" });
  assert.deepEqual(of([[]], []), { nothing: "no release is proven in all environments before" });
  assert.deepEqual(of([[1, 2]], [1, 2], "newest"), { number: 2 });
  assert.deepEqual(of([[1, 2]], [1, 2], 1), { number: 1 });
  assert.deepEqual(of([[1, 2]], [], 3), { nothing: "release 3 is not proven in all environments before" });
  assert.deepEqual(of([], [], 9), { nothing: "there is no release 9" });
});

/** An environment to which releases are deployed, well or not, and taken back. */
class Place {
  there: Record<string, There> = {};
  runs = 0;

  /** Ends before the pipeline at an index; undefined: goes well. */
  deploy(one: Release, diesAt?: number): string[] {
    const run = `r${++this.runs}`;
    const going = whoGoes({ members, release: one, there: this.there });
    const mark = (name: string, isWhole: boolean) => {
      const { needs } = members.find((member) => member.name === name)!;
      const stands = Object.fromEntries(needs.map((need) => [need, this.there[need]!.run]));
      this.there[name] = { part: one.parts[name]!, run, isWhole, needs: stands };
    };
    for (const name of going) mark(name, false);
    if (diesAt === undefined) for (const name of going) mark(name, true);
    return going;
  }
}

const parts = (infra: string, web: string, admin: string, left: Record<string, string> = {}): Release => ({
  ...release(1),
  parts: { infra, web, admin },
  left,
});

test("who goes: what differs, and what stands on it", () => {
  const place = new Place();
  assert.deepEqual(place.deploy(parts("i1", "w1", "a1")), ["infra", "web", "admin"]);
  assert.deepEqual(place.deploy(parts("i1", "w1", "a1")), []);
  assert.deepEqual(place.deploy(parts("i1", "w2", "a1")), ["web"]);
  assert.deepEqual(place.deploy(parts("i2", "w2", "a1")), ["infra", "web", "admin"]);
});

test("who was left goes with the next release, though its part is there, because what it needs was changed since", () => {
  const place = new Place();
  place.deploy(parts("i1", "w1", "a1"));
  assert.deepEqual(place.deploy(parts("i2", "w1", "a1", { web: "its build failed" })), ["infra", "admin"]);
  assert.deepEqual(place.deploy(parts("i2", "w1", "a1")), ["web"]);
});

test("a rollback brings back what had gone, and nobody else", () => {
  const place = new Place();
  const good = parts("i1", "w1", "a1");
  place.deploy(good);
  assert.deepEqual(place.deploy(parts("i1", "w2", "a1"), 0), ["web"]);
  assert.deepEqual(place.deploy(good), ["web"]);
  assert.deepEqual(place.deploy(good), []);
});

test("after any deployments a release that went well is there as a whole, on what it needs", () => {
  const parted = fc
    .tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 2 }))
    .map(([i, w, a]) => parts(`i${i}`, `w${w}`, `a${a}`));
  const steps = fc.array(fc.tuple(parted, fc.boolean()), { maxLength: 8 });
  fc.assert(
    fc.property(steps, parted, (before, last) => {
      const place = new Place();
      for (const [one, dies] of before) place.deploy(one, dies ? 0 : undefined);
      place.deploy(last);
      for (const { name, needs } of members) {
        const own = place.there[name]!;
        assert.ok(own.isWhole && own.part === last.parts[name]);
        for (const need of needs) assert.equal(own.needs[need], place.there[need]!.run);
      }
      assert.deepEqual(place.deploy(last), []);
    }),
    tries(2000),
  );
});
