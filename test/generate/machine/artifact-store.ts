import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RemoteControl } from "../../platforms/github/api/stand-in.ts";

/** What `upload-artifact` and `download-artifact` do with the artifacts of a repository. */
export class ArtifactStore {
  readonly #control: RemoteControl;
  readonly #repository: string;
  readonly #scratch: string;

  constructor(control: RemoteControl, repository: string, scratch: string) {
    this.#control = control;
    this.#repository = repository;
    this.#scratch = scratch;
  }

  upload({ name, path, run }: { name: string; path: string; run: number }): void {
    if (readdirSync(path).length === 0) throw new Error(`nothing to upload for ${name}`);
    // With `overwrite`, the artifact of this run is replaced.
    for (const { id } of this.#find(name, run)) this.#control.removeArtifact(this.#repository, id);
    this.#control.addArtifact(this.#repository, run, name, this.#zipped(path));
  }

  download({ name, path, run }: { name: string; path: string; run: number }): void {
    const [found] = this.#find(name, run).filter(({ expired }) => !expired);
    if (found === undefined) throw new Error(`run ${run} has no artifact ${name}`);
    this.#unzip(found.id, path);
  }

  /** Of one run, or of all. */
  expire(name: RegExp, run?: number): void {
    for (const one of this.#control.artifacts(this.#repository)) {
      if (name.test(one.name) && (run === undefined || one.run === run))
        this.#control.changeArtifact(this.#repository, one.id, { expired: true });
    }
  }

  /** Somebody tampers with what is kept. */
  replace(name: string, change: (folder: string) => void): void {
    for (const { id } of this.#find(name)) {
      const folder = mkdtempSync(join(this.#scratch, "artifact-"));
      this.#unzip(id, folder);
      change(folder);
      this.#control.changeArtifact(this.#repository, id, { zip: this.#zipped(folder) });
    }
  }

  names(run: number): string[] {
    return this.#find(undefined, run).map(({ name }) => name);
  }

  read(name: string, run: number): string {
    const folder = mkdtempSync(join(this.#scratch, "artifact-"));
    this.#unzip(this.#find(name, run)[0]!.id, folder);
    return readFileSync(join(folder, readdirSync(folder)[0]!), "utf8");
  }

  #find(name?: string, run?: number) {
    return this.#control
      .artifacts(this.#repository)
      .filter((one) => (name === undefined || one.name === name) && (run === undefined || one.run === run));
  }

  #zipped(folder: string): Uint8Array {
    const file = join(mkdtempSync(join(this.#scratch, "zip-")), "artifact.zip");
    execFileSync("zip", ["-qr", file, "."], { cwd: folder });
    return readFileSync(file);
  }

  #unzip(id: number, folder: string): void {
    const file = join(mkdtempSync(join(this.#scratch, "zip-")), "artifact.zip");
    writeFileSync(file, this.#control.zipOf(this.#repository, id));
    mkdirSync(folder, { recursive: true });
    execFileSync("unzip", ["-qo", file, "-d", folder]);
    rmSync(file);
  }
}
