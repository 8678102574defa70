import { type Coprocess, type CoprocessListener, framed, startCoprocess } from "./coprocess.ts";
import { nativeProgram } from "./native-program.ts";

/** `tree-looker.c`, kept from the first use to `close`: what a `TreeLooker` of src/git/written-tree.ts is. */
export interface KeptLooker {
  note(folder: string, paths: readonly string[]): Promise<boolean>;
  isStill(...folders: string[]): Promise<boolean>;
  close(): void;
}

/** `program`: another than that of this machine, undefined for none. */
export function createTreeLooker(program: string | undefined = nativeProgram("tree-looker")): KeptLooker {
  let looker: Coprocess | undefined;
  let isUsable = program !== undefined;
  /** Asked for and not answered, in order. */
  let waiting: ((answer: string) => void)[] = [];

  const listener: CoprocessListener = {
    onLine(line) {
      const answer = waiting.shift();
      if (waiting.length === 0) looker?.rest();
      answer?.(line);
    },
    onGone() {
      isUsable = false;
      const unanswered = waiting;
      waiting = [];
      for (const answer of unanswered) answer("unknown");
    },
  };

  function ask(...fields: string[]): Promise<string> {
    const text = framed(`${fields.join("\0")}\0`);
    if (!isUsable || looker?.isGone || text === undefined) return Promise.resolve("unknown");
    looker ??= startCoprocess({ program: program!, arguments: [], env: {} });
    const answered = new Promise<string>((resolve) => waiting.push(resolve));
    looker.send(text, listener);
    return answered;
  }

  return {
    async note(folder, paths) {
      return (await ask("note", folder, ...paths)) === "noted";
    },
    async isStill(...folders) {
      return (await ask("look", ...folders)) === "same";
    },
    close() {
      isUsable = false;
      looker?.close();
    },
  };
}
