/** The table of docs/architecture.md: who may import whom, by folder below `src/`, and what of a folder is pure. */

export interface Folder {
  /** Folders whose files it may import, besides its own. */
  readonly mayImport: readonly string[];
}

export interface Layout {
  readonly folders: ReadonlyMap<string, Folder>;
  /** Path prefixes below `src/` whose code depends on its arguments alone. */
  readonly pure: readonly string[];
}

/**
 * Rows look like `` | `store`, `git` | `engine`, `plan` | yes | ``; the last cell is empty, `yes`, or names the sub-folders
 * that are pure. The row `everybody` says what each folder may import. Throws where the table is not as promised.
 */
export function readLayout(page: string): Layout {
  const rows = page
    .split("\n")
    .slice(page.split("\n").findIndex((line) => /^\| folder \| may import \| pure \|$/.test(line)) + 2)
    .map((line) => /^\|(.*)\|(.*)\|(.*)\|$/.exec(line)?.slice(1));
  const end = rows.indexOf(undefined);
  const folders = new Map<string, Folder>();
  const pure: string[] = [];
  let everybody: readonly string[] = [];
  for (const [names = "", imports = "", purity = ""] of rows.slice(0, end).map((row) => row ?? [])) {
    const mayImport = namesIn(imports);
    if (names.trim() === "everybody") everybody = mayImport;
    for (const name of namesIn(names)) {
      if (folders.has(name)) throw new Error(`docs/architecture.md: two rows for ${name}`);
      folders.set(name, { mayImport });
      if (purity.trim() === "yes") pure.push(name);
      else pure.push(...namesIn(purity).map((part) => `${name}/${part}`));
    }
  }
  if (folders.size === 0) throw new Error("docs/architecture.md: no table `| folder | may import | pure |`");
  for (const [name, { mayImport }] of folders) {
    const strange = mayImport.find((target) => !folders.has(target));
    if (strange !== undefined) throw new Error(`docs/architecture.md: ${name} may import ${strange}, which has no row`);
    folders.set(name, { mayImport: [...mayImport, ...everybody] });
  }
  return { folders, pure };
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}
