/**
 * One cycle for every knot of names that wait for each other: the shortest through the name that was written first, so
 * that the same definition always shows the same cycle. Names that are not keys are left out.
 */
export function findCycles(waitsFor: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const knots = knotsOf(waitsFor);
  for (const name of waitsFor.keys()) {
    const knot = knots.get(name);
    if (!knot || done.has(name)) continue;
    for (const member of knot) done.add(member);
    cycles.push(shortestCycle(name, knot, waitsFor));
  }
  return cycles;
}

/** Strongly connected parts with a cycle in them (Tarjan, with its own stack: definitions may be deep). */
function knotsOf(waitsFor: ReadonlyMap<string, readonly string[]>): Map<string, Set<string>> {
  const knots = new Map<string, Set<string>>();
  const number = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  for (const root of waitsFor.keys()) {
    if (number.has(root)) continue;
    const visits: { name: string; next: number }[] = [];
    enter(root);
    while (visits.length > 0) {
      const visit = visits.at(-1)!;
      const target = waitsFor.get(visit.name)![visit.next++];
      if (target === undefined) leave();
      else if (!waitsFor.has(target)) continue;
      else if (!number.has(target)) enter(target);
      else if (isOpen.has(target)) lower(visit.name, number.get(target)!);
    }

    function enter(name: string): void {
      number.set(name, number.size);
      low.set(name, number.get(name)!);
      open.push(name);
      isOpen.add(name);
      visits.push({ name, next: 0 });
    }

    function leave(): void {
      const { name } = visits.pop()!;
      const parent = visits.at(-1);
      if (parent) lower(parent.name, low.get(name)!);
      if (low.get(name) !== number.get(name)) return;
      const members = open.splice(open.lastIndexOf(name));
      for (const member of members) isOpen.delete(member);
      const knot = new Set(members);
      const isCycle = members.length > 1 || waitsFor.get(name)!.includes(name);
      if (isCycle) for (const member of members) knots.set(member, knot);
    }
  }
  return knots;

  function lower(name: string, to: number): void {
    low.set(name, Math.min(low.get(name)!, to));
  }
}

function shortestCycle(
  start: string,
  knot: ReadonlySet<string>,
  waitsFor: ReadonlyMap<string, readonly string[]>,
): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const target of waitsFor.get(name)!) {
      if (target === start) return trail(name);
      if (!knot.has(target) || cameFrom.has(target)) continue;
      cameFrom.set(target, name);
      queue.push(target);
    }
  }
  throw new Error(`no cycle through ${start}, although it is part of one`);

  function trail(last: string): string[] {
    const names = [last];
    for (let name = last; name !== start; ) {
      name = cameFrom.get(name)!;
      names.unshift(name);
    }
    return names;
  }
}
