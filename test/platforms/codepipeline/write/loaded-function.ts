/** A function of Lambda as it is written out, with a stand-in for the clients of AWS. */
import { Script } from "node:vm";

export type Handler = (event: object) => Promise<unknown>;

export function loadedFunction(
  source: string,
  world: {
    readonly env: Readonly<Record<string, string>>;
    /** What a command is answered with. Throws what AWS would. */
    answer(command: string, input: never): unknown;
    log?(line: string): void;
    /** What it may require beside those of Node and AWS. */
    readonly modules?: Readonly<Record<string, unknown>>;
  },
): Handler {
  const sdk = new Proxy(
    {},
    {
      get: (_, name: string) =>
        name.endsWith("Client")
          ? class {
              async send({ command, input }: { command: string; input: never }) {
                return world.answer(command, input);
              }
            }
          : class {
              readonly command = name.replace(/Command$/, "");
              readonly input: unknown;
              constructor(input: unknown) {
                this.input = input;
              }
            },
    },
  );
  const exported: { handler?: Handler } = {};
  const run = new Script(`(exports, require, process, console) => {${source}\n}`).runInThisContext() as (
    ...all: unknown[]
  ) => void;
  const load = (name: string) =>
    name.startsWith("@aws-sdk/") ? sdk : (world.modules?.[name] ?? process.getBuiltinModule(name));
  run(exported, load, { env: world.env }, { log: world.log ?? (() => {}) });
  return exported.handler!;
}
