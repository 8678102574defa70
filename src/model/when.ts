import type { ConditionInput, ParameterHandle, Scalar } from "./authored.ts";
import type { EventName } from "./delivery.ts";

type Atom<Key extends "environment" | "branch" | "event", Name extends string> = {
  readonly [K in Key]: readonly Name[];
};

/** Conditions of jobs and steps. A list of names holds when any of them does. */
export const when = {
  /** In one of these environments. A name that the delivery does not have is a compile-time error at `delivery(...)`. */
  environment<const Name extends string>(...names: Name[]): Atom<"environment", Name> {
    return { environment: names };
  },
  /** On a branch that matches one of these GitHub globs. */
  branch(...globs: string[]): Atom<"branch", string> {
    return { branch: globs };
  },
  event(...names: EventName[]): Atom<"event", EventName> {
    return { event: names };
  },
  parameter(parameter: ParameterHandle, equals: Scalar): { readonly parameter: string; readonly equals: Scalar } {
    return { parameter: parameter.parameter, equals };
  },
  variable(variable: string, equals: Scalar): { readonly variable: string; readonly equals: Scalar } {
    return { variable, equals };
  },
  all<const Name extends string = never>(...conditions: ConditionInput<Name>[]): ConditionInput<Name> {
    return { all: conditions };
  },
  any<const Name extends string = never>(...conditions: ConditionInput<Name>[]): ConditionInput<Name> {
    return { any: conditions };
  },
  not<const Name extends string = never>(condition: ConditionInput<Name>): ConditionInput<Name> {
    return { not: condition };
  },
};
