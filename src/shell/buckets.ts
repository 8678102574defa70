import type { Access, Key } from "../facts/access.ts";
import type { CommandCall } from "./call.ts";
import { resourceAccess } from "./rows.ts";
import { dropLeading, leadingText } from "./words.ts";

const SCHEME = "s3://";

/** `aws s3 sync|cp|mv|rm`: what is read from or written to which bucket path. */
export function readBuckets({
  args,
  command,
  confidence,
  program,
  setting,
}: CommandCall): readonly Access[] | undefined {
  if (program !== "aws" || args.text(0) !== "s3") return undefined;
  const verb = args.text(1) ?? "";
  const paths = args.positionals.slice(2).map(({ key }) => key);
  if (!["sync", "cp", "mv", "rm"].includes(verb)) return [];
  // A folder that is copied as a whole is a site or a release; one file is something for another run.
  const whole = verb === "sync" || args.has("--recursive");
  const shared = { tool: `aws s3 ${verb}`, resource: "bucket", at: command.at, confidence } as const;
  const details = setting.accountOf(command, args);
  const accesses: Access[] = [];
  const [source, target] = verb === "rm" ? [undefined, paths[0]] : paths;
  if (source && isBucket(source)) {
    const mode = verb === "mv" ? "replace" : "read";
    accesses.push(resourceAccess({ ...shared, key: bucketPath(source), mode, effect: "hand-off", details }));
  }
  if (target && isBucket(target)) {
    const mode = verb === "rm" || args.has("--delete") ? "replace" : "write";
    const effect = verb === "rm" ? "destroy" : whole ? "deploy" : "hand-off";
    accesses.push(resourceAccess({ ...shared, key: bucketPath(target), mode, effect, details }));
  }
  return accesses;
}

/** A name that is a variable throughout may be a bucket; the file system is what is written as a path. */
function isBucket(key: Key): boolean {
  return leadingText(key).startsWith(SCHEME);
}

function bucketPath(key: Key): Key {
  return dropLeading(key, SCHEME.length).map((part, i, all) =>
    part.kind === "text" && i === all.length - 1 ? { ...part, text: part.text.replace(/\/+$/, "") } : part,
  );
}
