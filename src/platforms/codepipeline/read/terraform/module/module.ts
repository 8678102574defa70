/** A module as it is used in one place: what its names stand for, and the resources it makes. */

import { posix } from "node:path";
import type { Place, SourceFile } from "../../../../../findings/source.ts";
import { localFolder } from "../../find-terraform.ts";
import type { Node, Scalar } from "../../tree/node.ts";
import { open } from "../../values.ts";
import type { Budget } from "../evaluate/budget.ts";
import { Evaluator } from "../evaluate/evaluator.ts";
import { type AccessStep, along, nameOf } from "../evaluate/steps.ts";
import { asText, openValue, unknown } from "../evaluate/values.ts";
import { type Names, noNames, type World } from "../evaluate/world.ts";
import { type Expression, itemOf, keyText } from "../syntax/expression.ts";
import type { HclParser } from "../syntax/parser.ts";
import { readExpression } from "../syntax/read-file.ts";
import { template, templateFile } from "../syntax/read-json.ts";
import { type Expansion, expand, type InstanceKey } from "./instances.ts";
import type { ModuleSource } from "./module-source.ts";
import { type ResourceInstance, Resources } from "./resources.ts";
import { conforming } from "./types.ts";

/** What all modules of one configuration share. */
export interface Configured {
  /** Where Terraform is run. */
  readonly folder: string;
  readonly parser: HclParser;
  readonly budget: Budget;
  /** A module by its folder; undefined where there is none. */
  module(folder: string): ModuleSource | undefined;
  /** A file by its path from the root of the repository. */
  read(path: string): SourceFile | undefined;
}

export interface Use {
  readonly configured: Configured;
  /** `module.build["web"].`, or empty at the root. */
  readonly prefix: string;
  /** How many modules this one is inside of. */
  readonly depth: number;
  /** The value that is handed to a variable; undefined where there is none. */
  input(name: string): Node | undefined;
}

const MAX_MODULES_DEEP = 8;

export class Module implements World {
  readonly source: ModuleSource;
  private readonly use: Use;
  private readonly evaluator: Evaluator;
  private readonly resources: Resources;
  /** Values by what they are of; undefined while they are evaluated, where they lead back to themselves. */
  private readonly values = new Map<string, Node | undefined>();
  private readonly expansions = new Map<Expression, Expansion | undefined>();
  private readonly called = new Map<string, Module | undefined>();

  constructor(source: ModuleSource, use: Use) {
    this.source = source;
    this.use = use;
    this.evaluator = new Evaluator(this, use.configured.budget);
    this.resources = new Resources({
      source,
      prefix: use.prefix,
      evaluate: (expression, names) => this.evaluator.evaluate(expression, names),
      expansion: (body) => this.expansion(body),
      once: (name, at, evaluate) => this.once(name, at, evaluate),
      open: (name, at) => this.open(name, at),
      render: (text, values) => this.render(text, values),
    });
  }

  /** All resources, those of the modules it calls included. */
  *instances(): Generator<ResourceInstance> {
    yield* this.resources.instances();
    for (const module of this.calls()) yield* module.instances();
  }

  /** Whether all files were readable, those of the modules it calls included. */
  isComplete(): boolean {
    return this.source.isComplete && [...this.calls()].every((module) => module.isComplete());
  }

  private *calls(): Generator<Module> {
    for (const [name, body] of this.source.calls) {
      for (const key of this.expansion(body).keys) {
        const module = this.call(name, key);
        if (module) yield module;
      }
    }
  }

  lookUp(name: string, steps: readonly AccessStep[], at: Place): Node | undefined {
    const [first, ...more] = steps;
    if (first?.kind !== "attribute") return unknown(at, name);
    switch (name) {
      case "var":
        return along(this.variable(first.name, at), more);
      case "local":
        return along(this.local(first.name, at), more);
      case "path": {
        const folder = first.name === "module" ? this.source.folder : this.use.configured.folder;
        return openValue(open(folder, `path.${first.name}`), at);
      }
      case "module":
        return this.output(first.name, more, at);
      case "each":
      case "count":
      case "self":
        return unknown(at, `${name}.${first.name}`);
      case "data":
        return this.resources.lookUp({ mode: "data", steps, at });
      default:
        return this.resources.lookUp({ mode: "managed", steps: [{ kind: "attribute", name, at }, ...steps], at });
    }
  }

  file(path: Node): SourceFile | undefined {
    const { configured } = this.use;
    const name = pathIn(path, configured.folder);
    return name === undefined ? undefined : configured.read(name);
  }

  template(text: Node): Expression | undefined {
    const { parser } = this.use.configured;
    const known = asText(text);
    if (text.kind !== "scalar" || known === undefined) return undefined;
    return text.file ? templateFile(text.file, parser) : template(known, text.at, parser);
  }

  private variable(name: string, at: Place): Node {
    const declared = this.source.variables.get(name);
    return this.once(`var.${name}`, at, () => {
      const fallback = itemOf(declared, "default");
      const given = this.use.input(name) ?? (fallback && this.evaluate(fallback));
      if (!given || !declared) return given ?? this.open(`var.${name}`, at);
      return conforming(given, this.type(declared), (value) => this.evaluate(value));
    });
  }

  private type(declared: Expression): Expression | undefined {
    const type = itemOf(declared, "type");
    // In quotes in the JSON spelling, and in what was written for old versions.
    if (type?.kind !== "literal") return type;
    return readExpression(String(type.value), { at: type.at, parser: this.use.configured.parser });
  }

  private local(name: string, at: Place): Node {
    const value = this.source.locals.get(name);
    return value ? this.once(`local.${name}`, at, () => this.evaluate(value)) : this.open(`local.${name}`, at);
  }

  private once(name: string, at: Place, evaluate: () => Node): Node {
    if (this.values.has(name)) return this.values.get(name) ?? unknown(at, name);
    this.values.set(name, undefined);
    const value = evaluate();
    this.values.set(name, value);
    return value;
  }

  private evaluate(expression: Expression, names: Names = noNames): Node {
    return this.evaluator.evaluate(expression, names);
  }

  private render(text: Node, values: Node): Node | undefined {
    const found = this.template(text);
    if (!found || values.kind !== "map" || values.partial) return undefined;
    return this.evaluate(found, new Map(values.entries.map(({ key, value }) => [key, value])));
  }

  private open(name: string, at: Place): Scalar {
    return openValue(open(this.use.configured.folder, this.use.prefix + name), at);
  }

  private expansion(body: Expression): Expansion {
    const known = this.expansions.get(body);
    if (known) return known;
    if (this.expansions.has(body)) return { kind: "unknown", keys: [{ suffix: "", names: noNames }] };
    this.expansions.set(body, undefined);
    const found = expand(body, (expression) => this.evaluate(expression));
    this.expansions.set(body, found);
    return found;
  }

  private call(name: string, { suffix, names }: InstanceKey): Module | undefined {
    const address = `module.${name}${suffix}`;
    if (this.called.has(address)) return this.called.get(address);
    this.called.set(address, undefined);
    const { configured, prefix, depth } = this.use;
    const body = this.source.calls.get(name);
    const folder = calledFolder(this.source.folder, body);
    const source = folder === undefined || depth >= MAX_MODULES_DEEP ? undefined : configured.module(folder);
    if (!source) return undefined;
    const input = (variable: string): Node | undefined => {
      const value = itemOf(body, variable);
      return value && this.evaluate(value, names);
    };
    const made = new Module(source, { configured, prefix: `${prefix}${address}.`, depth: depth + 1, input });
    this.called.set(address, made);
    return made;
  }

  private output(name: string, steps: readonly AccessStep[], at: Place): Node | undefined {
    const body = this.source.calls.get(name);
    const expansion = body && this.expansion(body);
    if (expansion?.kind === "single") return this.ofCall(name, { key: expansion.keys[0], steps, at });
    const [first, ...more] = steps;
    const wanted = first && nameOf(first);
    const key = expansion?.kind === "unknown" ? undefined : expansion?.keys.find(({ suffix }) => suffix === wanted);
    return key ? this.ofCall(name, { key, steps: more, at }) : unknown(at, `module.${name}`);
  }

  private ofCall(name: string, { key, steps, at }: CallPath): Node | undefined {
    const [first, ...more] = steps;
    if (first?.kind !== "attribute") return unknown(at, `module.${name}`);
    const module = this.call(name, key);
    const value = itemOf(module?.source.outputs.get(first.name), "value");
    const open = () => this.open(`module.${name}${key.suffix}.${first.name}`, at);
    return along(
      module && value ? module.once(`output.${first.name}`, at, () => module.evaluate(value)) : open(),
      more,
    );
  }
}

interface CallPath {
  readonly key: InstanceKey;
  readonly steps: readonly AccessStep[];
  readonly at: Place;
}

/** The path of a file from the root of the repository; undefined where it is not known, or outside. */
function pathIn(path: Node, root: string): string | undefined {
  if (path.kind !== "scalar" || path.value === null) return undefined;
  const [first, second, ...more] = path.key ?? [{ kind: "text", text: String(path.value) } as const];
  const from = first?.kind === "expression" ? /^(.*)#path\.\w+$/.exec(first.text)?.[1] : undefined;
  const [folder, text] = from === undefined ? [root, first] : [from, second];
  if (text?.kind !== "text" || more.length > 0 || (from === undefined && second)) return undefined;
  // In a text put together, what follows the folder begins with a slash.
  const whole = posix.normalize(posix.join(folder, from === undefined ? text.text : `./${text.text}`));
  return whole.startsWith("..") || posix.isAbsolute(whole) ? undefined : whole;
}

/** The folder of the module that is called, where it is one of the repository. */
export function calledFolder(from: string, body: Expression | undefined): string | undefined {
  const source = itemOf(body, "source");
  const path = source && keyText(source);
  return path === undefined ? undefined : localFolder(from, path);
}
