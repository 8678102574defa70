/** Values of expressions, as far as the files tell them. */

import type { Place } from "../../../../../findings/source.ts";
import type { MapEntry, Node } from "../../tree/node.ts";
import type {
  Attribute,
  Call,
  Conditional,
  Dynamic,
  Expression,
  For,
  Index,
  ObjectExpression,
  Splat,
  TemplatePart,
  Tuple,
} from "../syntax/expression.ts";
import { splatElement } from "../syntax/expression.ts";
import type { Budget } from "./budget.ts";
import { callFunction } from "./functions.ts";
import { operate } from "./operators.ts";
import { noText, type PlacedText, together, unknownText } from "./placed-text.ts";
import { type AccessStep, along, type Element, elementsOf } from "./steps.ts";
import {
  areEqual,
  asText,
  asTruth,
  isNull,
  isTooLong,
  known,
  lastOfEach,
  list,
  map,
  movedTo,
  pieces,
  textOf,
  unknown,
} from "./values.ts";
import type { Names, World } from "./world.ts";

export class Evaluator {
  private readonly world: World;
  private readonly budget: Budget;

  constructor(world: World, budget: Budget) {
    this.world = world;
    this.budget = budget;
  }

  /** Never undefined: what fails is as good as unknown. */
  evaluate(expression: Expression, names: Names): Node {
    return this.value(expression, names) ?? unknown(expression.at, shown(expression));
  }

  /** Undefined where Terraform refuses the expression. */
  value(expression: Expression, names: Names): Node | undefined {
    let isDone = false;
    const value = this.budget.within(() => {
      const result = this.read(expression, names);
      isDone = true;
      return result;
    });
    if (!isDone || (value && this.budget.isTooLarge(value))) return unknown(expression.at, shown(expression));
    return value;
  }

  private read(expression: Expression, names: Names): Node | undefined {
    const { at } = expression;
    switch (expression.kind) {
      case "literal":
        return expression.stretches
          ? { ...known(expression.value, at), stretches: expression.stretches }
          : known(expression.value, at);
      case "template":
        return this.template(expression.parts, at, names);
      case "object":
        return this.object(expression, names);
      case "tuple":
        return this.tuple(expression, names);
      case "name":
      case "attribute":
      case "index":
        return this.path(expression, names);
      case "splat":
        return this.splat(expression, names);
      case "call":
        return this.call(expression, names);
      case "for":
        return this.loop(expression, names);
      case "operation": {
        const operands = expression.operands.map((operand) => this.value(operand, names));
        return operate(expression.operator, operands, at);
      }
      case "conditional":
        return this.conditional(expression, names);
      case "dynamic":
        return list(this.made(expression, names).items, at);
      case "unreadable":
        return unknown(at);
      default:
        return expression satisfies never;
    }
  }

  private template(parts: readonly TemplatePart[], at: Place, names: Names): Node | undefined {
    const [only] = parts;
    if (parts.length === 1 && only?.kind === "interpolation") return this.value(only.value, names);
    const text = this.parts(parts, names);
    return text && { ...textOf(text.key, at), stretches: text.stretches };
  }

  private parts(parts: readonly TemplatePart[], names: Names): PlacedText | undefined {
    let text = noText;
    for (const part of parts) {
      const added = this.part(part, names);
      if (!added) return undefined;
      text = together(text, added);
      if (isTooLong(text.key)) return unknownText("a very long text");
    }
    return text;
  }

  private part(part: TemplatePart, names: Names): PlacedText | undefined {
    switch (part.kind) {
      case "text":
        return { key: [{ kind: "text", text: part.text }], stretches: part.stretches };
      case "interpolation": {
        const value = this.value(part.value, names);
        const key = value && pieces(value);
        return key && { key, stretches: [] };
      }
      case "if": {
        const condition = this.value(part.condition, names);
        const truth = asTruth(condition);
        if (truth === undefined) return condition && unknownText(shown(part.condition));
        return this.parts(truth ? part.then : part.otherwise, names);
      }
      case "for": {
        const elements = this.elements(part.over, names);
        if (!elements) return undefined;
        let text = elements.partial ? unknownText("…") : noText;
        for (const element of elements.all) {
          const added = this.parts(part.body, withNames(names, part.names, element));
          if (!added) return undefined;
          text = together(text, added);
          if (isTooLong(text.key)) return unknownText("a very long text");
        }
        return text;
      }
      default:
        return part satisfies never;
    }
  }

  private object({ items, at }: ObjectExpression, names: Names): Node {
    let partial = false;
    const entries = items.flatMap(({ key, value }): MapEntry[] => {
      const name = asText(this.evaluate(key, names));
      if (name === undefined) partial = true;
      return name === undefined ? [] : [{ key: name, keyAt: key.at, value: this.evaluate(value, names) }];
    });
    return map(lastOfEach(entries), at, partial ? { partial } : {});
  }

  private tuple({ items, at }: Tuple, names: Names): Node {
    let partial = false;
    const values = items.flatMap((item) => {
      if (item.kind !== "dynamic") return [this.evaluate(item, names)];
      const made = this.made(item, names);
      if (made.partial) partial = true;
      return made.items;
    });
    return list(values, at, partial ? { partial } : {});
  }

  /** The blocks that a dynamic block makes. */
  private made({ over, content, iterator }: Dynamic, names: Names) {
    const elements = this.elements(over, names);
    const items = (elements?.all ?? []).map(({ key, value }) => {
      const element = map(
        [
          { key: "key", keyAt: key.at, value: key },
          { key: "value", keyAt: value.at, value },
        ],
        value.at,
      );
      return this.evaluate(content, new Map([...names, [iterator, element]]));
    });
    return { items, partial: !elements || elements.partial };
  }

  private path(expression: Expression, names: Names): Node | undefined {
    const steps: AccessStep[] = [];
    let root = expression;
    while (root.kind === "attribute" || root.kind === "index") {
      const step = this.step(root, names);
      if (!step) return undefined;
      steps.unshift(step);
      root = root.of;
    }
    const { at } = expression;
    if (root.kind !== "name") return along(this.value(root, names), steps);
    const given = names.get(root.name);
    // What a loop gives is told by where the loop has it from.
    if (given) return along(given, steps);
    const found = this.world.lookUp(root.name, steps, at);
    return found && movedTo(found, at);
  }

  private step(expression: Attribute | Index, names: Names): AccessStep | undefined {
    if (expression.kind === "attribute") return { kind: "attribute", name: expression.name, at: expression.at };
    const key = this.value(expression.key, names);
    return key && { kind: "index", key, at: expression.at };
  }

  private splat({ of, each, at }: Splat, names: Names): Node | undefined {
    const value = this.value(of, names);
    if (!value) return undefined;
    if (isNull(value)) return list([], at);
    const elements = value.kind === "list" ? elementsOf(value) : undefined;
    if (elements === "unknown" || (value.kind === "scalar" && value.key)) return unknown(at);
    // A single value is a list of one.
    const items = elements?.all.map((element) => element.value) ?? [value];
    const found = items.map((item) => this.value(each, new Map([...names, [splatElement, item]])));
    if (found.some((item) => item === undefined)) return undefined;
    return list(
      found.map((item) => item!),
      at,
      elements?.partial ? { partial: true } : {},
    );
  }

  private call({ name, values, spreads, at }: Call, names: Names): Node | undefined {
    const spread = spreads ? this.value(values.at(-1)!, names) : undefined;
    const all = spread && elementsOf(spread);
    if (spreads && (all === undefined || all === "unknown" || all.partial)) return unknown(at, name);
    const written = spreads ? values.slice(0, -1) : values;
    const more = typeof all === "object" ? all.all.map((element) => element.value) : [];
    return callFunction(name, {
      at,
      world: this.world,
      count: written.length + more.length,
      value: (i) => (i < written.length ? this.value(written[i]!, names) : more[i - written.length]),
      render: (template, given) => this.value(template, given),
    });
  }

  private loop(expression: For, names: Names): Node | undefined {
    const { at, key, groups } = expression;
    const over = this.value(expression.over, names);
    const elements = over && elementsOf(over);
    if (!elements) return undefined;
    if (elements === "unknown") return unknown(at, shown(expression));
    let { partial } = elements;
    const items: Node[] = [];
    const entries: MapEntry[] = [];
    for (const element of elements.all) {
      const inner = withNames(names, expression.names, element);
      const chosen = this.isChosen(expression, inner);
      if (chosen === undefined) partial = true;
      if (!chosen) continue;
      const value = this.evaluate(expression.value, inner);
      if (!key) items.push(value);
      else {
        const name = this.evaluate(key, inner);
        const text = asText(name);
        if (text === undefined) partial = true;
        else entries.push({ key: text, keyAt: name.at, value });
      }
    }
    const more = partial ? ({ partial: true } as const) : {};
    if (!key) return list(items, at, more);
    return map(groups ? grouped(entries, at) : lastOfEach(entries), at, more);
  }

  /** Undefined where it is not known. */
  private isChosen({ condition }: For, names: Names): boolean | undefined {
    return condition ? asTruth(this.evaluate(condition, names)) : true;
  }

  private conditional({ condition, then, otherwise, at }: Conditional, names: Names): Node | undefined {
    const decided = this.value(condition, names);
    const truth = asTruth(decided);
    if (truth !== undefined) return this.value(truth ? then : otherwise, names);
    if (!decided) return undefined;
    const [a, b] = [this.evaluate(then, names), this.evaluate(otherwise, names)];
    return areEqual(a, b) ? a : unknown(at, "either of two");
  }

  private elements(over: Expression, names: Names) {
    const elements = elementsOf(this.evaluate(over, names));
    return elements === "unknown" ? undefined : elements;
  }
}

function withNames(names: Names, own: readonly string[], { key, value }: Element): Names {
  const [first, second] = own;
  const given: [string, Node][] =
    first === undefined
      ? []
      : second === undefined
        ? [[first, value]]
        : [
            [first, key],
            [second, value],
          ];
  return new Map([...names, ...given]);
}

function grouped(entries: readonly MapEntry[], at: Place): MapEntry[] {
  const groups = new Map<string, MapEntry[]>();
  for (const entry of entries) groups.set(entry.key, [...(groups.get(entry.key) ?? []), entry]);
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    value: list(
      group.map(({ value }) => value),
      at,
    ),
  }));
}

/** An expression as it is written, on one line, for people to recognise it. */
function shown({ at }: Expression): string {
  const text = at.source.text.slice(at.start, at.end).replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
