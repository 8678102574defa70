/**
 * Looks for a trace in which moments occur in order. First the direct way: whatever the next moment waits for comes first,
 * everything else is held back. Where that fails, other orders are tried one by one, up to a limit.
 */

import type { Happened, Machine } from "./machine.ts";
import { isMoment } from "./patterns.ts";
import type { Moment, Schedule } from "./schedule.ts";

/** More moves than these mean that runs start each other without end. */
export const mostMoves = 100_000;

export interface SearchResult<Move> {
  readonly machine: Machine<Move>;
  /** How many moments of the schedule came. */
  readonly moments: number;
  /** Every order has been tried. */
  readonly isCertain: boolean;
}

/** How far a schedule has come in a machine's trace. The earliest match is as good as any later one. */
class Progress {
  moments = 0;
  private read = 0;
  private readonly schedule: Schedule;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
  }

  /** Reads what has been added to the trace; true when every moment has come. */
  follow({ entries, runs }: Happened): boolean {
    for (; this.read < entries.length && this.moments < this.schedule.length; this.read++) {
      if (isMoment(this.schedule[this.moments]!, entries[this.read]!, runs)) this.moments++;
    }
    return this.moments === this.schedule.length;
  }

  get next(): Moment {
    return this.schedule[this.moments]!;
  }

  get rest(): Schedule {
    return this.schedule.slice(this.moments);
  }
}

/** `limit` is how many moves may be weighed while other orders are tried. */
export function search<Move>(begin: () => Machine<Move>, schedule: Schedule, limit: number): SearchResult<Move> {
  const direct = directly(begin(), schedule);
  if (direct.moments === schedule.length) return direct;
  return exhaustively(begin, schedule, limit) ?? direct;
}

function directly<Move>(machine: Machine<Move>, schedule: Schedule): SearchResult<Move> {
  const progress = new Progress(schedule);
  for (let done = 0; !progress.follow(machine) && done < mostMoves; done++) {
    const move = machine.nextMoveToward(progress.next) ?? firstOf(machine);
    if (move === undefined) break;
    machine.perform(move);
  }
  return { machine, moments: progress.moments, isCertain: false };
}

export function firstOf<Move>(machine: Machine<Move>): Move | undefined {
  for (const move of machine.moves()) return move;
  return undefined;
}

/** A choice among the possible moves, after those before it. */
interface Choice {
  readonly before: Choice | undefined;
  readonly position: number;
}

/** Undefined where the limit ends the search. */
function exhaustively<Move>(
  begin: () => Machine<Move>,
  schedule: Schedule,
  limit: number,
): SearchResult<Move> | undefined {
  const seen = new Set<string>();
  /** Last choices on ways to states not looked at yet. */
  const open: (Choice | undefined)[] = [undefined];
  let furthest: SearchResult<Move> | undefined;
  let spent = 0;
  while (open.length > 0) {
    let last = open.pop();
    const machine = begin();
    const progress = new Progress(schedule);
    for (const position of positions(last)) {
      const moves = [...machine.moves()];
      spent += moves.length;
      machine.perform(moves[position]!);
    }
    while (!progress.follow(machine)) {
      const moves = [...machine.moves()];
      const state = `${progress.moments} ${machine.stateKey()}`;
      // Large states cost more to tell apart.
      spent += moves.length + state.length / 32;
      if (spent > limit) return undefined;
      if (moves.length === 0 || seen.has(state)) break;
      seen.add(state);
      const preferred = preference(machine, progress, moves);
      if (!machine.isUnseen(moves[preferred]!, progress.rest)) {
        for (let i = moves.length - 1; i >= 0; i--) if (i !== preferred) open.push({ before: last, position: i });
      }
      machine.perform(moves[preferred]!);
      last = { before: last, position: preferred };
    }
    const found = { machine, moments: progress.moments, isCertain: true };
    if (progress.moments === schedule.length) return found;
    if (!furthest || progress.moments > furthest.moments) furthest = found;
  }
  return furthest;
}

function positions(last: Choice | undefined): number[] {
  const result: number[] = [];
  for (let choice = last; choice; choice = choice.before) result.push(choice.position);
  return result.reverse();
}

/** A move that commutes with all others first, then what leads to the next moment. */
function preference<Move>(machine: Machine<Move>, progress: Progress, moves: readonly Move[]): number {
  const unseen = moves.findIndex((move) => machine.isUnseen(move, progress.rest));
  if (unseen >= 0) return unseen;
  const wanted = machine.nextMoveToward(progress.next);
  return Math.max(
    0,
    moves.findIndex((move) => wanted !== undefined && machine.isSame(move, wanted)),
  );
}
