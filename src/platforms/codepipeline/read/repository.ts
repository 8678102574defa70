import type { LiteralSecret } from "../../../facts/staged.ts";
import { identity, literal } from "../../../facts/staged.ts";
import type { Finding } from "../../../findings/finding.ts";
import type { SourceFile } from "../../../findings/source.ts";
import type { CodePipeline, KeptResources, PipelineFiles, Scope } from "../pipeline.ts";
import { readBody } from "./body.ts";
import { templateScope } from "./cloudformation/scope.ts";
import { type Resource, Template } from "./cloudformation/template.ts";
import { parse } from "./decode.ts";
import { type FoundFiles, findFiles } from "./find-files.ts";
import { unreadablePipeline } from "./problems.ts";
import { secretsIn, secretsInValues, secretsOfSpec, withoutSecrets } from "./secrets.ts";
import { Configuration, type TerraformResource } from "./terraform/configuration.ts";
import { pipelineOf } from "./terraform/reshape.ts";
import { configurationScope } from "./terraform/scope.ts";
import { child, itemsOf, type Node } from "./tree/node.ts";
import { open, textKey } from "./values.ts";

interface Document {
  readonly source: SourceFile;
  readonly root: Node;
}

/** Reads all pipelines below a folder, or those of one file. Bad contents become `problems`; fails only without a path. */
export async function readPipelines(path: string): Promise<PipelineFiles> {
  return await readFound(findFiles(path));
}

export async function readFound(found: FoundFiles): Promise<PipelineFiles> {
  const reading = new Reading(found);
  const pipelines = reading.pipelines();
  const secrets = pipelines.length + found.unread.length === 0 ? [] : reading.secrets();
  const files = [...new Set(pipelines.map(({ source }) => source.path))].sort();
  const sources = new Map<string, SourceFile>();
  for (const [file, source] of reading.sources) sources.set(file, withoutSecrets(source, secrets));
  return {
    pipelines,
    sources,
    problems: reading.problems,
    secrets,
    files,
    kept: reading.kept(new Set(files)),
    template: (wanted) => reading.template(wanted),
    document: (wanted) => reading.document(wanted),
  };
}

class Reading {
  readonly problems: Finding[] = [];
  readonly sources = new Map<string, SourceFile>();
  private readonly found: FoundFiles;
  private readonly parsed = new Map<string, Document | undefined>();
  private readonly templates: Template[] = [];
  private readonly configurations: Configuration[] = [];
  private readonly definitions: Document[] = [];

  constructor(found: FoundFiles) {
    this.found = found;
    const terraform: Document[] = [];
    for (const source of found.pipelines) {
      const document = this.parse(source, { report: true });
      if (!document) continue;
      if (child(document.root, "Resources")) this.templates.push(new Template(source, document.root));
      else if (isTerraform(document)) terraform.push(document);
      else this.definitions.push(document);
    }
    if (this.templates.length + terraform.length > 0) {
      for (const source of found.beside) {
        const document = this.parse(source, { report: false });
        if (document && child(document.root, "Resources")) this.templates.push(new Template(source, document.root));
        else if (document && isTerraform(document)) terraform.push(document);
      }
    }
    for (const [folder, documents] of byFolder(terraform)) {
      this.configurations.push(new Configuration(folder, documents));
    }
  }

  pipelines(): CodePipeline[] {
    return [
      ...this.templates.flatMap((template) => {
        const resources = template.ofType("AWS::CodePipeline::Pipeline");
        if (resources.length === 0) return [];
        const scope = templateScope(template, this.templates);
        return resources.map((resource) => this.inTemplate(resource, template, scope));
      }),
      ...this.configurations.flatMap((configuration) => {
        const resources = configuration.ofType("aws_codepipeline");
        const scope = resources.length > 0 ? configurationScope(configuration) : undefined;
        return scope ? resources.map((resource) => this.inTerraform(resource, configuration, scope)) : [];
      }),
      ...this.definitions.flatMap((document) => this.asDefinition(document)),
    ];
  }

  private inTemplate(resource: Resource, template: Template, scope: Scope): CodePipeline {
    const body = readBody(resource.properties ?? { kind: "map", entries: [], at: resource.at }, scope);
    this.sources.set(template.source.path, template.source);
    return {
      ...body,
      id: `${template.source.path}#${resource.id}`,
      label: literal(body.name) ?? resource.id,
      source: template.source,
      at: resource.at,
      nameAt: resource.idAt,
      aliases: [...template.aliases(resource), identity([open(template.source.path, `${resource.id}.Arn`)])!],
      scope,
    };
  }

  private inTerraform(resource: TerraformResource, configuration: Configuration, scope: Scope): CodePipeline {
    const body = readBody(pipelineOf(resource.node), scope);
    this.sources.set(resource.source.path, resource.source);
    return {
      ...body,
      id: `${resource.source.path}#${resource.address}`,
      label: literal(body.name) ?? resource.address,
      source: resource.source,
      at: resource.node.at,
      nameAt: resource.nameEntry.keyAt,
      aliases: configuration.aliases(resource, "name"),
      scope,
    };
  }

  /** What `get-pipeline` answers and `create-pipeline` takes. */
  private asDefinition({ source, root }: Document): CodePipeline[] {
    const node = child(root, "pipeline") ?? root;
    const [first] = itemsOf(child(node, "stages"));
    if (!itemsOf(child(first, "actions")).some((action) => child(action, "actionTypeId"))) return [];
    const scope = definitionScope;
    const body = readBody(node, scope);
    const name = child(node, "name");
    this.sources.set(source.path, source);
    const label = literal(body.name) ?? source.path;
    return [
      {
        ...body,
        id: `${source.path}#${label}`,
        label,
        source,
        at: node.at,
        nameAt: name?.at ?? { ...node.at, end: node.at.start + 1 },
        aliases: [label],
        scope,
      },
    ];
  }

  /** Of these files, and of the others of a configuration that one of them belongs to. */
  kept(files: ReadonlySet<string>): KeptResources {
    const templates = this.templates.filter(({ source }) => files.has(source.path));
    const configurations = this.configurations.filter(({ resources }) =>
      resources.some(({ source }) => files.has(source.path)),
    );
    const count = (template: string, terraform: string) =>
      [...templates.map((one) => one.ofType(template)), ...configurations.map((one) => one.ofType(terraform))].flat()
        .length;
    return {
      alarms: count("AWS::CloudWatch::Alarm", "aws_cloudwatch_metric_alarm"),
      dashboards: count("AWS::CloudWatch::Dashboard", "aws_cloudwatch_dashboard"),
      keys: count("AWS::KMS::Key", "aws_kms_key"),
    };
  }

  secrets(): LiteralSecret[] {
    const documents = [...this.parsed.values()].filter((each) => each !== undefined);
    const found = documents.flatMap(({ source, root }) => {
      const isSpec = child(root, "phases") !== undefined;
      const secrets = isSpec ? secretsOfSpec(root) : secretsIn(root, this.textsOf(source));
      if (secrets.length > 0) this.sources.set(source.path, source);
      return secrets;
    });
    const folders = new Set([...this.configurations.map(({ folder }) => folder), ...this.found.unread.map(folderOf)]);
    for (const source of this.found.values) {
      if (!folders.has(folderOf(source.path))) continue;
      const secrets = secretsInValues(source);
      if (secrets.length > 0) this.sources.set(source.path, source);
      found.push(...secrets);
    }
    return found;
  }

  private textsOf(source: SourceFile): Scope["text"] {
    const template = this.templates.find((each) => each.source === source);
    const configuration = this.configurations.find((each) => each.folder === folderOf(source.path));
    if (template) return (node) => template.text(node);
    return configuration && source.path.endsWith(".json") && child(this.parsed.get(source.path)?.root, "resource")
      ? (node) => configuration.text(node)
      : definitionScope.text;
  }

  /** The path is that in the artifact: a build may have moved it, so its end has to do. */
  template(path: string): Document | undefined {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const candidates = [path, `cdk.out/${name}`];
    const beside = this.templates.find(({ source }) => source.path.endsWith(`/${name}`) || source.path === name);
    if (beside) candidates.push(beside.source.path);
    for (const candidate of candidates) {
      const document = this.file(candidate);
      if (document && child(document.root, "Resources")) return document;
    }
    return undefined;
  }

  document(path: string): Node | undefined {
    return this.file(path)?.root;
  }

  private file(path: string): Document | undefined {
    const normal = path.replace(/^\.\//, "");
    if (this.parsed.has(normal)) return this.parsed.get(normal);
    const source = this.found.read(normal);
    const document = source && this.parse(source, { report: false });
    if (!document) this.parsed.set(normal, undefined);
    else this.sources.set(normal, document.source);
    return document;
  }

  private parse(source: SourceFile, { report }: { readonly report: boolean }): Document | undefined {
    const parsed = parse(source);
    const document = parsed.ok ? { source, root: parsed.root } : undefined;
    this.parsed.set(source.path, document);
    // Marks of a template language: this becomes a template only later.
    if (!parsed.ok && report && !/\{\{|\{%|<%/.test(source.text)) {
      this.sources.set(source.path, source);
      this.problems.push(unreadablePipeline(parsed.problem));
    }
    return document;
  }
}

const definitionScope: Scope = {
  text: (node) => {
    if (node?.kind !== "scalar" || node.value === null) return undefined;
    return { key: textKey(String(node.value)), at: node.at };
  },
  list: (node) => ({ items: itemsOf(node), partial: false }),
  projects: [],
  rules: [],
  buckets: [],
  roles: [],
};

function isTerraform({ source, root }: Document): boolean {
  if (source.path.endsWith(".tf.json")) return true;
  return (
    child(root, "format_version") !== undefined &&
    (child(root, "planned_values") ?? child(root, "values")) !== undefined
  );
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "" : path.slice(0, end);
}

/** Files of a folder are one configuration; a plan stands alone. */
function byFolder(documents: readonly Document[]): Map<string, Document[]> {
  const groups = new Map<string, Document[]>();
  for (const document of documents) {
    const { path } = document.source;
    const key = path.endsWith(".tf.json") ? folderOf(path) : path;
    groups.set(key, [...(groups.get(key) ?? []), document]);
  }
  return groups;
}
