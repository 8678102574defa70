/** Histories of one stage of an account and of the function that rolls it back, told by names of runs. */
import type { RunState } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import type { Move as PlatformMove } from "../../../../src/platforms/codepipeline/simulate/moves.ts";
import { Account } from "./account.ts";
import { shopIn } from "./shop.ts";

/** `["passes", "R1"]`: the first rollback is called R1. */
export type Move = readonly [string, ...(string | number)[]];

const minute = 60_000;
const stage = "prod";
const settings = { rollback: "function", alarms: ["unhealthy", "slow"] } as const;
const only = { sites: [], environments: [stage], approval: false };
const definitions = await Promise.all(
  [only, { ...only, paths: ["more/**"] }].map((one) => shopIn("single", one, settings)),
);

/** Runs that the stage was sent back to, and what the team was told. Time passes by a minute with each move. */
export async function after(
  moves: readonly Move[],
  sabotage?: (source: string) => string,
): Promise<{ calls: string[]; told: string[] }> {
  const world = new World(new Account(definitions[0]!, sabotage && { sabotage }));
  for (const move of moves) await world.move(move);
  return world.found();
}

class World {
  readonly #account: Account;
  readonly #runs = new Map<string, RunState>();
  #changes = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  async move([what, word, number]: Move): Promise<void> {
    const account = this.#account;
    const name = String(word);
    account.clock += minute;
    switch (what) {
      case "begin": {
        const count = account.machine.runs.length;
        account.push(["infra"]);
        // Whoever is in the stage ends first.
        await this.#goesOn(
          (move) => move.kind !== "end" || move.run !== account.machine.runs[count] || !this.#isThere(move.run),
        );
        this.#runs.set(name, account.machine.runs[count]!);
        break;
      }
      case "passes":
      case "fails":
        account.passes = () => what === "passes";
        await this.#goesOn();
        account.passes = () => true;
        break;
      case "change":
        if (account.machine.runs.length > 0) account.create(definitions[++this.#changes % definitions.length]);
        break;
      case "wait":
        account.clock += Number(word) * minute;
        break;
      case "breaks": {
        let left = Number(number ?? 1);
        account.fate = (command) => (command === name && left-- > 0 ? "fails before" : "works");
        break;
      }
      case "hears of failure":
        await this.#hears("CodePipeline Stage Execution State Change", {
          ...{ pipeline: "shop", stage, state: "FAILED" },
          "execution-id": account.idOf(this.#runs.get(name)!),
        });
        break;
      case "rings":
        await this.#hears(
          "CloudWatch Alarm State Change",
          { alarmName: name, state: { value: "ALARM" } },
          Number(number ?? 0),
        );
        break;
      default:
        throw new Error(`no move ${what}`);
    }
    const back = account.machine.runs.filter(({ kind }) => kind === "rollback");
    for (const [index, run] of back.entries()) this.#runs.set(`R${index + 1}`, run);
  }

  found(): { calls: string[]; told: string[] } {
    const names = new Map([...this.#runs].map(([name, run]) => [this.#account.idOf(run), name]));
    const named = (text: string) => text.replaceAll(/run-\d+/g, (id) => names.get(id)!);
    return {
      calls: this.#account.entries.flatMap((one) =>
        one.what === "goes back" ? [named(this.#account.idOf(one.to))] : [],
      ),
      told: this.#account.told.map(({ text }) => named(text)),
    };
  }

  #isThere(run: RunState): boolean {
    return this.#account.stageOf(run).name === stage;
  }

  async #goesOn(may: (move: PlatformMove) => boolean = () => true): Promise<void> {
    for (;;) {
      const move = this.#account.moves().find(may);
      if (move === undefined) return;
      await this.#account.perform(move);
    }
  }

  /** Events come when the history says so, and not when they are sent. */
  async #hears(kind: string, detail: object, minutesLate = 0): Promise<void> {
    const { mail } = this.#account;
    mail.length = 0;
    this.#account.clock += minutesLate * minute;
    this.#account.send(kind, detail);
    this.#account.clock -= minutesLate * minute;
    await this.#account.deliver();
  }
}
