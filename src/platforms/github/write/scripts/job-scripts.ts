/** Shell around the steps of a job: the lock's guard, outputs, artifacts, retries. */

import type { OutputType, Retry } from "../../../../model/delivery.ts";
import { startedName } from "../names.ts";

/**
 * A job may run long after the plan (re-run jobs, a lock given up in between): whoever began to deploy last goes on,
 * everybody else stops. In: `MARK` (the environment, and in a chain the pipeline), `ENVIRONMENT`, `GH_TOKEN`.
 */
export const fenceScript = `newest=$(gh api "repos/$GITHUB_REPOSITORY/actions/artifacts?name=${startedName("$MARK")}&per_page=100" --jq '
  [.artifacts[] | select(.workflow_run.head_repository_id == .workflow_run.repository_id)] | max_by(.id).workflow_run.id')
if [ "$newest" != "$GITHUB_RUN_ID" ]; then
  echo "::error title=Another run deploys here::Run $newest began to deploy to $ENVIRONMENT after this one. Re-run all jobs of this run if it is still wanted."
  exit 1
fi
`;

const typeTests: Readonly<Record<OutputType, string | undefined>> = {
  string: undefined,
  number: "'^-?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$'",
  boolean: "'^(true|false)$'",
  url: "'^[A-Za-z][A-Za-z0-9+.-]*:.+'",
  json: undefined,
};

/** Makes the file that steps append outputs to. */
export const openOutputsScript = `file="$RUNNER_TEMP/baton-output"
: > "$file"
echo "BATON_OUTPUT=$file" >> "$GITHUB_ENV"
`;

/** Hands on what was promised: each output must be there, with a value of its type. */
export function publishScript(outputs: Readonly<Record<string, OutputType>>): string {
  const hasTests = Object.values(outputs).some((type) => typeTests[type] !== undefined);
  const hasJson = Object.values(outputs).includes("json");
  const checks = [
    ...(hasTests
      ? [
          `  if [ -n "$3" ] && ! grep -qE "$3" <<< "$value"; then
    echo "::error title=Wrong type::Output $1 was promised as $2 and its value is not one."
    exit 1
  fi`,
        ]
      : []),
    ...(hasJson
      ? [
          `  if [ "$2" = json ] && ! jq -e 'true' <<< "$value" > /dev/null; then
    echo "::error title=Wrong type::Output $1 was promised as json and its value is not valid."
    exit 1
  fi`,
        ]
      : []),
  ];
  return String.raw`# The last value of this name in the file, written as name=value or name<<MARK.
publish() {
  local value
  if ! value=$(awk -v name="$1" '
    { sub(/\r$/, "") }
    mark != "" { if ($0 == mark) { mark = ""; if (mine) { value = text; found = 1 } } else text = text (lines++ ? "\n" : "") $0; next }
    match($0, /^[^ =<]+(=|<<)/) {
      key = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
      if (key ~ /=$/) { if (key == name "=") { value = rest; found = 1 } }
      else { mark = rest; mine = key == name "<<"; text = ""; lines = 0 }
    }
    END { if (!found) exit 1; print value }' "$BATON_OUTPUT"); then
    echo "::error title=Output missing::Output $1 was promised and not published; let a step append $1=VALUE to the file in BATON_OUTPUT."
    exit 1
  fi
${checks.length > 0 ? `${checks.join("\n")}\n` : ""}  {
    echo "$1<<END_OF_$1"
    echo "$value"
    echo "END_OF_$1"
  } >> "$GITHUB_OUTPUT"
}
${Object.entries(outputs)
  .map(
    ([name, type]) =>
      `publish ${name}${checks.length > 0 ? ` ${type}${typeTests[type] ? ` ${typeTests[type]}` : hasTests ? " ''" : ""}` : ""}`,
  )
  .join("\n")}
`;
}

/**
 * One file for an artifact, whatever it is made of: a folder becomes an archive that keeps modes and links, with the same
 * bytes for the same files. In: `SOURCE`, `TARGET` (a folder). Out: `digest`, `file`.
 */
export const packScript = `rm -rf "$TARGET"
mkdir -p "$TARGET"
if [ -d "$SOURCE" ]; then
  file="$TARGET/$(basename "$SOURCE").folder.tar"
  tar --create --file "$file" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory "$SOURCE" .
elif [ -f "$SOURCE" ]; then
  file="$TARGET/$(basename "$SOURCE")"
  cp "$SOURCE" "$file"
else
  echo "::error title=Artifact missing::The job was to leave behind $SOURCE and there is no such file or folder."
  exit 1
fi
digest=$(sha256sum "$file" | cut -d' ' -f1)
{
  echo "digest=sha256:$digest"
  echo "file=$file"
} | tee -a "$GITHUB_OUTPUT"
`;

/**
 * Lays a downloaded artifact where it belongs, when it has the digest it was made with. In: `DOWNLOADED` (a folder with one
 * file), `DIGEST`, `TARGET`.
 */
export function placeScript({ attested }: { attested: "yes" | "no" }): string {
  return `file=$(find "$DOWNLOADED" -type f)
if [ ! -f "$file" ]; then
  echo "::error title=Artifact missing::Exactly one file was expected in the artifact for $TARGET."
  exit 1
fi
actual="sha256:$(sha256sum "$file" | cut -d' ' -f1)"
if [ "$actual" != "$DIGEST" ]; then
  echo "::error title=Another artifact::$TARGET has the digest $actual; $DIGEST was built and tested."
  exit 1
fi
${attested === "yes" ? 'gh attestation verify "$file" --repo "$GITHUB_REPOSITORY"\n' : ""}rm -rf "$TARGET"
case "$file" in
  "$DOWNLOADED"/*.folder.tar)
    mkdir -p "$TARGET"
    tar --extract --file "$file" --directory "$TARGET"
    ;;
  *)
    mkdir -p "$(dirname "$TARGET")"
    mv "$file" "$TARGET"
    ;;
esac
echo "$TARGET has the digest $actual"
`;
}

/** A job that may be tried again: each of its scripts is, with the waits of the definition. */
export function retried(script: string, { attempts, delayMs, factor, maxDelayMs }: Retry): string {
  if (attempts <= 1) return script;
  const waits = [0];
  for (let n = 1; n < attempts; n++) waits.push(Math.ceil(Math.min(maxDelayMs, delayMs * factor ** (n - 1)) / 1000));
  return `for wait in ${waits.join(" ")}; do
sleep "$wait"
set +e
(
set -e
${script.endsWith("\n") ? script : `${script}\n`})
status=$?
set -e
if [ "$status" -eq 0 ]; then break; fi
done
exit "$status"
`;
}
