import { createHash } from "node:crypto";
import { CannotWrite } from "../../generated.ts";

/** What things are called: one place, so that who writes a value and who reads it agree. */

/** Names that are not taken yet; one that is gets a number. */
export class Names {
  readonly #taken = new Set<string>();
  readonly #known = new Map<string, string>();

  /** The same `thing` gets the same name again. */
  of(thing: string, wanted: string): string {
    const known = this.#known.get(thing);
    if (known !== undefined) return known;
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}${count}`;
    this.#taken.add(name);
    this.#known.set(thing, name);
    return name;
  }
}

/** `site-bucket`, `prod` becomes `SiteBucketProd`: a logical id. */
export const pascal = (...words: readonly string[]): string =>
  words
    .flatMap((word) => word.split(/[^A-Za-z0-9]+/))
    .filter((word) => word !== "")
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join("");

/** `events.amazonaws.com` becomes `FromEvents`: the name of a statement. */
export const publisherSid = (service: string): string => pascal("from", service.split(".")[0]!);

/** `SiteBucketProd` becomes `site-bucket-prod`. */
export const kebab = (id: string): string =>
  id.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "-").toLowerCase();

/** The same for the same name, never longer; what had to be cut is told apart by a hash of the whole. */
export const within = (limit: number, name: string): string =>
  name.length <= limit
    ? name
    : `${name.slice(0, limit - 9)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;

/**
 * Names of roles, by their logical ids: known without creating them, because roles of other accounts name them. With another
 * path a role is another one, and CloudFormation makes no second one of the same name before the first is gone.
 */
export function roleNames(delivery: string, { rolePath }: { readonly rolePath: string }): (id: string) => string {
  const known = new Map<string, string>();
  const end = rolePath === "/" ? "" : `-${createHash("sha256").update(rolePath).digest("hex").slice(0, 6)}`;
  return (id) => {
    const name = `${within(64 - end.length, `${delivery}-${kebab(id)}`)}${end}`;
    const other = known.get(name);
    if (other !== undefined && other !== id)
      throw new CannotWrite(`the roles ${other} and ${id} would both be called ${name}`, "rename one of the jobs");
    known.set(name, id);
    return name;
  };
}

/** `web.dist` becomes `web_dist`: usable in variables of a shell. */
export const snake = (...words: readonly string[]): string => words.join("_").replaceAll(/[^A-Za-z0-9]/g, "_");

/** Absolute place of an output in Parameter Store, one value for each run below it. */
export const outputPath = (place: {
  prefix: string;
  environment: string | undefined;
  pipeline: string;
  output: string;
}) => `/${place.prefix}/${place.environment ?? "release"}/${place.pipeline}/${place.output}`;

/** Name of a secret in Secrets Manager. */
export const secretName = (place: { prefix: string; environment: string | undefined; secret: string }) =>
  [place.prefix, place.environment, place.secret].filter((part) => part !== undefined).join("/");

/** Joins paths below the source; `.` and empty parts vanish, `..` is resolved. */
export function path(...parts: readonly string[]): string {
  const names: string[] = [];
  for (const name of parts.join("/").split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names.join("/");
}
