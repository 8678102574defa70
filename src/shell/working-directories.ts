import type { Key } from "../facts/access.ts";
import { inCheckout } from "./folders.ts";
import type { Shell } from "./shell.ts";
import { joinKeys, keyText, leadingText } from "./words.ts";

/** Where the commands of a script run, from where it starts: a shell inside of another leaves that one where it is. */
export class WorkingDirectories {
  private readonly roots: ReadonlySet<string>;
  private readonly folders = new Map<Shell, Key>();
  private readonly previous = new Map<Shell, Key>();
  private readonly stacks = new Map<Shell, Key[]>();

  constructor(roots: ReadonlySet<string>) {
    this.roots = roots;
  }

  of(shell: Shell): Key {
    for (let at: Shell | undefined = shell; at; at = at.inside) {
      const folder = this.folders.get(at);
      if (folder) return folder;
    }
    return [];
  }

  cd(shell: Shell, target: Key): void {
    const before = this.of(shell);
    const back = keyText(target) === "-" ? this.previous.get(shell) : undefined;
    this.folders.set(shell, back ?? inCheckout(target, this.roots) ?? below(before, target));
    this.previous.set(shell, before);
  }

  pushd(shell: Shell, target: Key): void {
    this.stacks.set(shell, [...(this.stacks.get(shell) ?? []), this.of(shell)]);
    this.cd(shell, target);
  }

  popd(shell: Shell): void {
    const before = this.stacks.get(shell)?.pop();
    if (before) this.folders.set(shell, before);
  }
}

function below(folder: Key, target: Key): Key {
  const text = leadingText(target);
  if (text.startsWith("/") || text.startsWith("~") || folder.length === 0) return target;
  return joinKeys([folder, target], "/");
}
