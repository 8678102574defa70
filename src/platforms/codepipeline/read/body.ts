/** The structure of a pipeline, which is the same in the service's own JSON, in templates and (once reshaped) in Terraform. */

import { literal, type Written } from "../../../facts/written.ts";
import type {
  Action,
  BuildVariable,
  CodePipeline,
  OnFailure,
  Patterns,
  PullRequestFilter,
  PushFilter,
  Setting,
  Stage,
  StageCondition,
  Trigger,
  ValueScope,
  Variable,
} from "../pipeline.ts";
import { child, entriesOf, type Node } from "./tree/node.ts";
import { unknownKey } from "./values.ts";

/** How names and lists are resolved where the pipeline is written. */
type Words = Pick<ValueScope, "text" | "list">;

export interface Body {
  readonly name: Written | undefined;
  readonly mode: Written | undefined;
  readonly type: CodePipeline["type"];
  readonly stages: readonly Stage[];
  readonly triggers: readonly Trigger[];
  readonly variables: readonly Variable[];
  readonly stores: readonly Written[];
  readonly role: Written | undefined;
  readonly partial: boolean;
}

/** A field as the API spells it (`runOrder`) or as templates do (`RunOrder`). */
export function field(node: Node | undefined, name: string): Node | undefined {
  return child(node, name) ?? child(node, name.charAt(0).toUpperCase() + name.slice(1));
}

export function readBody(node: Node, words: Words): Body {
  const reader = new BodyReader(words);
  const stages = reader.list(field(node, "stages")).map((stage) => reader.stage(stage));
  const triggers = reader.list(field(node, "triggers")).map((trigger) => reader.trigger(trigger));
  const single = field(node, "artifactStore");
  const several = field(node, "artifactStores");
  const perRegion = several?.kind === "map" ? several.entries.map(({ value }) => value) : reader.list(several);
  const stores = [...(single ? [single] : []), ...perRegion.map((each) => field(each, "artifactStore") ?? each)];
  return {
    name: words.text(field(node, "name")),
    mode: words.text(field(node, "executionMode")),
    type: typeOf(node, words),
    stages,
    triggers,
    variables: reader.list(field(node, "variables")).flatMap((variable) => reader.variable(variable)),
    stores: stores.flatMap((store) => words.text(field(store, "location")) ?? []),
    role: words.text(field(node, "roleArn")),
    partial: reader.partial,
  };
}

/** What only V2 has makes it one, also where the type is not written. Source: the service's page about pipeline types. */
function typeOf(node: Node, words: Words): CodePipeline["type"] {
  const written = words.text(field(node, "pipelineType"));
  if (written) {
    const type = literal(written);
    return type === "V1" || type === "V2" ? type : "unknown";
  }
  const conditions = ["beforeEntry", "onSuccess", "onFailure"];
  const hasConditions = words
    .list(field(node, "stages"))
    .items.some((stage) => conditions.some((name) => field(stage, name) !== undefined));
  const isNewer = hasConditions || ["triggers", "variables"].some((name) => field(node, name) !== undefined);
  return isNewer ? "V2" : "V1";
}

/** `{name, value, type}`, in whatever case the format writes them. */
export function variable(node: Node, words: Pick<Words, "text">): BuildVariable | undefined {
  const [name, value, type] = ["name", "value", "type"].map((key) => words.text(field(node, key)));
  const plain = literal(name);
  if (plain === undefined) return undefined;
  const kind = type ? literal(type) : "PLAINTEXT";
  const hidden = { key: unknownKey(plain), at: node.at };
  return { name: plain, value: kind === undefined ? hidden : (value ?? hidden), from: sources[kind ?? ""] ?? "value" };
}

const sources: Readonly<Record<string, BuildVariable["from"]>> = {
  PARAMETER_STORE: "parameter-store",
  SECRETS_MANAGER: "secrets-manager",
};

class BodyReader {
  partial = false;
  private readonly words: Words;

  constructor(words: Words) {
    this.words = words;
  }

  list(node: Node | undefined): readonly Node[] {
    const { items, partial } = this.words.list(node);
    if (partial) this.partial = true;
    return items;
  }

  stage(node: Node): Stage {
    return {
      name: this.words.text(field(node, "name")),
      at: node.at,
      actions: this.list(field(node, "actions")).map((action) => this.action(action)),
      beforeEntry: this.condition(field(node, "beforeEntry")),
      onSuccess: this.condition(field(node, "onSuccess")),
      onFailure: this.onFailure(field(node, "onFailure")),
    };
  }

  /** The service takes one condition in each place. */
  private condition(node: Node | undefined): StageCondition | undefined {
    const [condition] = this.list(field(node, "conditions"));
    if (!condition) return undefined;
    const rules = this.list(field(condition, "rules")).map((rule) => ({
      name: this.words.text(field(rule, "name")),
      provider: this.words.text(field(field(rule, "ruleTypeId"), "provider")),
      configuration: this.settings(field(rule, "configuration")),
    }));
    return { result: this.words.text(field(condition, "result")), rules };
  }

  private onFailure(node: Node | undefined): OnFailure | undefined {
    if (!node) return undefined;
    return {
      result: this.words.text(field(node, "result")),
      retryMode: this.words.text(field(field(node, "retryConfiguration"), "retryMode")),
      condition: this.condition(node),
    };
  }

  variable(node: Node): Variable[] {
    const name = this.words.text(field(node, "name"));
    return name ? [{ name, default: this.words.text(field(node, "defaultValue")) }] : [];
  }

  private action(node: Node): Action {
    const type = field(node, "actionTypeId");
    const text = (holder: Node | undefined, name: string) => this.words.text(field(holder, name));
    return {
      name: text(node, "name"),
      at: node.at,
      category: text(type, "category"),
      owner: text(type, "owner"),
      provider: text(type, "provider"),
      runOrder: text(node, "runOrder"),
      inputs: this.artifacts(field(node, "inputArtifacts")),
      outputs: this.artifacts(field(node, "outputArtifacts")),
      configuration: this.settings(field(node, "configuration")),
      commands: this.texts(field(node, "commands")),
      variables: this.list(field(node, "environmentVariables")).flatMap((item) => variable(item, this.words) ?? []),
      namespace: text(node, "namespace"),
      role: text(node, "roleArn"),
      region: text(node, "region"),
    };
  }

  private artifacts(node: Node | undefined): Written[] {
    return this.list(node).flatMap((item) => this.words.text(field(item, "name") ?? item) ?? []);
  }

  private texts(node: Node | undefined): Written[] {
    return this.list(node).flatMap((item) => this.words.text(item) ?? []);
  }

  private settings(node: Node | undefined): Setting[] {
    const isTold = node?.kind === "map" ? !node.partial : node?.kind !== "scalar" || !node.key;
    if (!isTold) this.partial = true;
    return entriesOf(node).flatMap(({ key, keyAt, value }) => {
      if (key.startsWith("Fn::")) {
        this.partial = true;
        return [];
      }
      const text = this.words.text(value) ?? { key: [{ kind: "unknown", text: key }], at: value.at };
      return [{ name: key, nameAt: keyAt, value: text }];
    });
  }

  trigger(node: Node): Trigger {
    const git = field(node, "gitConfiguration");
    return {
      at: node.at,
      sourceAction: this.words.text(field(git, "sourceActionName")),
      push: this.list(field(git, "push")).map((push) => this.push(push)),
      pullRequests: this.list(field(git, "pullRequest")).map((request) => this.pullRequest(request)),
    };
  }

  private pullRequest(node: Node): PullRequestFilter {
    const patterns = (name: string) => this.patterns(field(node, name));
    const events = this.texts(field(node, "events"));
    return { at: node.at, branches: patterns("branches"), paths: patterns("filePaths"), events };
  }

  private push(node: Node): PushFilter {
    const patterns = (name: string) => this.patterns(field(node, name));
    return { at: node.at, branches: patterns("branches"), tags: patterns("tags"), paths: patterns("filePaths") };
  }

  private patterns(node: Node | undefined): Patterns | undefined {
    if (!node) return undefined;
    return {
      includes: this.texts(field(node, "includes")),
      excludes: this.texts(field(node, "excludes")),
      at: node.at,
    };
  }
}
