import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface StoredArtifact {
  id: number;
  name: string;
  expired: boolean;
  workflow_run: { id: number; head_sha: string; repository_id: number; head_repository_id: number };
}

/** Artifacts of all runs, as GitHub keeps them: contents by id, and a list that the stand-in for `gh` reads. */
export class ArtifactStore {
  readonly folder: string;
  #all: StoredArtifact[] = [];
  #nextId = 1;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#save();
  }

  upload({ name, path, run, sha }: { name: string; path: string; run: number; sha: string }): void {
    if (readdirSync(path).length === 0) throw new Error(`nothing to upload for ${name}`);
    // With `overwrite`, the artifact of this run is replaced.
    this.#all = this.#all.filter((one) => one.name !== name || one.workflow_run.id !== run);
    const id = this.#nextId++;
    cpSync(path, join(this.folder, String(id)), { recursive: true });
    execFileSync("zip", ["-qr", join(this.folder, `${id}.zip`), "."], { cwd: path });
    this.#all.push({
      id,
      name,
      expired: false,
      workflow_run: { id: run, head_sha: sha, repository_id: 1, head_repository_id: 1 },
    });
    this.#save();
  }

  download({ name, path, run }: { name: string; path: string; run: number }): void {
    const found = this.#all.find((one) => one.name === name && one.workflow_run.id === run && !one.expired);
    if (found === undefined) throw new Error(`run ${run} has no artifact ${name}`);
    mkdirSync(path, { recursive: true });
    cpSync(join(this.folder, String(found.id)), path, { recursive: true });
  }

  expire(matches: (artifact: StoredArtifact) => boolean): void {
    for (const one of this.#all) if (matches(one)) one.expired = true;
    this.#save();
  }

  /** Somebody tampers with what is kept. */
  replace(name: string, change: (folder: string) => void): void {
    for (const { id } of this.#all.filter((one) => one.name === name)) change(join(this.folder, String(id)));
  }

  names(run: number): string[] {
    return this.#all.filter((one) => one.workflow_run.id === run).map(({ name }) => name);
  }

  read(name: string, run: number): string {
    const { id } = this.#all.find((one) => one.name === name && one.workflow_run.id === run)!;
    const [file] = readdirSync(join(this.folder, String(id)));
    return readFileSync(join(this.folder, String(id), file!), "utf8");
  }

  #save(): void {
    writeFileSync(join(this.folder, "artifacts.json"), JSON.stringify({ artifacts: this.#all }));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
