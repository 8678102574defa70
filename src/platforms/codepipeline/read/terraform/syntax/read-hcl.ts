/** Terraform's own language as expressions. */

import type { Place } from "../../../../../findings/source.ts";
import { MAX_DEPTH, type SyntaxProblem } from "../../tree/node.ts";
import { dynamicBlock, type Expression, type Item, type ObjectExpression, splatElement } from "./expression.ts";
import { isText, loopNames, readText } from "./read-template.ts";
import { errorType, type SyntaxNode } from "./syntax-nodes.ts";

interface Label {
  readonly name: string;
  readonly at: Place;
}

export interface ParsedText {
  readonly text: string;
  /** Where a piece of it stands in its file: offsets in it, the end excluded. */
  place(start: number, end: number): Place;
  /** It stands in its file as it is, so that every piece has a place of its own. */
  readonly isVerbatim: boolean;
}

/** Reads the parser's tree of one text. */
export class HclReader {
  private readonly parsed: ParsedText;
  private depth = 0;
  /** Where nesting went beyond what is read. */
  problem: SyntaxProblem | undefined;

  constructor(parsed: ParsedText) {
    this.parsed = parsed;
  }

  file(root: SyntaxNode): ObjectExpression {
    return this.body(
      root.children.find(({ type }) => type === "body"),
      this.place(root),
    );
  }

  private body(node: SyntaxNode | undefined, at: Place): ObjectExpression {
    const items = new Map<string, { key: Expression; values: Expression[]; isBlock: boolean }>();
    for (const each of node?.children ?? []) {
      const [name] = each.children;
      if (name?.type !== "identifier") continue;
      const isBlock = each.type === "block";
      const [type, value] = isBlock ? this.block(each) : [this.written(name), this.attribute(each)];
      const key: Expression = { kind: "literal", value: type, at: this.place(name) };
      const known = items.get(type);
      if (known && isBlock && known.isBlock) known.values.push(value);
      else items.set(type, { key, values: [value], isBlock });
    }
    const listed = [...items.values()].map(({ key, values, isBlock }): Item => {
      const [first, last] = [values[0]!, values.at(-1)!];
      const at = { ...first.at, end: last.at.end };
      return { key, value: isBlock ? { kind: "tuple", items: values, at } : first };
    });
    return { kind: "object", items: listed, at };
  }

  private attribute(node: SyntaxNode): Expression {
    return this.expression(node.children[2]);
  }

  /** `type "label" { … }` as `type = { label = { … } }`; a dynamic block as one of those that it makes. */
  private block(node: SyntaxNode): [string, Expression] {
    return this.nested(node, () => {
      const parts = node.children;
      const [type] = parts;
      const at = this.place(node);
      const labels = parts
        .slice(1)
        .filter(({ type }) => type === "string_lit" || type === "identifier")
        .map(
          (label): Label => ({
            name: label.type === "identifier" ? this.written(label) : this.quoted(label),
            at: this.place(label),
          }),
        );
      const body = this.body(
        parts.find((part) => part.type === "body"),
        at,
      );
      const [first] = labels;
      if (this.written(type!) === "dynamic" && first) return [first.name, dynamicBlock(first.name, body)];
      const value = labels.reduceRight<Expression>((inner, label) => {
        const key: Expression = { kind: "literal", value: label.name, at: label.at };
        return { kind: "object", items: [{ key, value: inner }], at };
      }, body);
      return [this.written(type!), value];
    }) as [string, Expression];
  }

  expression(node: SyntaxNode | undefined): Expression {
    if (!node || node.type === errorType || node.isMissing) return this.unreadable(node);
    return this.nested(node, () => this.read(node)) as Expression;
  }

  private read(node: SyntaxNode): Expression {
    const at = this.place(node);
    switch (node.type) {
      case "expression":
        return this.chain(node.children, at);
      case "literal_value":
      case "collection_value":
      case "for_expr":
      case "operation":
      case "template_expr":
        return this.expression(node.children[0]);
      case "numeric_lit":
        return { kind: "literal", value: Number(this.written(node)), at };
      case "bool_lit":
        return { kind: "literal", value: this.written(node) === "true", at };
      case "null_lit":
        return { kind: "literal", value: null, at };
      case "variable_expr":
        return { kind: "name", name: this.written(node), at };
      case "tuple":
        return { kind: "tuple", items: this.expressions(node), at };
      case "object":
        return { kind: "object", items: this.items(node), at };
      case "function_call":
        return this.call(node, at);
      case "for_tuple_expr":
      case "for_object_expr":
        return this.loop(node, at);
      case "conditional":
        return this.conditional(node, at);
      case "unary_operation":
      case "binary_operation":
        return this.operation(node, at);
      default:
        return isText(node) ? this.text(node) : this.unreadable(node);
    }
  }

  private quoted(node: SyntaxNode): string {
    const text = this.text(node);
    return text.kind === "literal" ? String(text.value) : "";
  }

  private text(node: SyntaxNode): Expression {
    const expression = (each: SyntaxNode) => this.expression(each);
    const { text, isVerbatim } = this.parsed;
    const place = isVerbatim ? (start: number, end: number) => this.parsed.place(start, end) : undefined;
    return readText(node, { at: this.place(node), text, place, expression });
  }

  private expressions(node: SyntaxNode): Expression[] {
    return node.children.filter(({ type }) => type === "expression").map((each) => this.expression(each));
  }

  private items(node: SyntaxNode): Item[] {
    return node.children
      .filter(({ type }) => type === "object_elem")
      .map((each): Item => {
        const [key, value] = this.expressions(each);
        // A name alone is the key itself; in brackets it is what the name stands for.
        const isPlain = key?.kind === "name" && !this.written(each).startsWith("(");
        const name: Expression | undefined = isPlain ? { kind: "literal", value: key.name, at: key.at } : key;
        return { key: name ?? this.unreadable(each), value: value ?? this.unreadable(each) };
      });
  }

  private call(node: SyntaxNode, at: Place): Expression {
    const [name] = node.children;
    const values = node.children.find(({ type }) => type === "function_arguments");
    return {
      kind: "call",
      name: name ? this.written(name) : "",
      values: values ? this.expressions(values) : [],
      spreads: values ? values.children.some(({ type }) => type === "ellipsis") : false,
      at,
    };
  }

  private loop(node: SyntaxNode, at: Place): Expression {
    const parts = node.children;
    const intro = parts.find(({ type }) => type === "for_intro");
    const condition = parts.find(({ type }) => type === "for_cond");
    const values = this.expressions(node);
    return {
      kind: "for",
      names: intro ? loopNames(intro, this.parsed.text) : [],
      over: intro ? this.expressions(intro)[0]! : this.unreadable(node),
      key: node.type === "for_object_expr" ? values[0] : undefined,
      value: values.at(-1) ?? this.unreadable(node),
      condition: condition ? this.expressions(condition)[0] : undefined,
      groups: parts.some(({ type }) => type === "ellipsis"),
      at,
    };
  }

  /** The grammar takes `a ? b : c ? d : e` for `(a ? b : c) ? d : e`; Terraform takes it for `a ? b : (c ? d : e)`. */
  private conditional(node: SyntaxNode, at: Place): Expression {
    const parts: Expression[] = [];
    let left: SyntaxNode | undefined = node;
    while (left) {
      const [condition, then, otherwise]: readonly SyntaxNode[] = left.children.filter(
        ({ type }) => type === "expression",
      );
      if (!condition || !then || !otherwise) return this.unreadable(node);
      const [inner, ...more]: readonly SyntaxNode[] = condition.children;
      parts.unshift(this.expression(then), this.expression(otherwise));
      left = inner?.type === "conditional" && more.length === 0 ? inner : undefined;
      if (!left) parts.unshift(this.expression(condition));
    }
    let last = parts.pop()!;
    for (let then = parts.pop(); then; then = parts.pop()) {
      const condition = parts.pop()!;
      last = { kind: "conditional", condition, then, otherwise: last, at };
    }
    return last;
  }

  private operation(node: SyntaxNode, at: Place): Expression {
    const parts = node.children;
    // The operator is the one sign that neither opens a bracket nor closes it.
    const index = parts.findIndex(({ isNamed, type }) => !isNamed && type !== "(" && type !== ")");
    const sign = parts[index];
    if (!sign) return this.unreadable(node);
    const sides = [parts.slice(0, index), parts.slice(index + 1)].filter((side) => side.length > 0);
    const operands = sides.map((side) => this.chain(side, this.span(side[0]!, side.at(-1)!)));
    return { kind: "operation", operator: sign.type, operands, at };
  }

  /** A term and the steps that follow it: `a`, `.b`, `[0]`, `[*].c`. */
  private chain(nodes: readonly SyntaxNode[], whole: Place): Expression {
    const [first, ...steps] = nodes.filter(({ type }) => type !== "(" && type !== ")");
    let term = this.expression(first);
    for (const step of steps) {
      const at = { ...whole, end: this.place(step).end };
      term = this.step(term, step, { ...at, start: Math.min(term.at.start, whole.start) });
    }
    return term;
  }

  private step(of: Expression, node: SyntaxNode, at: Place): Expression {
    const parts = node.children;
    switch (node.type) {
      case "get_attr":
        return { kind: "attribute", of, name: this.identifier(parts), at };
      case "index":
        return this.step(of, parts[0]!, at);
      case "new_index":
        return { kind: "index", of, key: this.expressions(node)[0] ?? this.unreadable(node), at };
      case "legacy_index": {
        const key: Expression = {
          kind: "literal",
          value: Number(this.written(node).replace(/\D/g, "")),
          at: this.place(node),
        };
        return { kind: "index", of, key, at };
      }
      case "splat":
        return this.step(of, parts[0]!, at);
      case "attr_splat":
      case "full_splat": {
        const steps = parts.filter(({ type }) => type === "get_attr" || type === "index");
        const element: Expression = { kind: "name", name: splatElement, at };
        return {
          kind: "splat",
          of,
          each: steps.reduce<Expression>((inner, step) => this.step(inner, step, at), element),
          at,
        };
      }
      default:
        return this.unreadable(node);
    }
  }

  private nested(node: SyntaxNode, read: () => unknown): unknown {
    if (this.depth > MAX_DEPTH * 4) {
      this.problem ??= { message: `nested deeper than ${MAX_DEPTH} levels`, at: this.place(node) };
      return this.unreadable(node);
    }
    this.depth++;
    try {
      return read();
    } finally {
      this.depth--;
    }
  }

  private identifier(nodes: readonly SyntaxNode[]): string {
    const name = nodes.find(({ type }) => type === "identifier");
    return name ? this.written(name) : "";
  }

  private written({ start, end }: SyntaxNode): string {
    return this.parsed.text.slice(start, end);
  }

  private unreadable(node: SyntaxNode | undefined): Expression {
    return { kind: "unreadable", at: node ? this.place(node) : this.parsed.place(0, 0) };
  }

  private place({ start, end }: SyntaxNode): Place {
    return this.parsed.place(start, end);
  }

  private span(first: SyntaxNode, last: SyntaxNode): Place {
    return this.parsed.place(first.start, last.end);
  }
}
