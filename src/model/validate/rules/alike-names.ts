import { foldedName } from "../../names.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal, type Subject } from "../subject.ts";

/**
 * Names that differ only in case, hyphens and underscores are one name to some file system or platform; and so are
 * `web.app_url` and `web_app.url` once the name of the pipeline is put before that of the value.
 */
export const alikeNames: Rule = function* (subject) {
  for (const { kind, names } of besideEachOther(subject)) {
    for (const [first, second] of pairs(names, ({ name }) => foldedName(name))) {
      yield tooAlike(first, second, `the ${kind} "${first.name}" and "${second.name}" differ only in case, - and _`);
    }
  }
  for (const { kind, names } of ofDifferentPipelines(subject)) {
    const joined = ({ pipeline, name }: OfPipeline) => `${pipeline}_${name}`.toLowerCase().replaceAll("-", "_");
    for (const [first, second] of pairs(names, joined)) {
      if (foldedName(first.pipeline) === foldedName(second.pipeline)) continue;
      const [one, other] = [first, second].map(({ pipeline, name }) => `"${pipeline}.${name}"`);
      yield tooAlike(first, second, `the ${kind} ${one} and ${other} would both be called ${joined(first)}`);
    }
  }
};

interface Named {
  readonly name: string;
  readonly path: DefinitionPath;
}

interface OfPipeline extends Named {
  readonly pipeline: string;
}

interface Scope<Item> {
  readonly kind: string;
  readonly names: readonly Item[];
}

function* besideEachOther(subject: Subject): Generator<Scope<Named>> {
  const listed = (key: "environments" | "pipelines") =>
    subject.delivery[key].map(({ name }) => ({ name, path: [key, name] }));
  yield { kind: "environments", names: listed("environments") };
  yield { kind: "pipelines", names: listed("pipelines") };
  const jobs = subject.jobs.map(({ pipeline, name, path }) => ({ pipeline: pipeline.name, name, path }));
  for (const { kind, names } of [{ kind: "jobs", names: jobs }, ...ofDifferentPipelines(subject)]) {
    for (const own of Map.groupBy(names, ({ pipeline }) => pipeline).values()) yield { kind, names: own };
  }
}

function* ofDifferentPipelines({ outputs, artifacts }: Subject): Generator<Scope<OfPipeline>> {
  yield {
    kind: "outputs",
    names: Array.from(outputs.values(), ({ pipeline, name, path }) => ({ pipeline: pipeline.name, name, path })),
  };
  yield {
    kind: "artifacts",
    names: Array.from(artifacts.values(), ({ madeBy, name, path }) => ({ pipeline: madeBy.pipeline.name, name, path })),
  };
}

/** Each one that is like an earlier one, with the first of these. Two things of one name are refused as duplicates. */
function* pairs<Item extends Named>(items: readonly Item[], fold: (item: Item) => string): Generator<[Item, Item]> {
  const seen = new Map<string, Item>();
  for (const item of items) {
    const first = seen.get(fold(item));
    if (first === undefined) seen.set(fold(item), item);
    else if (first.path.join("/") !== item.path.join("/")) yield [first, item];
  }
}

function tooAlike(first: Named, second: Named, message: string): Refusal {
  return refusal("alike-names", second.path, {
    message: `${message}, and not every platform tells them apart`,
    related: [{ message: `"${first.name}" stands here`, path: first.path }],
    help: "call one of them something else",
  });
}
