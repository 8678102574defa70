import fc from "fast-check";
import type { Environment } from "../../src/model/delivery.ts";

const names = ["dev", "test", "stage", "prod"];

/** Up to four environments, each after some of the earlier ones, written in any order. */
export const environments: fc.Arbitrary<Environment[]> = fc
  .array(
    fc.record({
      branch: fc.constantFrom(undefined, undefined, "main", "main", "develop", "release/*", "**"),
      after: fc.array(fc.nat(2), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: names.length },
  )
  .map((parts) =>
    parts.map(({ branch, after }, index) => ({
      name: names[index]!,
      after: [...new Set(after)].filter((before) => before < index).map((before) => names[before]!),
      variables: {},
      ...(branch === undefined ? {} : { branch }),
    })),
  )
  .chain((made) => fc.shuffledSubarray(made, { minLength: made.length, maxLength: made.length }));
