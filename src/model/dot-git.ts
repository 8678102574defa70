/**
 * Whether some file system takes this name for `.git`, the folder in which git keeps a repository: it may ignore case, blanks
 * and dots at the end and what follows a colon (NTFS, where it is also `git~1`), or characters that are not seen (HFS+).
 */
export function isDotGit(name: string): boolean {
  const seen = name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "").toLowerCase();
  return /^(?:\.git|git~1)[ .]*(?::|$)/.test(seen);
}

/** Whether a relative path, `/`-separated, leads to such a folder or into one. */
export function leadsIntoGit(path: string): boolean {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.some(isDotGit);
}
