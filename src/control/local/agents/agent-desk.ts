import { count } from "../../../findings/count.ts";
import { packFor } from "../../../git/pack.ts";
import { ArtifactError, TooMuch } from "../../../store/artifacts/artifact-error.ts";
import { ArtifactTransfer, type Content, contentsOf, type Receiving } from "../../../store/artifacts/transfer.ts";
import type { HandedOut } from "../../../store/attempt-table.ts";
import { refused } from "../../control.ts";
import { Checkouts } from "../checkouts.ts";
import { systemClock } from "../clock-and-ids.ts";
import { Exchange, ExchangeInUse, type ExchangeOptions } from "./exchange.ts";

export type { Ended } from "../../../engine/ports.ts";
export { ArtifactError, TooMuch };

function opened(options: Omit<ExchangeOptions, "clock">): Exchange {
  try {
    return Exchange.open({ ...options, clock: systemClock });
  } catch (error) {
    if (error instanceof ExchangeInUse) throw refused("agents-served", { subject: error.message });
    throw error;
  }
}

/** Of how many artifacts it is remembered what they consist of. */
const mostRemembered = 4;

const takes = ({ launch }: HandedOut, digest: string) =>
  launch.inputs.some(({ artifact }) => artifact.digest === digest);

/** What the artifacts of one attempt may bring here that is not here yet, in bytes: whoever has taken over an agent fills no disk with it. */
const mostBroughtBytes = 16 * 1024 ** 3;

export interface AgentDeskOptions extends Omit<ExchangeOptions, "clock"> {
  mostBroughtBytes?: number;
  kept?: ((digest: string) => Promise<void>) | undefined;
}

/** All that a server needs for its agents: who gets what, and the files that go with it. */
export class AgentDesk {
  readonly exchange: Exchange;
  readonly #transfer: ArtifactTransfer;
  readonly #checkouts: Checkouts;
  readonly #mostBroughtBytes: number;
  /** By attempt, how much of each artifact was not here when it was offered first. */
  readonly #brings = new Map<string, Map<string, number>>();
  /** By attempt, then by digest. What is under way is begun anew after a restart. */
  readonly #receiving = new Map<string, Map<string, Receiving>>();
  /** By artifact, those that were asked for last: an artifact is brought content by content. */
  readonly #contents = new Map<string, ReadonlySet<string>>();

  /** Resolves when an artifact that was brought here outlives this machine, where it is to. */
  readonly kept: (digest: string) => Promise<void>;

  /** @throws {Refused} when another server hands out here */
  constructor({ kept = async () => {}, mostBroughtBytes: most = mostBroughtBytes, ...options }: AgentDeskOptions) {
    this.kept = kept;
    this.#mostBroughtBytes = most;
    this.exchange = opened(options);
    this.#transfer = new ArtifactTransfer(options.stateFolder);
    this.#checkouts = new Checkouts(options.stateFolder);
  }

  /** The commit that an attempt works on, as a pack; undefined when it works on none. */
  source({ launch, source }: HandedOut, has: readonly string[]): AsyncGenerator<Buffer> | undefined {
    const root = this.#checkouts.rootOf(launch.run);
    return root === undefined ? undefined : packFor(root, { commit: source.commit, has });
  }

  /** Of an artifact that the attempt takes; undefined of any other. @throws {ArtifactError} */
  async listing(attempt: HandedOut, digest: string): Promise<string | undefined> {
    return takes(attempt, digest) ? await this.#transfer.listing(digest) : undefined;
  }

  /** Where a content of it lies. @throws {ArtifactError} */
  async content(
    attempt: HandedOut,
    { digest, kind, name }: { digest: string; kind: string; name: string },
  ): Promise<string | undefined> {
    if (!takes(attempt, digest)) return undefined;
    const contents = this.#contents.get(digest) ?? (await this.#readContents(digest));
    return contents.has(`${kind}/${name}`) ? this.#transfer.pathOf({ kind: kind as Content["kind"], name }) : undefined;
  }

  async #readContents(digest: string): Promise<ReadonlySet<string>> {
    const contents = new Set(
      contentsOf(await this.#transfer.listing(digest)).map(({ kind, name }) => `${kind}/${name}`),
    );
    const [oldest] = this.#contents.keys();
    if (oldest !== undefined && this.#contents.size >= mostRemembered) this.#contents.delete(oldest);
    this.#contents.set(digest, contents);
    return contents;
  }

  /** What is to be brought of an artifact that the attempt has made, which makes no more than its job says. @throws {ArtifactError} */
  offer({ launch: { token, artifacts } }: HandedOut, listing: string): { digest: string; missing: Content[] } {
    for (const gone of this.#receiving.keys()) if (!this.exchange.isRunning(gone)) this.#drop(gone);
    const receiving = this.#transfer.receive(listing);
    const ofAttempt = this.#receiving.get(token) ?? new Map<string, Receiving>();
    const most = Object.keys(artifacts).length;
    if (!ofAttempt.has(receiving.digest) && ofAttempt.size >= most) {
      throw new ArtifactError(`its job makes ${count(most, "artifact")}, and as many were offered already`);
    }
    const missing = receiving.missing();
    this.#requireRoom(token, receiving.digest, missing);
    ofAttempt.get(receiving.digest)?.abandon();
    ofAttempt.set(receiving.digest, receiving);
    this.#receiving.set(token, ofAttempt);
    return { digest: receiving.digest, missing };
  }

  /** What was offered first counts: part of it may be here by now. */
  #requireRoom(token: string, digest: string, missing: readonly Content[]): void {
    const brings = this.#brings.get(token) ?? new Map<string, number>();
    if (!brings.has(digest)) {
      const bytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const all = [...brings.values()].reduce((sum, one) => sum + one, bytes);
      if (all > this.#mostBroughtBytes) {
        throw new TooMuch(
          `its job would bring ${all} bytes of artifacts here, and an attempt may bring ${this.#mostBroughtBytes}: hand over less, or store it where it is needed`,
        );
      }
      brings.set(digest, bytes);
    }
    this.#brings.set(token, brings);
  }

  /** Undefined when nothing was offered. */
  receiving({ launch: { token } }: HandedOut, digest: string): Receiving | undefined {
    return this.#receiving.get(token)?.get(digest);
  }

  close(): void {
    for (const token of this.#receiving.keys()) this.#drop(token);
    this.exchange.close();
  }

  #drop(token: string): void {
    for (const receiving of this.#receiving.get(token)?.values() ?? []) receiving.abandon();
    this.#receiving.delete(token);
    this.#brings.delete(token);
  }
}
