import { compare, isObject, property, toPosition, toText } from "./coerce.ts";
import { EvaluationError, knownFunctions } from "./functions.ts";
import { callPartial, comparePartial, concatenate, decided, truthValue } from "./partial.ts";
import type { Json, Syntax } from "./syntax.ts";
import {
  alternatives,
  anyBoolean,
  anyText,
  either,
  falsePart,
  known,
  MAX_ALTERNATIVES,
  type OneOfValue,
  oneOf,
  truePart,
  truthOf,
  unknown,
  type Value,
} from "./value.ts";

/** What an expression may ask. */
export interface Environment {
  /** The value of a context by its lower-case name; `unknown` for one of which nothing is known. */
  context(name: string): Value;
  /** What the status functions answer: whether all before succeeded, whether one failed, whether the run was cancelled. */
  readonly status?: { readonly success: Value; readonly failure: Value; readonly cancelled: Value };
}

/** An environment of known and partly known contexts; those that are not named are unknown. */
export function environment(contexts: Readonly<Record<string, Value>>, status?: Environment["status"]): Environment {
  const byName = new Map(Object.entries(contexts).map(([name, value]) => [name.toLowerCase(), value]));
  return { context: (name) => byName.get(name) ?? unknown, ...(status ? { status } : {}) };
}

/** Evaluates an expression as far as the environment allows. An evaluation that would fail is unknown. */
export function evaluate(syntax: Syntax, environment: Environment): Value {
  return byCases(environment, (evaluation) => evaluation.value(syntax));
}

/** The text of values in a row, e.g. the parts of a string with expressions; known text is given as it is. */
export function evaluateText(parts: readonly (string | Syntax)[], environment: Environment): Value {
  return byCases(environment, (evaluation) =>
    concatenate(parts.map((part) => (typeof part === "string" ? known(part) : evaluation.value(part)))),
  );
}

/** Combinations of variables that are tried one by one. */
const MAX_CASES = 256;

/**
 * Evaluates once as it is. Where the result is open and variables with few values were met, evaluates once for each
 * combination of their values, so that `x == 'a' || x != 'a'` comes out true.
 */
function byCases(environment: Environment, run: (evaluation: Evaluation) => Value): Value {
  const open = new Evaluation(environment, new Map());
  const first = attempt(open, run);
  if (first.kind === "known" || open.met.size === 0) return first;
  const variables = [...open.met];
  if (variables.reduce((product, variable) => product * variable.values.length, 1) > MAX_CASES) return first;
  let result: Value | undefined;
  for (const choice of combinations(variables)) {
    const value = attempt(new Evaluation(environment, choice), run);
    result = result ? either(result, value) : value;
  }
  return result ?? first;
}

function attempt(evaluation: Evaluation, run: (evaluation: Evaluation) => Value): Value {
  try {
    return plain(run(evaluation));
  } catch (error) {
    if (error instanceof EvaluationError) return unknown;
    throw error;
  }
}

type Choice = ReadonlyMap<OneOfValue, Json>;

function combinations(variables: readonly OneOfValue[]): Choice[] {
  return variables.reduce<Choice[]>(
    (choices, variable) =>
      choices.flatMap((choice) => variable.values.map((value) => new Map(choice).set(variable, value))),
    [new Map()],
  );
}

class Evaluation {
  /** Variables whose value was asked for and not chosen. */
  readonly met = new Set<OneOfValue>();
  private readonly environment: Environment;
  private readonly choice: Choice;

  constructor(environment: Environment, choice: Choice) {
    this.environment = environment;
    this.choice = choice;
  }

  value(syntax: Syntax): Value {
    switch (syntax.kind) {
      case "literal":
        return known(syntax.value);
      case "context":
        return this.chosen(this.environment.context(syntax.name));
      case "index":
        return this.indexed(this.value(syntax.object), this.value(syntax.index));
      case "star":
        return this.starred(this.value(syntax.object));
      case "call":
        return this.called(syntax.name, syntax.args);
      case "not": {
        const truth = truthOf(this.value(syntax.operand));
        return truthValue(truth === "yes" ? "no" : truth === "no" ? "yes" : "unknown");
      }
      case "compare": {
        const [left, right] = [this.value(syntax.left), this.value(syntax.right)];
        const exact = lift([left, right], ([a, b]) => compare(syntax.operator, a!, b!));
        return exact ?? comparePartial(syntax.operator, left, right);
      }
      case "and":
        return this.and(syntax.operands);
      case "or":
        return this.or(syntax.operands);
      default:
        return syntax satisfies never;
    }
  }

  private chosen(value: Value): Value {
    if (value.kind !== "one-of") return value;
    const choice = this.choice.get(value);
    if (choice !== undefined) return known(choice);
    this.met.add(value);
    return value;
  }

  /** `&&` gives its first operand that counts as false, or its last. */
  private and([first, ...rest]: readonly Syntax[]): Value {
    const value = this.value(first!);
    const truth = truthOf(value);
    if (rest.length === 0 || truth === "no") return value;
    const after = this.and(rest);
    return truth === "yes" ? after : either(oneOf(falsePart(value)), after);
  }

  /** `||` gives its first operand that counts as true, or its last. */
  private or([first, ...rest]: readonly Syntax[]): Value {
    const value = this.value(first!);
    const truth = truthOf(value);
    if (rest.length === 0 || truth === "yes") return value;
    const after = this.or(rest);
    return truth === "no" ? after : either(withTruth(truePart(value)), after);
  }

  private indexed(object: Value, index: Value): Value {
    if (object.kind === "text") return known(null);
    if (object.kind === "unknown") return unknown;
    if (object.kind === "record" || object.kind === "list") {
      if (index.kind !== "known") return unknown;
      return object.kind === "list" && object.filtered
        ? this.indexedItems(object.items, index)
        : this.chosen(entryOf(object, index.value));
    }
    return lift([object, index], ([o, i]) => indexedKnown(o!, i!)) ?? unknown;
  }

  /** Indexing what `.*` gave: every item is indexed, and those without the key drop out. */
  private indexedItems(items: readonly Value[], index: Value): Value {
    const result: Value[] = [];
    for (const item of items) {
      const found = this.itemEntry(item, index);
      if (found === "open") return unknown;
      if (found) result.push(found);
    }
    return { kind: "list", items: result, filtered: true };
  }

  private itemEntry(item: Value, index: Value): Value | "open" | undefined {
    if (index.kind !== "known") return "open";
    switch (item.kind) {
      case "known":
        return withUndefined(indexedOrAbsent(item.value, index.value));
      case "text":
        return undefined;
      case "record":
      case "list": {
        const found = entryOrAbsent(item, index.value);
        return found === undefined || found === "open" ? found : this.chosen(found);
      }
      case "one-of":
      case "unknown":
        return "open";
      default:
        return item satisfies never;
    }
  }

  private starred(object: Value): Value {
    const filtered = (items: readonly Value[]): Value => ({ kind: "list", items, filtered: true });
    switch (object.kind) {
      case "known":
        return filtered(isObject(object.value) ? Object.values(object.value).map(known) : []);
      case "record":
        return object.open ? unknown : filtered([...object.entries.values()].map((value) => this.chosen(value)));
      case "list":
        return object.filtered
          ? this.starredItems(object.items)
          : filtered(object.items.map((item) => this.chosen(item)));
      case "text":
        return filtered([]);
      case "one-of":
      case "unknown":
        return unknown;
      default:
        return object satisfies never;
    }
  }

  private starredItems(items: readonly Value[]): Value {
    const result: Value[] = [];
    for (const item of items) {
      if (item.kind === "known" && !isObject(item.value)) continue;
      if (item.kind === "text") continue;
      const inner = this.starred(item);
      if (inner.kind !== "list") return unknown;
      result.push(...inner.items);
    }
    return { kind: "list", items: result, filtered: true };
  }

  private called(name: string, args: readonly Syntax[]): Value {
    const status = this.environment.status;
    switch (name) {
      case "always":
        return known(true);
      case "cancelled":
        return status ? this.chosen(status.cancelled) : anyBoolean();
      case "success":
      case "failure":
        // With arguments they ask about certain jobs only, which the status does not tell.
        return status && args.length === 0 ? this.chosen(status[name]) : anyBoolean();
      case "hashfiles":
        return anyText();
      case "case":
        return this.cased(args);
    }
    const values = args.map((arg) => plain(this.value(arg)));
    const apply = knownFunctions.get(name);
    if (!apply) return unknown;
    return lift(values, apply) ?? callPartial(name, values);
  }

  private cased(args: readonly Syntax[]): Value {
    const values = args.map((arg) => this.value(arg));
    let result = values.at(-1)!;
    // From the last pair to the first, so that each predicate chooses between its value and what comes after.
    for (let i = values.length - 3; i >= 0; i -= 2) {
      const truth = decidedOrOpen(values, i);
      result = truth === "yes" ? values[i + 1]! : truth === "no" ? result : either(values[i + 1]!, result);
    }
    return result;
  }
}

/** A predicate behind one that holds is never looked at, so only the first may fail the evaluation. */
function decidedOrOpen(values: readonly Value[], i: number) {
  for (let before = 0; before < i; before += 2) if (decided(values[before]!) === "yes") return "no";
  return decided(values[i]!);
}

/** The result of `or` keeps the fact that it counts as true. */
function withTruth(value: Value): Value {
  return value.kind === "text" ? { kind: "unknown", truth: "yes" } : value;
}

/** A list that is known throughout, as the known list. */
function plain(value: Value): Value {
  if (value.kind !== "list" || !value.items.every((item) => item.kind === "known")) return value;
  return known(value.items.map((item) => item.value));
}

/** Applies a function to every combination of possible values; undefined where there are too many or not all are known. */
function lift(values: readonly Value[], apply: (args: readonly Json[]) => Json): Value | undefined {
  const possible: (readonly Json[])[] = [];
  let count = 1;
  for (const value of values) {
    const each = alternatives(value);
    if (!each) return undefined;
    count *= each.length;
    if (count > MAX_ALTERNATIVES * 4) return undefined;
    possible.push(each);
  }
  const rows = possible.reduce<Json[][]>(
    (rows, each) => rows.flatMap((row) => each.map((value) => [...row, value])),
    [[]],
  );
  return oneOf(rows.map(apply));
}

function indexedKnown(object: Json, index: Json): Json {
  return indexedOrAbsent(object, index) ?? null;
}

function indexedOrAbsent(object: Json, index: Json): Json | undefined {
  if (Array.isArray(object)) {
    const position = toPosition(index);
    return position === undefined ? undefined : (object[position] as Json | undefined);
  }
  if (!isObject(object) || isObject(index)) return undefined;
  return property(object as { readonly [key: string]: Json }, toText(index));
}

function withUndefined(value: Json | undefined): Value | undefined {
  return value === undefined ? undefined : known(value);
}

function entryOf(object: Extract<Value, { kind: "record" | "list" }>, index: Json): Value {
  const found = entryOrAbsent(object, index);
  return found === "open" ? unknown : (found ?? known(null));
}

function entryOrAbsent(object: Extract<Value, { kind: "record" | "list" }>, index: Json): Value | "open" | undefined {
  if (object.kind === "list") {
    const position = toPosition(index);
    return position === undefined ? undefined : object.items[position];
  }
  if (isObject(index)) return undefined;
  return object.entries.get(toText(index).toLowerCase()) ?? (object.open ? "open" : undefined);
}
