#!/usr/bin/env bash
# One file for an artifact, whatever it is made of: a folder becomes an archive that keeps modes and links. In: SOURCE (from the
# root of the checkout). Out: `digest`, `file`, `folder`.
set -euo pipefail

digest_of() { # FILE
  if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi
}

target="$RUNNER_TEMP/pack"
rm -rf "$target"
mkdir -p "$target"
if [ -d "$SOURCE" ]; then
  file="$target/$(basename "$SOURCE").folder.tar"
  about=$(tar --version)
  if [[ $about == *GNU* ]]; then
    # The same bytes for the same files. On Windows a colon would name another machine.
    tar --force-local --create --file "$file" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory "$SOURCE" .
  else
    tar -c -f "$file" -C "$SOURCE" .
  fi
elif [ -f "$SOURCE" ]; then
  file="$target/$(basename "$SOURCE")"
  cp "$SOURCE" "$file"
else
  echo "::error title=Artifact missing::The job was to leave behind $SOURCE and there is no such file or folder."
  exit 1
fi
sum=$(digest_of "$file")
digest=${sum%% *}
[ "${#digest}" -eq 64 ] || { echo "::error title=No digest::$file has none."; exit 1; }
{
  echo "digest=sha256:$digest"
  echo "file=$file"
  echo "folder=$target"
} | tee -a "$GITHUB_OUTPUT"
