import type { LiteralSecret } from "../../../facts/facts.ts";
import { identity, literal } from "../../../facts/written.ts";
import type { Finding } from "../../../findings/finding.ts";
import type { SourceFile } from "../../../findings/source.ts";
import type { CodePipeline, KeptResources, PipelineFiles, ValueScope } from "../pipeline.ts";
import { readBody } from "./body.ts";
import { templateScope } from "./cloudformation/scope.ts";
import { type Resource, Template } from "./cloudformation/template.ts";
import { parse } from "./decode.ts";
import { type FoundFiles, findFiles } from "./find-files.ts";
import { unreadablePipeline, unreadableTerraform } from "./problems.ts";
import { raw, secretsIn, secretsInValues, secretsOfSpec, withoutSecrets } from "./secrets.ts";
import { type Configuration, plannedConfiguration, type TerraformResource } from "./terraform/configuration.ts";
import type { TerraformFiles } from "./terraform/read-configurations.ts";
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
  const terraform = found.terraform.length > 0 ? await readTerraform(found) : noTerraform;
  const reading = new Reading(found, terraform);
  const pipelines = reading.pipelines();
  const secrets = pipelines.length + found.terraform.length === 0 ? [] : reading.secrets();
  for (const source of terraform.sources) reading.sources.set(source.path, source);
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

const noTerraform: TerraformFiles = { configurations: [], sources: [], written: [], problems: [] };

/** Loaded only where there is something for it to read: its parser is larger than all of this. */
async function readTerraform(found: FoundFiles): Promise<TerraformFiles> {
  const { readConfigurations } = await import("./terraform/read-configurations.ts");
  return await readConfigurations(found);
}

class Reading {
  readonly problems: Finding[] = [];
  readonly sources = new Map<string, SourceFile>();
  private readonly found: FoundFiles;
  private readonly parsed = new Map<string, Document | undefined>();
  private readonly templates: Template[] = [];
  private readonly configurations: Configuration[] = [];
  private readonly definitions: Document[] = [];
  private readonly terraform: TerraformFiles;
  private readonly ids = new Set<string>();

  constructor(found: FoundFiles, terraform: TerraformFiles) {
    this.found = found;
    this.terraform = terraform;
    this.configurations.push(...terraform.configurations);
    this.problems.push(...terraform.problems.map(unreadableTerraform));
    for (const source of found.pipelines) {
      const document = this.parse(source, { report: true });
      if (!document) continue;
      if (child(document.root, "Resources")) this.templates.push(new Template(source, document.root));
      else if (isPlan(document)) this.configurations.push(plannedConfiguration(source, document.root));
      else this.definitions.push(document);
    }
    if (this.templates.length === 0) return;
    for (const source of found.beside) {
      const document = this.parse(source, { report: false });
      if (document && child(document.root, "Resources")) this.templates.push(new Template(source, document.root));
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

  private inTemplate(resource: Resource, template: Template, scope: ValueScope): CodePipeline {
    const body = readBody(resource.properties ?? { kind: "map", entries: [], at: resource.at }, scope);
    this.sources.set(template.source.path, template.source);
    return {
      ...body,
      id: this.uniqueId(`${template.source.path}#${resource.id}`),
      label: literal(body.name) ?? resource.id,
      source: template.source,
      at: resource.at,
      nameAt: resource.idAt,
      aliases: [...template.aliases(resource), identity([open(template.source.path, `${resource.id}.Arn`)])!],
      scope,
    };
  }

  /** A module of which several configurations make use is a pipeline in each of them; an address may be declared twice by mistake. */
  private uniqueId(id: string, folder?: string): string {
    const wanted = this.ids.has(id) && folder !== undefined ? `${id} in ${folder}` : id;
    let own = wanted;
    for (let count = 2; this.ids.has(own); count += 1) own = `${wanted} (${count})`;
    this.ids.add(own);
    return own;
  }

  private inTerraform(resource: TerraformResource, configuration: Configuration, scope: ValueScope): CodePipeline {
    const body = readBody(pipelineOf(resource.node), scope);
    this.sources.set(resource.source.path, resource.source);
    return {
      ...body,
      id: this.uniqueId(`${resource.source.path}#${resource.address}`, configuration.folder),
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
        id: this.uniqueId(`${source.path}#${label}`),
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
    const found = documents.map(({ source, root }) => {
      const isSpec = child(root, "phases") !== undefined;
      return { source, secrets: isSpec ? secretsOfSpec(root) : secretsIn(root, this.textsOf(source)) };
    });
    for (const { source, root } of this.terraform.written) {
      const isValues = /\.tfvars(\.json)?$/.test(source.path);
      found.push({ source, secrets: isValues ? secretsInValues(root) : secretsIn(root, raw) });
    }
    for (const { source, secrets } of found) if (secrets.length > 0) this.sources.set(source.path, source);
    return found.flatMap(({ secrets }) => secrets);
  }

  private textsOf(source: SourceFile): ValueScope["text"] {
    const template = this.templates.find((each) => each.source === source);
    return template ? (node) => template.text(node) : definitionScope.text;
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

const definitionScope: ValueScope = {
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

/** What `terraform show -json` prints of a plan or a state. */
function isPlan({ root }: Document): boolean {
  return (
    child(root, "format_version") !== undefined &&
    (child(root, "planned_values") ?? child(root, "values")) !== undefined
  );
}
