import { setTimeout as pause } from "node:timers/promises";
import { idOfFolder } from "../../../store/folder-id.ts";
import { SharedJournal, type Standing } from "../../../store/postgres/shared-journal.ts";
import { createStateFolder, stateFolder as folderAt } from "../../../store/state-folder.ts";
import { StoreError } from "../../../store/store-error.ts";
import { FolderCopy, type FolderCopyOptions } from "./folder-copy.ts";
import { Leading } from "./leading.ts";

export { unprotectedHost } from "../../../store/postgres/session.ts";

export interface StandingByOptions extends FolderCopyOptions {
  /** `postgres://…` */
  url: string;
  /** Where this server answers the others. */
  reachAt: string;
}

/** How often it looks whether there is a leader, in milliseconds. */
const lookEveryMs = 100;

/** A server that follows the one that leads, until it leads itself. */
export class StandingBy {
  readonly #options: StandingByOptions;
  readonly #copy: FolderCopy;
  #standing: Standing | undefined;
  #hasTaken = false;

  constructor(options: StandingByOptions) {
    this.#options = options;
    this.#copy = new FolderCopy(options);
  }

  /** Where the leader answers, as far as it is known. */
  get leader(): string | undefined {
    return this.#standing?.leader;
  }

  get standing(): Standing | undefined {
    return this.#standing;
  }

  /**
   * Resolves when this server leads and its folder is where the leader before it was; undefined when it is stopped before.
   * @throws {StoreError} where it cannot follow, which no waiting changes
   */
  async lead(stop: AbortSignal): Promise<Leading | undefined> {
    createStateFolder(folderAt(this.#options.stateFolder));
    let journal: SharedJournal | undefined;
    let hasBegun = false;
    let hasReported = false;
    try {
      while (!stop.aborted) {
        try {
          journal ??= await this.#connected();
          if (!hasBegun) this.#copy.begin(journal.place, (await journal.standing()).change);
          hasBegun = true;
          const leading = await this.#look(journal);
          if (leading !== undefined) return leading;
          hasReported = false;
        } catch (error) {
          const isPassing = error instanceof StoreError && ["unreachable", "busy"].includes(error.code);
          // One that was about to lead has changed its folder: it begins anew.
          if (!isPassing || this.#hasTaken) throw error;
          if (!hasReported) this.#options.report(error);
          hasReported = true;
          await journal?.close();
          journal = undefined;
        }
        await pause(lookEveryMs, undefined, { signal: stop }).catch(() => {});
      }
    } catch (error) {
      await journal?.close();
      await this.#copy.close();
      throw error;
    }
    await journal?.close();
    await this.#copy.close();
    return undefined;
  }

  async #look(journal: SharedJournal): Promise<Leading | undefined> {
    this.#standing = await journal.standing();
    await this.#copy.follow(journal, this.#standing);
    if (this.#standing.leader !== undefined || !(await journal.lead())) return undefined;
    this.#hasTaken = true;
    const standing = await journal.standing();
    await this.#copy.take(journal, standing);
    const { stateFolder } = this.#options;
    return await Leading.begin({ journal, standing, stateFolder, reopen: () => this.#connected() });
  }

  #connected(): Promise<SharedJournal> {
    const { url, delivery, reachAt, stateFolder } = this.#options;
    return SharedJournal.open({ url, delivery, reachAt, folder: idOfFolder(stateFolder) });
  }
}
