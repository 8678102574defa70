/** A CloudFormation template: its resources, and what its intrinsic functions stand for as far as it tells. */

import type { Key, KeyPart } from "../../../../facts/access.ts";
import { identity, type Written } from "../../../../facts/written.ts";
import type { Place, SourceFile } from "../../../../findings/source.ts";
import { child, entriesOf, entry, itemsOf, type Node, plainText } from "../tree/node.ts";
import { joined, open, sameKey, textKey, unknownKey } from "../values.ts";

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Node | undefined;
  readonly at: Place;
  readonly idAt: Place;
}

/** Properties that hold the name by which `Ref` means a resource. */
const nameProperties: Readonly<Record<string, string>> = {
  "AWS::CodePipeline::Pipeline": "Name",
  "AWS::CodeBuild::Project": "Name",
  "AWS::S3::Bucket": "BucketName",
  "AWS::Lambda::Function": "FunctionName",
  "AWS::Serverless::Function": "FunctionName",
  "AWS::SSM::Parameter": "Name",
  "AWS::CodeCommit::Repository": "RepositoryName",
  "AWS::IAM::Role": "RoleName",
  "AWS::SNS::Topic": "TopicName",
};

/** Functions that name each other in a circle, or lists in lists without end, stop here. */
const MAX_DEPTH = 24;

export class Template {
  readonly source: SourceFile;
  readonly root: Node;
  readonly resources: readonly Resource[];
  private readonly byId = new Map<string, Resource>();

  constructor(source: SourceFile, root: Node) {
    this.source = source;
    this.root = root;
    this.resources = entriesOf(child(root, "Resources")).flatMap(({ key, keyAt, value }) => {
      const type = plainText(child(value, "Type"));
      return type ? [{ id: key, type, properties: child(value, "Properties"), at: value.at, idAt: keyAt }] : [];
    });
    for (const resource of this.resources) this.byId.set(resource.id, resource);
  }

  ofType(type: string): Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  resource(id: string): Resource | undefined {
    return this.byId.get(id);
  }

  /** What a value is as text; undefined where nothing is written, or a map or list stands there. */
  text(node: Node | undefined): Written | undefined {
    if (!node || isNoValue(node)) return undefined;
    const key = this.key(node, 0);
    return key && { key, at: node.at };
  }

  /** Items of a list; of a choice the items of both sides. */
  list(node: Node | undefined): { readonly items: readonly Node[]; readonly partial: boolean } {
    return this.items(node, 0);
  }

  private items(node: Node | undefined, depth: number): { items: Node[]; partial: boolean } {
    if (!node || isNoValue(node)) return { items: [], partial: false };
    if (depth > MAX_DEPTH) return { items: [], partial: true };
    const choice = child(node, "Fn::If");
    if (choice) {
      const sides = itemsOf(choice).slice(1);
      return { items: sides.flatMap((side) => this.items(side, depth + 1).items), partial: true };
    }
    if (node.kind === "list") {
      let partial = false;
      const items = node.items.flatMap((item) => {
        if (!child(item, "Fn::If")) return isNoValue(item) ? [] : [item];
        partial = true;
        return itemsOf(child(item, "Fn::If"))
          .slice(1)
          .filter((side) => !isNoValue(side));
      });
      return { items, partial };
    }
    // A function, or a loop of a transform: what comes of it is not here.
    if (node.kind === "map" && isFunction(node)) return { items: [], partial: true };
    return { items: [node], partial: false };
  }

  /** Names by which other parts of the files mean the resource. */
  aliases({ id, type, properties }: Resource): string[] {
    const property = nameProperties[type];
    const name = property ? this.text(child(properties, property)) : undefined;
    const written = name ? identity(name.key) : undefined;
    return [identity([open(this.source.path, id)])!, ...(written === undefined ? [] : [written])];
  }

  private key(node: Node, depth: number): Key | undefined {
    if (depth > MAX_DEPTH) return unknownKey("…");
    if (node.kind === "scalar") return textKey(plainText(node) ?? "");
    if (node.kind === "list") return undefined;
    const [only] = node.entries;
    if (!only || node.entries.length > 1) return undefined;
    return this.called(only.key, only.value, depth + 1);
  }

  private called(name: string, value: Node, depth: number): Key | undefined {
    switch (name) {
      case "Ref":
        return this.reference(plainText(value) ?? "", depth);
      case "Fn::GetAtt": {
        const path = itemsOf(value).map((item) => plainText(item) ?? "?");
        if (path.length < 2) return unknownKey(plainText(value) ?? name);
        return [open(this.source.path, path.join("."))];
      }
      case "Fn::Sub":
        return this.substituted(value, depth);
      case "Fn::Join": {
        const [separator, list] = itemsOf(value);
        if (list?.kind !== "list") return unknownKey(name);
        const parts = list.items.map((item) => this.key(item, depth) ?? unknownKey(name));
        const between = textKey(plainText(separator) ?? "");
        return joined(parts.flatMap((part, i) => (i === 0 ? part : [...between, ...part])));
      }
      case "Fn::If": {
        const [, yes, no] = itemsOf(value);
        const sides = [yes, no].map((side) => side && this.key(side, depth));
        return sides[0] && sides[1] && sameKey(sides[0], sides[1]) ? sides[0] : unknownKey(name);
      }
      case "Fn::FindInMap": {
        const path = itemsOf(value).map((item) => plainText(item));
        if (path.length < 3 || path.some((part) => part === undefined)) return unknownKey(name);
        const found = child(this.root, "Mappings", ...(path as string[]));
        return found ? this.key(found, depth) : unknownKey(name);
      }
      case "Fn::ImportValue": {
        const imported = this.key(value, depth);
        const whose = imported && identity(imported);
        return whose === undefined ? unknownKey(name) : [{ kind: "expression", text: `import#${whose}` }];
      }
      default:
        return name.startsWith("Fn::") ? unknownKey(name) : undefined;
    }
  }

  private reference(id: string, depth: number): Key {
    // Each template is a stack of its own.
    if (id === "AWS::StackName" || id === "AWS::StackId") return [open(this.source.path, id)];
    if (id.startsWith("AWS::")) return [{ kind: "expression", text: `#${id}` }];
    const resource = this.byId.get(id);
    if (resource) {
      const property = nameProperties[resource.type];
      const name = property ? child(resource.properties, property) : undefined;
      const key = name && this.key(name, depth);
      return key && identity(key) !== undefined ? key : [open(this.source.path, id)];
    }
    const parameter = child(this.root, "Parameters", id);
    const fallback = plainText(child(parameter, "Default"));
    const type = plainText(child(parameter, "Type")) ?? "";
    const isSecret = plainText(child(parameter, "NoEcho")) === "true";
    // The default of a parameter that is looked up is the name of a stored value, not the value.
    if (fallback && !isSecret && !type.startsWith("AWS::SSM::Parameter")) return textKey(fallback);
    return [open(this.source.path, id)];
  }

  private substituted(value: Node, depth: number): Key {
    const [pattern, given] = value.kind === "list" ? value.items : [value, undefined];
    const text = plainText(pattern) ?? "";
    const parts: KeyPart[] = [];
    let from = 0;
    for (const match of text.matchAll(/\$\{(!?)([^}]*)\}/g)) {
      parts.push({ kind: "text", text: text.slice(from, match.index) });
      from = match.index + match[0].length;
      const name = match[2]!.trim();
      const own = entry(given, name)?.value;
      if (match[1]) parts.push({ kind: "text", text: `\${${name}}` });
      else if (own) parts.push(...(this.key(own, depth) ?? unknownKey(name)));
      else if (name.includes(".")) parts.push(open(this.source.path, name));
      else parts.push(...this.reference(name, depth));
    }
    return joined([...parts, { kind: "text", text: text.slice(from) }]);
  }
}

function isNoValue(node: Node): boolean {
  return plainText(child(node, "Ref")) === "AWS::NoValue";
}

function isFunction(node: Node): boolean {
  const [only, ...rest] = entriesOf(node);
  return only !== undefined && rest.length === 0 && /^(Ref$|Fn::)/.test(only.key);
}
