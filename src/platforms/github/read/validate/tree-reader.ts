import type { ObjectReader } from "@actions/workflow-parser/templates/object-reader";
import { EventType, ParseEvent } from "@actions/workflow-parser/templates/parse-event";
import {
  BooleanToken,
  type LiteralToken,
  MappingToken,
  NullToken,
  NumberToken,
  SequenceToken,
  StringToken,
} from "@actions/workflow-parser/templates/tokens/index";
import type { TokenRange } from "@actions/workflow-parser/templates/tokens/token-range";
import { type Place, positionOf } from "../../../../findings/source.ts";
import { scalarText, type YamlNode, type YamlScalar } from "../yaml/node.ts";

/** Feeds GitHub's validator from the tree that is already parsed, so that no file is parsed twice. */
export class TreeReader implements ObjectReader {
  private readonly events: Generator<ParseEvent, void>;
  private readonly fileId: number;
  private current: IteratorResult<ParseEvent, void>;

  constructor(fileId: number, root: YamlNode) {
    this.fileId = fileId;
    this.events = this.document(root);
    this.current = this.events.next();
  }

  allowLiteral(): LiteralToken | undefined {
    return this.take(EventType.Literal)?.token as LiteralToken | undefined;
  }

  allowSequenceStart(): SequenceToken | undefined {
    return this.take(EventType.SequenceStart)?.token as SequenceToken | undefined;
  }

  allowSequenceEnd(): boolean {
    return this.take(EventType.SequenceEnd) !== undefined;
  }

  allowMappingStart(): MappingToken | undefined {
    return this.take(EventType.MappingStart)?.token as MappingToken | undefined;
  }

  allowMappingEnd(): boolean {
    return this.take(EventType.MappingEnd) !== undefined;
  }

  validateStart(): void {
    if (!this.take(EventType.DocumentStart)) throw new Error("Expected start of reader");
  }

  validateEnd(): void {
    if (!this.take(EventType.DocumentEnd)) throw new Error("Expected end of reader");
  }

  private take(type: EventType): ParseEvent | undefined {
    if (this.current.done || this.current.value.type !== type) return undefined;
    const event = this.current.value;
    this.current = this.events.next();
    return event;
  }

  private *document(root: YamlNode): Generator<ParseEvent, void> {
    yield new ParseEvent(EventType.DocumentStart, undefined);
    yield* this.node(root);
    yield new ParseEvent(EventType.DocumentEnd, undefined);
  }

  private *node(node: YamlNode): Generator<ParseEvent, void> {
    switch (node.kind) {
      case "scalar":
        yield new ParseEvent(EventType.Literal, this.literal(node));
        return;
      case "sequence":
        yield new ParseEvent(EventType.SequenceStart, new SequenceToken(this.fileId, rangeOf(node.at), undefined));
        for (const item of node.items) yield* this.node(item);
        yield new ParseEvent(EventType.SequenceEnd, undefined);
        return;
      case "map":
        yield new ParseEvent(EventType.MappingStart, new MappingToken(this.fileId, rangeOf(node.at), undefined));
        for (const { key, value } of node.entries) {
          const name = new StringToken(this.fileId, rangeOf(key.at), scalarText(key), undefined);
          yield new ParseEvent(EventType.Literal, name);
          yield* this.node(value);
        }
        yield new ParseEvent(EventType.MappingEnd, undefined);
        return;
      default:
        node satisfies never;
    }
  }

  private literal(scalar: YamlScalar): LiteralToken {
    const { value, at } = scalar;
    const range = rangeOf(at);
    if (value === null) return new NullToken(this.fileId, range, undefined);
    if (typeof value === "number") return new NumberToken(this.fileId, range, value, undefined);
    if (typeof value === "boolean") return new BooleanToken(this.fileId, range, value, undefined);
    return new StringToken(this.fileId, range, value, undefined, writtenText(scalar));
  }
}

/** The scalar as it stands in the file, which the validator needs to place errors in text of several lines. */
function writtenText({ at, style }: YamlScalar): string {
  const { text } = at.source;
  if (style !== "block") return text.slice(at.start, at.end);
  const firstLineEnd = text.indexOf("\n", at.start);
  return firstLineEnd < 0 ? "" : text.slice(firstLineEnd + 1, at.end);
}

function rangeOf({ source, start, end }: Place): TokenRange {
  return { start: positionOf(source, start), end: positionOf(source, end) };
}
