/**
 * The edge of the reader: which files may describe pipelines, found by what they contain. Runs nothing, follows no link,
 * and stays cheap in a repository that has none.
 */

import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { SourceFile } from "../../../findings/source.ts";
import { decode, MAX_FILE_SIZE } from "./decode.ts";
import { findTerraform, isTerraform } from "./find-terraform.ts";

/** What a repository may hold before the search gives up. Real ones stay well below. */
const MAX_FOLDERS = 5_000;
const MAX_DEPTH = 12;
const MAX_BYTES = 64 * 1024 * 1024;

/** Copies, other people's code, and examples of tests: never what a team deploys. */
const passedOver =
  /^(\..*|node_modules|bower_components|vendor|third_party|site-packages|venv|target|asset\..*|tests?|__tests__|testdata|(__)?fixtures(__)?|__snapshots__)$/;

const candidate = /\.(json|ya?ml|template|tf|tfvars)$/i;
const never = /^(package(-lock)?|tsconfig.*|composer|manifest|tree|.*\.assets|.*\.schema|.*\.lock)\.json$/i;

/** Words without which no file describes a pipeline, or what belongs to one. */
const markers = ["AWS::CodePipeline::Pipeline", "aws_codepipeline", '"actionTypeId"'];
const besideMarkers = ["AWS::CodeBuild::Project", "aws_codebuild_project"];

export interface FoundFiles {
  readonly root: string;
  /** The one file that was asked for, where it was one. */
  readonly focus: string | undefined;
  /** Sorted paths from the root. */
  readonly pipelines: readonly SourceFile[];
  /** Templates and configurations that hold parts of what pipelines run. */
  readonly beside: readonly SourceFile[];
  /** Configurations of Terraform with pipelines: all files of their modules, and values for their variables. */
  readonly terraform: readonly SourceFile[];
  /** A file by its path from the root; undefined where there is none, or it is outside or too large. */
  read(path: string): SourceFile | undefined;
}

/** Searches a folder, or looks at one file and what is beside it. */
export function findFiles(path: string): FoundFiles {
  const absolute = resolve(path);
  const isFile = statSync(absolute).isFile();
  const root = isFile ? dirname(absolute) : absolute;
  const realRoot = realpathSync(root);
  const read = (file: string): SourceFile | undefined => {
    try {
      const real = realpathSync(join(root, file));
      if (!real.startsWith(realRoot + sep)) return undefined;
      return readText(real, file);
    } catch {
      return undefined;
    }
  };
  const paths = isFile ? besideFile(root, basename(absolute)) : candidates(root);
  const focus = isFile ? basename(absolute) : undefined;
  const terraform = findTerraform({
    paths: paths.filter(isTerraform),
    list: (folder) => filesOf(join(root, folder)),
    mentions: (file, word) => readBytes(join(root, file))?.includes(word) === true,
    read,
  });
  const others = paths.filter((each) => !isTerraform(each));
  return { root, focus, ...sorted(others, { root, focus }), terraform, read };
}

export function isEmpty({ pipelines, terraform }: FoundFiles): boolean {
  return pipelines.length + terraform.length === 0;
}

function sorted(paths: readonly string[], { root, focus }: { root: string; focus: string | undefined }) {
  const pipelines: SourceFile[] = [];
  const beside: SourceFile[] = [];
  let left = MAX_BYTES;
  for (const path of paths) {
    const bytes = readBytes(join(root, path));
    left -= bytes?.length ?? 0;
    if (!bytes || left < 0) continue;
    const holds = (words: readonly string[]) => words.some((word) => bytes.includes(word));
    const target = holds(markers) ? pipelines : holds(besideMarkers) ? beside : undefined;
    if (!target || (focus !== undefined && target === pipelines && path !== focus)) continue;
    const source = decode(path, bytes);
    if (source) target.push(source);
  }
  return { pipelines, beside };
}

function besideFile(folder: string, file: string): string[] {
  return isTerraform(file) ? filesOf(folder).filter(isTerraform) : [file];
}

function filesOf(folder: string): string[] {
  return entriesOf(folder)
    .filter((each) => each.isFile())
    .map(({ name }) => name);
}

function candidates(root: string): string[] {
  const found: string[] = [];
  let folders = 0;
  const visit = (folder: string, depth: number): void => {
    if (depth > MAX_DEPTH || ++folders > MAX_FOLDERS) return;
    for (const each of entriesOf(join(root, folder))) {
      const path = folder === "" ? each.name : `${folder}/${each.name}`;
      if (each.isDirectory()) {
        if (!passedOver.test(each.name)) visit(path, depth + 1);
      } else if (each.isFile() && candidate.test(each.name) && !never.test(each.name)) found.push(path);
    }
  };
  visit("", 0);
  return found;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function readBytes(absolute: string): Buffer | undefined {
  try {
    if (statSync(absolute).size > MAX_FILE_SIZE) return undefined;
    return readFileSync(absolute);
  } catch {
    return undefined;
  }
}

function readText(absolute: string, path: string): SourceFile | undefined {
  try {
    if (!statSync(absolute).isFile()) return undefined;
  } catch {
    return undefined;
  }
  const bytes = readBytes(absolute);
  return bytes && decode(path, bytes);
}
