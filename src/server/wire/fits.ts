/** Holds the schemas of the wire against the views that they stand for, when types are checked. */

import type { z } from "zod";

/** Where a shape has what: `.runs[].run`, `.deployed*`. */
type Paths<T> = T extends string | number | boolean | undefined
  ? ""
  : T extends readonly (infer Element)[]
    ? `[]${Paths<Element>}`
    : {
        [Key in keyof T & string]: string extends Key ? `*${Paths<T[Key]>}` : `.${Key}` | `.${Key}${Paths<T[Key]>}`;
      }[keyof T & string];

/** What a view has and its schema does not name. Every value of the view must be one of the schema. */
export type Missing<Schema extends z.ZodType, View extends z.input<Schema>> = Exclude<
  Paths<View>,
  Paths<z.input<Schema>>
>;

/** A view that changes without the wire is a type error where its schema stands. */
export type Nothing<Names extends never> = Names;
