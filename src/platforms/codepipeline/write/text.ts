/**
 * Text of a template with places that only AWS, or who creates the stack, can fill in. Each format writes the places in
 * its own way: `${AWS::Region}`, `${data.aws_region.current.id}`.
 */

export type Reference =
  | { readonly pseudo: "partition" | "region" | "account" }
  | { readonly parameter: string }
  /** `id` is that of a resource of the same document. The ARN of a log group is that of all in it, with `:*` at its end. */
  | { readonly of: string; readonly attribute: "name" | "arn" };

export type Text = string | readonly (string | Reference)[];

export const partition: Reference = { pseudo: "partition" };
export const region: Reference = { pseudo: "region" };
export const account: Reference = { pseudo: "account" };
export const parameter = (name: string): Reference => ({ parameter: name });
export const arnOf = (id: string): Reference => ({ of: id, attribute: "arn" });
export const nameOf = (id: string): Reference => ({ of: id, attribute: "name" });

/** text`arn:${partition}:s3:::${nameOf("Bucket")}`; strings and texts are joined in. */
export function text(strings: TemplateStringsArray, ...values: readonly (Reference | Text)[]): Text {
  const parts: (string | Reference)[] = [];
  const add = (part: string | Reference) => {
    const last = parts.at(-1);
    if (typeof part === "string" && typeof last === "string") parts[parts.length - 1] = last + part;
    else if (part !== "") parts.push(part);
  };
  strings.forEach((string, index) => {
    add(string);
    const value = values[index];
    if (value === undefined) return;
    if (isList(value)) for (const part of value) add(part);
    else add(value);
  });
  return parts.length === 1 && typeof parts[0] === "string" ? parts[0] : parts;
}

/** The same, with what is known of a reference in its place. */
export const replaced = (whole: Text, known: (reference: Reference) => Text | undefined): Text =>
  typeof whole === "string"
    ? whole
    : whole.reduce<Text>((all, part) => text`${all}${isReference(part) ? (known(part) ?? part) : part}`, "");

/** `arn:aws:ssm:eu-central-1:123456789012:parameter/x`, of the given account and region. */
export const arnIn = (scope: { account: Text; region: Text }, service: string, resource: Text): Text =>
  text`arn:${partition}:${service}:${scope.region}:${scope.account}:${resource}`;

/** `arn:aws:ssm:eu-central-1:123456789012:parameter/x`, of this account and region. */
export const localArn = (service: string, resource: Text): Text =>
  text`arn:${partition}:${service}:${region}:${account}:${resource}`;

export function isText(value: unknown): value is Text {
  if (typeof value === "string") return true;
  return (
    Array.isArray(value) &&
    value.some(isReference) &&
    value.every((part) => typeof part === "string" || isReference(part))
  );
}

export function isReference(value: unknown): value is Reference {
  if (typeof value !== "object" || value === null) return false;
  const keys = Object.keys(value);
  return keys.length === 1 ? keys[0] === "pseudo" || keys[0] === "parameter" : keys.join() === "of,attribute";
}

function isList(value: Reference | Text): value is readonly (string | Reference)[] {
  return Array.isArray(value);
}
