import { packFor } from "../../../git/pack.ts";
import { ArtifactTransfer, type Content, contentsOf, type Receiving } from "../../../store/artifacts/transfer.ts";
import type { HandedOut } from "../../../store/attempt-table.ts";
import { refused } from "../../control.ts";
import { Checkouts } from "../checkouts.ts";
import { systemClock } from "../clock-and-ids.ts";
import { Exchange, ExchangeInUse, type ExchangeOptions } from "./exchange.ts";

export type { Ended } from "../../../engine/ports.ts";
export { ArtifactError } from "../../../store/artifacts/artifact-error.ts";

function opened(options: Omit<ExchangeOptions, "clock">): Exchange {
  try {
    return Exchange.open({ ...options, clock: systemClock });
  } catch (error) {
    if (error instanceof ExchangeInUse) throw refused("agents-served", { subject: error.message });
    throw error;
  }
}

/** All that a server needs for its agents: who gets what, and the files that go with it. */
export class AgentDesk {
  readonly exchange: Exchange;
  readonly #transfer: ArtifactTransfer;
  readonly #checkouts: Checkouts;
  /** By attempt, then by digest. What is under way is begun anew after a restart. */
  readonly #receiving = new Map<string, Map<string, Receiving>>();

  /** @throws {Refused} when another server hands out here */
  constructor(options: Omit<ExchangeOptions, "clock">) {
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
  async listing({ launch }: HandedOut, digest: string): Promise<string | undefined> {
    const isIts = launch.inputs.some(({ artifact }) => artifact.digest === digest);
    return isIts ? await this.#transfer.listing(digest) : undefined;
  }

  /** Where a content of it lies. @throws {ArtifactError} */
  async content(
    attempt: HandedOut,
    { digest, kind, name }: { digest: string; kind: string; name: string },
  ): Promise<string | undefined> {
    const listing = await this.listing(attempt, digest);
    const content = listing && contentsOf(listing).find((one) => one.kind === kind && one.name === name);
    return content ? this.#transfer.pathOf(content) : undefined;
  }

  /** What is to be brought of an artifact that the attempt has made. @throws {ArtifactError} */
  offer({ launch: { token } }: HandedOut, listing: string): { digest: string; missing: Content[] } {
    for (const gone of this.#receiving.keys()) if (!this.exchange.isRunning(gone)) this.#drop(gone);
    const receiving = this.#transfer.receive(listing);
    const ofAttempt = this.#receiving.get(token) ?? new Map<string, Receiving>();
    ofAttempt.get(receiving.digest)?.abandon();
    ofAttempt.set(receiving.digest, receiving);
    this.#receiving.set(token, ofAttempt);
    return { digest: receiving.digest, missing: receiving.missing() };
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
  }
}
