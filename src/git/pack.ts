import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { askGit, GitError, git, streamGit } from "./git.ts";

/** What comes before the pack, as one line of JSON. */
interface Header {
  version: 1;
  /** `sha1` or `sha256`. */
  format: string;
  /** Tags of the commit and of what it came from: object, then name. */
  tags: [object: string, name: string][];
  /** Commits whose parents are not there, as in a shallow clone. */
  shallow: string[];
}

/**
 * A commit with all it came from, and the tags on the way, for a repository that has these commits already. A pack carries
 * the digest of every object, so whoever takes it knows that it is what was asked for. @throws {GitError}
 */
export async function* packFor(root: string, { commit, has }: { commit: string; has: readonly string[] }) {
  const [format, refs, known, shallowPath] = await Promise.all([
    git(["rev-parse", "--show-object-format"], { cwd: root }),
    git(["for-each-ref", `--merged=${commit}`, "--format=%(objectname) %(refname)", "refs/tags"], { cwd: root }),
    knownOf(root, has),
    git(["rev-parse", "--path-format=absolute", "--git-path", "shallow"], { cwd: root }),
  ]);
  const tags = refs.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ") as [string, string]]));
  const shallow = existsSync(shallowPath.trim()) ? readFileSync(shallowPath.trim(), "utf8").split("\n") : [];
  const header: Header = { version: 1, format: format.trim(), tags, shallow: shallow.filter((line) => line !== "") };
  yield Buffer.from(`${JSON.stringify(header)}\n`);
  const packing = streamGit(["pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset", "-q"], {
    cwd: root,
  });
  const wanted = [commit, ...tags.map(([object]) => object), ...known.map((one) => `^${one}`)];
  packing.stdin.end(`${wanted.join("\n")}\n`);
  for await (const piece of packing.stdout) yield piece as Buffer;
  await packing.ended;
}

async function knownOf(root: string, has: readonly string[]): Promise<string[]> {
  if (has.length === 0) return [];
  const answer = await git(["cat-file", "--batch-check"], { cwd: root, input: `${has.join("\n")}\n` });
  return answer.split("\n").flatMap((line) => (/^[0-9a-f]+ (?:commit|tag) /.test(line) ? [line.split(" ")[0]!] : []));
}

/** A bare repository that commits are brought to, and that checkouts borrow from. */
export class BroughtSources {
  readonly root: string;
  #working: Promise<unknown> = Promise.resolve();

  constructor(root: string) {
    this.root = root;
  }

  /** Has the commit here, with all it came from; `fetch` brings a pack for what is here already. @throws {GitError} */
  async bring(commit: string, fetch: (has: string[]) => Promise<AsyncIterable<Uint8Array>>): Promise<void> {
    const working = this.#working.then(async () => {
      const has = await this.#brought();
      // Also for what is here: tags come and go.
      await this.#take(commit, { has, pack: await fetch(has) });
    });
    this.#working = working.catch(() => {});
    await working;
  }

  /** Commits and tags, newest first. */
  async #brought(): Promise<string[]> {
    if (!existsSync(join(this.root, "HEAD"))) return [];
    const newest = async (refs: string) => {
      const format = ["--format=%(objectname)", "--sort=-creatordate", "--count=100", refs];
      return (await git(["for-each-ref", ...format], { cwd: this.root })).split("\n").filter((line) => line !== "");
    };
    return [...(await newest("refs/baton/brought")), ...(await newest("refs/tags"))];
  }

  /** Those of what this commit came from that are there no more, where they came from. */
  async #goneTags(commit: string, { tags }: Header): Promise<string[]> {
    const names = await git(["for-each-ref", `--merged=${commit}`, "--format=%(refname)", "refs/tags"], {
      cwd: this.root,
    });
    const there = new Set(tags.map(([, name]) => name));
    return names.split("\n").filter((name) => name !== "" && !there.has(name));
  }

  async #take(commit: string, { has, pack }: { has: string[]; pack: AsyncIterable<Uint8Array> }): Promise<void> {
    const pieces = pack[Symbol.asyncIterator]();
    const { header, rest } = await readHeader(pieces);
    if (!existsSync(join(this.root, "HEAD"))) await this.#make(header.format);
    for (const one of header.shallow) this.#noteShallow(one);
    const objects = fromFirst(rest, pieces);
    const begun = await firstBytes(objects, packHeaderBytes);
    // Nothing is new but, perhaps, tags: of what is here it is known that nothing is missing.
    const isEmpty = has.includes(commit) && begun.length >= packHeaderBytes && begun.readUInt32BE(8) === 0;
    if (isEmpty) await pieces.return?.();
    else await this.#index(begun, objects, { commit, has });
    const updates = [[commit, `refs/baton/brought/${commit}`], ...header.tags];
    const gone = await this.#goneTags(commit, header);
    const lines = [...updates.map(([object, ref]) => `update ${ref} ${object}`), ...gone.map((ref) => `delete ${ref}`)];
    await git(["update-ref", "--stdin"], { cwd: this.root, input: `${lines.join("\n")}\n` });
  }

  async #index(begun: Buffer, pack: AsyncGenerator<Uint8Array>, { commit, has }: { commit: string; has: string[] }) {
    const indexing = streamGit(["index-pack", "--stdin", "--fix-thin"], { cwd: this.root });
    indexing.stdout.resume();
    let cut: { error: unknown } | undefined;
    const all = async function* () {
      yield begun;
      try {
        yield* pack;
      } catch (error) {
        cut = { error };
        throw error;
      }
    };
    // It may end as soon as it has the last byte, and then nobody takes what comes behind: how it ends is what counts.
    const [, index] = await Promise.allSettled([pipeline(Readable.from(all()), indexing.stdin), indexing.ended]);
    // What git says of half a pack is not why it is half.
    if (index.status === "rejected") throw (cut as { error: unknown } | undefined)?.error ?? index.reason;
    // As a fetch does it: nothing of what it leads to may be missing.
    const to = [...has.map((one) => `^${one}`), commit].join("\n");
    await git(["rev-list", "--objects", "--quiet", "--stdin"], { cwd: this.root, input: `${to}\n` });
  }

  async #make(format: string): Promise<void> {
    if (!/^sha(?:1|256)$/.test(format))
      throw new GitError(`the server's repository is of a kind that is not known: ${format}`);
    rmSync(this.root, { recursive: true, force: true });
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
    await git(["init", "--quiet", "--bare", `--object-format=${format}`], { cwd: this.root });
    await askGit(["config", "gc.auto", "0"], { cwd: this.root });
  }

  #noteShallow(commit: string): void {
    const path = join(this.root, "shallow");
    const known = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (/^[0-9a-f]{40,64}$/.test(commit) && !known.includes(commit)) appendFileSync(path, `${commit}\n`);
  }
}

/** `PACK`, its version, and how many objects there are. */
const packHeaderBytes = 12;

async function* fromFirst(first: Uint8Array, others: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await others.next(); next.done !== true; next = await others.next()) yield next.value;
}

/** At least so many, unless there are no more. */
async function firstBytes(pieces: AsyncGenerator<Uint8Array>, atLeast: number): Promise<Buffer> {
  let begun = Buffer.alloc(0);
  while (begun.length < atLeast) {
    const next = await pieces.next();
    if (next.done === true) break;
    begun = Buffer.concat([begun, next.value]);
  }
  return begun;
}

const mostHeaderBytes = 16 * 1024 * 1024;

async function readHeader(pieces: AsyncIterator<Uint8Array>): Promise<{ header: Header; rest: Buffer }> {
  let begun = Buffer.alloc(0);
  for (;;) {
    const end = begun.indexOf(0x0a);
    if (end !== -1) {
      const header = JSON.parse(begun.toString("utf8", 0, end)) as Header;
      const isTag = ([object, name]: [string, string]) =>
        /^[0-9a-f]{40,64}$/.test(object) && /^refs\/tags\/[^\s~^:?*[\\]+$/.test(name);
      return { header: { ...header, tags: header.tags.filter(isTag) }, rest: begun.subarray(end + 1) };
    }
    const next = await pieces.next();
    if (next.done === true || begun.length > mostHeaderBytes) throw new GitError("the server sent no pack");
    begun = Buffer.concat([begun, next.value]);
  }
}
