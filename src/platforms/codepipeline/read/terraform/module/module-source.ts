/** What the files of one folder declare: Terraform takes them as one module. */

import type { Place, SourceFile } from "../../../../../findings/source.ts";
import {
  blocksOf,
  type Expression,
  type Item,
  itemOf,
  keyText,
  type Labelled,
  labelled,
  type ObjectExpression,
} from "../syntax/expression.ts";
import type { ReadFile } from "../syntax/read-file.ts";

export interface Block {
  readonly mode: "managed" | "data";
  readonly type: string;
  readonly name: string;
  readonly nameAt: Place;
  readonly body: Expression;
  readonly source: SourceFile;
}

export class ModuleSource {
  /** From the root of the repository; empty for that itself. */
  readonly folder: string;
  readonly blocks: readonly Block[];
  readonly variables: ReadonlyMap<string, Expression>;
  readonly locals: ReadonlyMap<string, Expression>;
  readonly outputs: ReadonlyMap<string, Expression>;
  readonly calls: ReadonlyMap<string, Expression>;
  /** Terraform is run here: it says how to reach a provider, or where the state is kept. */
  readonly isApplied: boolean;
  /** Nothing in the folder was unreadable. */
  readonly isComplete: boolean;

  constructor(folder: string, files: readonly ReadFile[]) {
    this.folder = folder;
    const [overrides, plain] = [files.filter(isOverride), files.filter((file) => !isOverride(file))];
    const named = (type: string) => byLabel(plain, overrides, type);
    this.variables = named("variable");
    this.outputs = named("output");
    this.calls = named("module");
    this.locals = new Map([...plain, ...overrides].flatMap(({ root }) => localsIn(root)));
    this.blocks = overridden(plain.flatMap(blocksIn), overrides.flatMap(blocksIn));
    this.isApplied = plain.some(({ root }) => itemOf(root, "provider") !== undefined || hasState(root));
    this.isComplete = files.every(({ problem }) => problem === undefined);
  }

  block(mode: Block["mode"], type: string, name: string): Block | undefined {
    return this.blocks.find((each) => each.mode === mode && each.type === type && each.name === name);
  }
}

/** Files whose blocks change those of the others. */
function isOverride({ source }: ReadFile): boolean {
  return /(^|\/|_)override\.tf(\.json)?$/.test(source.path);
}

function hasState(root: ObjectExpression): boolean {
  return blocksOf(itemOf(root, "terraform")).some((block) => itemOf(block, "backend") ?? itemOf(block, "cloud"));
}

function blocksIn({ source, root }: ReadFile): Block[] {
  const of = (mode: Block["mode"], key: string): Block[] =>
    labelled(itemOf(root, key)).flatMap(({ label: type, body }) =>
      labelled(body).map(({ label: name, labelAt: nameAt, body: inner }) => ({
        mode,
        type,
        name,
        nameAt,
        body: inner,
        source,
      })),
    );
  return [...of("managed", "resource"), ...of("data", "data")];
}

function byLabel(plain: readonly ReadFile[], overrides: readonly ReadFile[], type: string): Map<string, Expression> {
  const all = (files: readonly ReadFile[]): Labelled[] => files.flatMap(({ root }) => labelled(itemOf(root, type)));
  const found = new Map(all(plain).map(({ label, body }) => [label, body]));
  for (const { label, body } of all(overrides)) {
    const before = found.get(label);
    if (before) found.set(label, withItemsOf(before, body));
  }
  return found;
}

function localsIn(root: ObjectExpression): [string, Expression][] {
  return blocksOf(itemOf(root, "locals")).flatMap((block) =>
    block.kind === "object"
      ? block.items.flatMap(({ key, value }): [string, Expression][] => {
          const name = keyText(key);
          return name === undefined || name === "//" ? [] : [[name, value]];
        })
      : [],
  );
}

function overridden(blocks: readonly Block[], overrides: readonly Block[]): Block[] {
  return blocks.map((block) => {
    const changes = overrides.filter(
      ({ mode, type, name }) => mode === block.mode && type === block.type && name === block.name,
    );
    return { ...block, body: changes.reduce((body, change) => withItemsOf(body, change.body), block.body) };
  });
}

function withItemsOf(body: Expression, change: Expression): Expression {
  if (body.kind !== "object" || change.kind !== "object") return body;
  const names = new Set(change.items.map(({ key }) => keyText(key)));
  const kept = body.items.filter(({ key }: Item) => !names.has(keyText(key)));
  return { ...body, items: [...kept, ...change.items] };
}
