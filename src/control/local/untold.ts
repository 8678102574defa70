import { Ledger } from "../../notify/ledger.ts";
import type { UntoldView } from "../views/notices.ts";

/** Who was not told of something that was to be told, and why; by the ledger alone. */
export function untoldIn(stateFolder: string): UntoldView[] {
  if (!Ledger.exists(stateFolder)) return [];
  try {
    using ledger = Ledger.open(stateFolder);
    return untoldBy(ledger);
  } catch {
    return [{ target: "everybody", givenUp: 0, failure: "what people were told cannot be read" }];
  }
}

function untoldBy(ledger: Ledger): UntoldView[] {
  const givenUp = Map.groupBy(ledger.undelivered(), ({ target }) => target);
  const rows = ledger.targets().filter(({ failure }) => failure !== undefined);
  const names = [...new Set([...givenUp.keys(), ...rows.map(({ name }) => name)])].sort();
  return names.map((target) => {
    const given = givenUp.get(target) ?? [];
    const failure = rows.find(({ name }) => name === target)?.failure ?? given.at(-1)?.failure ?? "";
    return { target, givenUp: given.length, failure };
  });
}
