import type { Place, SourceFile } from "../../../findings/source.ts";
import { parseJson } from "./tree/json.ts";
import type { Node, Parsed, Stretch } from "./tree/node.ts";
import { parseYaml } from "./tree/yaml.ts";

/** CloudFormation takes templates of at most 1 MB; a plan of Terraform may be longer. Bytes. */
export const MAX_FILE_SIZE = 4 * 1024 * 1024;

/** Text of UTF-8 bytes; undefined for anything else. */
export function decode(path: string, bytes: Uint8Array): SourceFile | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const byteOrderMark = text.startsWith("\uFEFF");
    return { path, text: byteOrderMark ? text.slice(1) : text, byteOrderMark };
  } catch {
    return undefined;
  }
}

/** Parses by content: what begins like JSON is JSON, the rest YAML. */
export function parse(source: SourceFile): Parsed {
  if (!/^\s*[{[]/.test(source.text)) return parseYaml(source);
  const json = parseJson(source);
  if (json.ok || /\.json$/i.test(source.path)) return json;
  // A template in flow style.
  const yaml = parseYaml(source);
  return yaml.ok ? yaml : json;
}

/** A document inside of a scalar, such as a buildspec in a template. What has no place of its own has that of the scalar. */
export function parseEmbedded(text: string, holder: Node): Node | undefined {
  const inner: SourceFile = { path: holder.at.source.path, text, byteOrderMark: false };
  const parsed = parse(inner);
  const stretches = (holder.kind === "scalar" ? holder.stretches : undefined) ?? [];
  return parsed.ok ? moved(parsed.root, (at) => placeIn(stretches, at) ?? holder.at) : undefined;
}

/** From where the first of it stands to the end of that stretch, or of what it is. */
function placeIn(stretches: readonly Stretch[], { start, end }: Place): Place | undefined {
  const found = stretches.findLast(({ offset }) => offset <= start);
  if (!found) return undefined;
  const length = found.at.end - found.at.start;
  const from = start - found.offset;
  return from < length
    ? { ...found.at, start: found.at.start + from, end: found.at.start + Math.min(end - found.offset, length) }
    : undefined;
}

function moved(node: Node, place: (at: Place) => Place): Node {
  const at = place(node.at);
  switch (node.kind) {
    case "scalar":
      return { ...node, at };
    case "list":
      return { kind: "list", items: node.items.map((item) => moved(item, place)), at };
    case "map": {
      const entries = node.entries.map(({ key, keyAt, value }) => ({
        key,
        keyAt: place(keyAt),
        value: moved(value, place),
      }));
      return { kind: "map", entries, at };
    }
    default:
      return node satisfies never;
  }
}
