/** A team's own additions to a module, in the words of Terraform. */

import { isPatch, merged, mergedList, notThere, type Patch, type Values } from "../overlay/merge.ts";
import { overlaidComment, type Patches } from "../overlay/overlay.ts";
import { type Block, Call, Expression, type HclValue, Template } from "./hcl.ts";

/** @throws {CannotWrite} for what is not there: what is new goes into a file of the team's own, beside these. */
export function withOverlay(files: ReadonlyMap<string, readonly Block[]>, patches: Patches): Map<string, Block[]> {
  const left = new Set(Object.keys(patches));
  const laid = [...files].map(
    ([path, blocks]) =>
      [
        path,
        blocks.map((block) => {
          const address = addressOf(block);
          if (!left.delete(address)) return block;
          const { comment = [] } = block;
          return over({ ...block, comment: [...comment, overlaidComment] }, patches[address]!, address);
        }),
      ] as const,
  );
  const [strange] = left;
  if (strange === undefined) return new Map(laid);
  const known = [...files.values()].flatMap((blocks) => blocks.map(addressOf)).filter((address) => address !== "");
  throw notThere(`there is no ${strange}; a resource of your own goes into a file of your own`, strange, known);
}

/** `aws_codebuild_project.web_build`; empty for what is no resource. */
const addressOf = ({ type, labels = [] }: Block) => (type === "resource" ? labels.join(".") : "");

/**
 * As in Terraform's JSON: texts may hold `${…}`, an object is laid over a block of that name or is a map, a list of objects is one
 * block each.
 */
function over(block: Block, patch: Patch, where: string): Block {
  const attributes: Record<string, HclValue | undefined> = { ...block.attributes };
  let blocks = [...(block.blocks ?? [])];
  for (const [key, value] of Object.entries(patch)) {
    const at = `${where}.${key}`;
    const own = blocks.filter(({ type }) => type === key);
    if (value === null) {
      delete attributes[key];
      blocks = blocks.filter(({ type }) => type !== key);
    } else if (own.length === 1 && isPatch(value)) {
      const laid = over(own[0]!, value, at);
      blocks = blocks.map((one) => (one === own[0] ? laid : one));
    } else if (isListOfPatches(value)) {
      const place = blocks.findIndex(({ type }) => type === key);
      const isNamed =
        value.every(({ name }) => name !== undefined) && own.every(({ attributes: a }) => a?.name !== undefined);
      const made = (one: Patch) => over({ type: key }, one, at);
      const list = isNamed
        ? mergedList(own, value, {
            key: "name",
            values,
            where: at,
            nameOf: ({ attributes: a }) => a?.name,
            mergeOne: over,
            made,
          })
        : value.map(made);
      const others = blocks.filter(({ type }) => type !== key);
      blocks = place === -1 ? [...others, ...list] : [...others.slice(0, place), ...list, ...others.slice(place)];
    } else {
      const before = attributes[key];
      attributes[key] =
        before instanceof Call && isPatch(value)
          ? new Call(before.name, merged(before.argument, value, { values, where: at }) as HclValue)
          : (merged(before, value, { values, where: at }) as HclValue);
    }
  }
  return { ...block, attributes, blocks };
}

const isListOfPatches = (value: unknown): value is readonly Patch[] =>
  Array.isArray(value) && value.length > 0 && value.every(isPatch);

const values: Values = {
  isWhole: (value) => value instanceof Call || value instanceof Expression || value instanceof Template,
  written,
};

/** `"${var.size}"` is the expression, `"web-${var.size}"` a text with one. */
function written(value: unknown): HclValue {
  if (Array.isArray(value)) return value.map(written);
  if (isPatch(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, written(one)]));
  if (typeof value !== "string") return value as HclValue;
  const pieces = value.split(/(\$\{[^}]*\})/).filter((piece) => piece !== "");
  const parts = pieces.map((piece) => (piece.startsWith("${") ? new Expression(piece.slice(2, -1).trim()) : piece));
  if (parts.every((part) => typeof part === "string")) return value;
  return parts.length === 1 ? (parts[0] as Expression) : new Template(parts);
}
