/** What the template of a stack hands over to others and takes from them, and which named things it makes. */

import type { Access } from "../../../facts/access.ts";
import { identity, literal } from "../../../facts/written.ts";
import type { Place, SourceFile } from "../../../findings/source.ts";
import { resourceAccess } from "../../../shell/rows.ts";
import { Template } from "../read/cloudformation/template.ts";
import { child, entriesOf, type Node, plainText, walk } from "../read/tree/node.ts";

export interface StackFacts {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly made: readonly Access[];
}

const made = {
  "AWS::SSM::Parameter": { resource: "parameter", name: "Name", effect: "hand-off" },
  "AWS::S3::Bucket": { resource: "bucket", name: "BucketName", effect: "deploy" },
  "AWS::Lambda::Function": { resource: "function", name: "FunctionName", effect: "deploy" },
} as const;

/** `at` is where the pipeline names the template. */
export function stackFacts({ root, source }: { root: Node; source: SourceFile }, at: Place): StackFacts {
  const template = new Template(source, root);
  const imports = new Set<string>();
  for (const node of walk(root)) {
    const imported = child(node, "Fn::ImportValue");
    const name = imported && template.text(imported);
    const whose = name && identity(name.key);
    if (whose !== undefined) imports.add(whose);
  }
  const exports = entriesOf(child(root, "Outputs")).flatMap(({ value }) => {
    const name = template.text(child(value, "Export", "Name"));
    const whose = name && identity(name.key);
    return whose === undefined ? [] : [whose];
  });
  const things = template.resources.flatMap(({ type, properties }): Access[] => {
    const kind = made[type as keyof typeof made];
    const name = kind && literal(template.text(child(properties, kind.name)));
    if (!kind || !name || plainText(child(properties, kind.name)) === undefined) return [];
    const key = [{ kind: "text", text: name } as const];
    const { resource, effect } = kind;
    return [resourceAccess({ tool: "CloudFormation", resource, key, mode: "write", effect, at })];
  });
  return { imports: [...imports], exports, made: things };
}
