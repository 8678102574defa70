import type { Recorded, RunCreated, RunId } from "../engine/events.ts";
import type { NoticeAddress } from "../model/delivery.ts";
import { concerns, type Notice } from "./messages/notice.ts";
import { makesRules, type Rules, Story, toldTypes } from "./messages/story.ts";
import { tracedTypes } from "./messages/telemetry.ts";

/** What the outbox asks of the journal. `JournalReader` is one. */
export interface ReadJournal {
  newestSeq(): number;
  ofTypes(types: readonly string[], range: { after?: number; before?: number; run?: RunId }): Iterable<Recorded>;
  beginningsUntil(seq: number): Iterable<Recorded & { event: RunCreated }>;
  /** The same, quicker: of those that name nobody and make rules (see `makesRules`), only the number is read. */
  tellingUntil(seq: number): Iterable<{ seq: number; event?: RunCreated }>;
  chainAt(seq: number): string | undefined;
}

/**
 * The journal, read as letters: everything that a target is to be told of stands in it, in order and for good, so that nothing
 * is put into a box beside it that could be lost or say something else.
 */
export class Outbox {
  readonly #journal: ReadJournal;

  constructor(journal: ReadJournal) {
    this.#journal = journal;
  }

  get newestSeq(): number {
    return this.#journal.newestSeq();
  }

  /** What is in force after that event. */
  rulesAt(seq: number): Rules {
    return this.#newestRules(seq)?.event.delivery.notices ?? {};
  }

  /**
   * Where notices go that are sent now: by the rules in force, those of the newest runs, which other branches may have, and
   * those of the targets of these names, wherever they were last named.
   */
  *addresses(names: Iterable<string>): Generator<NoticeAddress> {
    const missing = new Set(names);
    let left = fewestRead;
    let hasRules = false;
    for (const { event } of this.#journal.tellingUntil(this.newestSeq)) {
      if (left-- <= 0 && hasRules && missing.size === 0) return;
      hasRules ||= event === undefined || makesRules(event);
      for (const [name, { to }] of Object.entries(event?.delivery.notices ?? {})) {
        missing.delete(name);
        yield to;
      }
    }
  }

  /**
   * Whom the runs name that began behind that event, each with the event before the first of them: from there on they are told.
   * `until`: the event with which the newest of these runs began.
   */
  namedBehind(seq: number | undefined): { targets: Map<string, number>; until: number | undefined } {
    const targets = new Map<string, number>();
    let until: number | undefined;
    let left = mostLookedAt;
    for (const begun of this.#journal.beginningsUntil(this.newestSeq)) {
      if (begun.seq <= (seq ?? 0) || (seq === undefined && left-- === 0)) break;
      until ??= begun.seq;
      if (!makesRules(begun.event)) continue;
      for (const name of Object.keys(begun.event.delivery.notices ?? {})) targets.set(name, begun.seq - 1);
    }
    return { targets, until };
  }

  /** What this target is to be told of behind that event, oldest first, and where it goes as far as the rules of then say. */
  *behind(seq: number, name: string): Generator<{ notice: Notice; to: NoticeAddress }> {
    const story = this.#storyFrom(seq);
    for (const recorded of this.#journal.ofTypes(toldTypes, { after: seq })) {
      const notice = story.take(recorded);
      const target = Object.hasOwn(story.rules, name) ? story.rules[name] : undefined;
      if (notice && target && concerns(target, notice)) yield { notice, to: target.to };
    }
  }

  /** What that event says, and where it went by the rules of then. Undefined: nothing any more. */
  at(seq: number, name: string): { notice: Notice; to: NoticeAddress | undefined } | undefined {
    const story = this.#storyFrom(seq - 1);
    for (const recorded of this.#journal.ofTypes(toldTypes, { after: seq - 1, before: seq + 1 })) {
      const notice = story.take(recorded);
      if (notice) return { notice, to: story.rules[name]?.to };
    }
    return undefined;
  }

  /** What happened in that run until that event, oldest first, as far as traces tell of it. */
  historyOf(run: RunId, seq: number): Recorded[] {
    return [...this.#journal.ofTypes(tracedTypes, { run, before: seq + 1 })];
  }

  /** No other event, of this journal or of another one, has it. */
  idOf({ seq }: Notice): string {
    return `baton_${seq}_${this.#journal.chainAt(seq)?.slice(0, 24) ?? "gone"}`;
  }

  #newestRules(seq: number): { event: RunCreated } | undefined {
    for (const begun of this.#journal.beginningsUntil(seq)) if (makesRules(begun.event)) return begun;
    return undefined;
  }

  #storyFrom(seq: number): Story {
    const delivery = this.#newestRules(seq)?.event.delivery;
    return new Story({
      rules: delivery?.notices ?? {},
      delivery: delivery?.name ?? "",
      before: (run, at) => this.#journal.ofTypes(toldTypes, { run, before: at }),
    });
  }
}

/** Runs of which people are told where nobody noted yet whom anybody told of what. */
const mostLookedAt = 50;
/** Runs whose addresses are known, also where nobody is told by their rules any more. */
const fewestRead = 10;
