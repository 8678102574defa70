/** Conditions as facts: what they read, and the tests on the ref that started the run. */

import type { Circumstances, ConditionFacts, RefTest, Truth } from "../../../facts/facts.ts";
import { pathOf, walk } from "../read/expressions/parse.ts";
import type { Condition, Syntax } from "../workflow.ts";
import { type AbstractValue, known, type Surroundings, truthyChance } from "./abstract-value.ts";
import { pathsRead } from "./values.ts";

/** The value of a condition when one node of it is supposed to have this value. */
export type ConditionValue = (under: Circumstances, supposed: Surroundings["supposed"]) => AbstractValue;

export function conditionFacts(condition: Condition | undefined, value: ConditionValue): ConditionFacts | undefined {
  if (!condition) return undefined;
  const { expression } = condition;
  return {
    text: condition.raw.trim().replace(/\s+/g, " "),
    at: condition.at,
    overridesSuccess: condition.hasStatusFunction,
    refTests: expression.kind === "expression" ? refTests(expression.syntax, condition, value) : [],
    reads: expression.kind === "expression" ? pathsRead(expression.syntax) : [],
    expressionAt: condition.at,
  };
}

const refPaths = new Set(["github.ref", "github.ref_name"]);

function refTests(syntax: Syntax, condition: Condition, value: ConditionValue): RefTest[] {
  const tests: RefTest[] = [];
  for (const node of walk(syntax)) {
    const found = refTest(node);
    if (!found) continue;
    tests.push({
      text: found.text,
      name: found.name,
      at: condition.at,
      decides: (under) => {
        const holding = truthyChance(value(under, { node, value: known(true) }));
        const failing = truthyChance(value(under, { node, value: known(false) }));
        return holding !== failing && (holding === 0 || failing === 0);
      },
      holdsFor: (branch): Truth => (found.name === undefined ? "unknown" : found.holds(branch) ? "yes" : "no"),
    });
  }
  return tests;
}

interface FoundTest {
  readonly text: string;
  readonly name: string | undefined;
  holds(branch: string): boolean;
}

function refTest(node: Syntax): FoundTest | undefined {
  if (node.kind === "compare" && (node.operator === "==" || node.operator === "!=")) {
    const left = refPath(node.left);
    const right = refPath(node.right);
    const other = left ? node.right : node.left;
    const path = left ?? right;
    if (!path || (left && right)) return undefined;
    const text = other.kind === "literal" && typeof other.value === "string" ? other.value : undefined;
    const equal = node.operator === "==";
    return {
      text: `${path} ${node.operator} ${text === undefined ? "…" : `'${text}'`}`,
      name: text?.replace(/^refs\/(heads|tags)\//, ""),
      holds: (branch) => (text?.toLowerCase() === form(path, branch).toLowerCase()) === equal,
    };
  }
  if (node.kind === "call" && (node.name === "startswith" || node.name === "endswith" || node.name === "contains")) {
    const [searched, item] = node.args;
    const path = searched && refPath(searched);
    if (!path || item?.kind !== "literal" || typeof item.value !== "string") return undefined;
    const text = item.value;
    const written = node.name === "contains" ? "contains" : node.name === "startswith" ? "startsWith" : "endsWith";
    return {
      text: `${written}(${path}, '${text}')`,
      name: text.replace(/^refs\/(heads|tags)\//, ""),
      holds: (branch) => {
        const ref = form(path, branch).toLowerCase();
        const wanted = text.toLowerCase();
        if (node.name === "contains") return ref.includes(wanted);
        return node.name === "startswith" ? ref.startsWith(wanted) : ref.endsWith(wanted);
      },
    };
  }
  return undefined;
}

function form(path: string, branch: string): string {
  return path === "github.ref_name" ? branch : `refs/heads/${branch}`;
}

function refPath(node: Syntax): string | undefined {
  const path = pathOf(node)?.join(".");
  return path !== undefined && refPaths.has(path) ? path : undefined;
}
