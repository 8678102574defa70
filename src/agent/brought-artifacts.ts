import { closeSync, openSync, readSync } from "node:fs";
import type { ArtifactRef } from "../plan/plan.ts";
import type { ArtifactFolder } from "../runner/hand-over.ts";
import { type ArtifactItem, pieceBytes } from "../server/wire/agents.ts";
import { ArtifactStore } from "../store/artifacts/artifact-store.ts";
import { ArtifactTransfer } from "../store/artifacts/transfer.ts";
import { type Connection, TurnedAway } from "./connection.ts";

export interface BroughtArtifactsOptions {
  connection: Connection;
  token: string;
  /** Of this attempt alone, so that nothing of another is in reach of a mistake. */
  folder: string;
  /** When the attempt is this agent's no more, or was stopped. */
  signal: AbortSignal;
  /** Tries again for as long as the attempt is this agent's. */
  patiently<T>(work: () => Promise<T>): Promise<T>;
}

/** The artifacts of one attempt: brought from the server before its steps, and to it behind them, by digest. */
export class BroughtArtifacts implements ArtifactFolder {
  readonly #options: BroughtArtifactsOptions;
  readonly #store: ArtifactStore;
  readonly #transfer: ArtifactTransfer;

  constructor(options: BroughtArtifactsOptions) {
    this.#options = options;
    this.#store = new ArtifactStore(options.folder);
    this.#transfer = new ArtifactTransfer(options.folder);
  }

  async place(
    artifact: ArtifactRef,
    path: string,
    where: { within: string; onto: "replace" | "merge" },
  ): Promise<void> {
    await this.#options.patiently(() => this.#bring(artifact));
    await this.#store.place(artifact, path, where);
  }

  async collect(path: string, where: { within: string }): Promise<ArtifactRef> {
    const artifact = await this.#store.collect(path, where);
    const listing = await this.#transfer.listing(artifact.digest);
    for (let tries = 1; ; tries++) {
      try {
        await this.#options.patiently(() => this.#hand(artifact, listing));
        return artifact;
      } catch (error) {
        // A server that was restarted in between does not remember what was offered to the one before it.
        if (!(error instanceof TurnedAway && error.code === "not-handed-over") || tries === mostTries) throw error;
      }
    }
  }

  async #bring({ digest }: ArtifactRef): Promise<void> {
    const { connection, token, signal } = this.#options;
    if (this.#store.has(digest)) return;
    const pieces: Uint8Array[] = [];
    for await (const piece of await connection.bytes("listing", { params: { token, digest }, signal }))
      pieces.push(piece);
    const receiving = this.#transfer.receive(Buffer.concat(pieces).toString("utf8"));
    if (receiving.digest !== digest) throw new Error("its listing arrived damaged");
    try {
      for (const { kind, name } of receiving.missing()) {
        let at = await receiving.piece(name, 0, new Uint8Array());
        for await (const piece of await connection.bytes("content", {
          params: { token, digest, kind, name },
          signal,
        })) {
          at = await receiving.piece(name, at, piece);
        }
      }
      await receiving.keep();
    } finally {
      receiving.abandon();
    }
  }

  async #hand({ digest }: ArtifactRef, listing: string): Promise<void> {
    const { connection, token, signal } = this.#options;
    const { missing } = await connection.ask("offer", { params: { token }, body: { listing }, signal });
    for (const item of missing) await this.#handContent(digest, item);
    await connection.ask("keep", { params: { token, digest }, body: {}, signal });
  }

  async #handContent(digest: string, { kind, name, sizeBytes }: ArtifactItem): Promise<void> {
    const { connection, token, signal } = this.#options;
    const file = openSync(this.#transfer.pathOf({ kind, name }), "r");
    try {
      const buffer = Buffer.allocUnsafe(pieceBytes);
      for (let at = 0; ; ) {
        const piece = buffer.subarray(0, readSync(file, buffer, 0, pieceBytes, at));
        const { has } = await connection.ask("piece", {
          params: { token, digest, kind, name },
          query: { at },
          body: piece,
          signal,
        });
        if (has >= sizeBytes) return;
        at = has;
      }
    } finally {
      closeSync(file);
    }
  }
}

const mostTries = 5;
