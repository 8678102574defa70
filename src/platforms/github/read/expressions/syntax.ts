/**
 * The syntax tree of a GitHub expression, as plain data.
 *
 * Parsed by GitHub's own grammar (`@actions/expressions`) and copied into a closed union, so that whoever walks it is
 * told by the compiler about a node it forgot.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type Syntax =
  | { readonly kind: "literal"; readonly value: null | boolean | number | string }
  /** A context by name, e.g. `github`. Names are lower case: contexts are found regardless of case. */
  | { readonly kind: "context"; readonly name: string }
  /** `object.key` and `object['key']` alike. */
  | { readonly kind: "index"; readonly object: Syntax; readonly index: Syntax }
  /** The object filter `object.*`. */
  | { readonly kind: "star"; readonly object: Syntax }
  /** A function call; `name` in lower case. */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Syntax[] }
  | { readonly kind: "not"; readonly operand: Syntax }
  | {
      readonly kind: "compare";
      readonly operator: ComparisonOperator;
      readonly left: Syntax;
      readonly right: Syntax;
    }
  | { readonly kind: "and"; readonly operands: readonly Syntax[] }
  | { readonly kind: "or"; readonly operands: readonly Syntax[] };
