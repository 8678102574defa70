#!/usr/bin/env bash
# One file for an artifact, whatever it is made of: a folder becomes an archive that keeps modes and links. Beside it nothing but the
# folder that it lies in, which says what it was: folder, executable or file (GitHub keeps no modes). In: SOURCE (from the root of
# the checkout). Out: `digest`, `file`, `folder`.

# shellcheck source-path=SCRIPTDIR source=../base.sh
source "$GITHUB_ACTION_PATH/../base.sh"

target="$RUNNER_TEMP/pack"
rm -rf "$target"
if [ -d "$SOURCE" ]; then
  mkdir -p "$target/folder"
  file="$target/folder/$(basename "$SOURCE").tar"
  about=$(tar --version)
  # The sign-in of Google leaves a key of the job in its folder.
  if [[ $about == *GNU* ]]; then
    # The same bytes for the same files. On Windows a colon would name another machine.
    tar --force-local --create --file "$file" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --exclude='./gha-creds-*.json' --directory "$SOURCE" .
  else
    tar -c -f "$file" --exclude './gha-creds-*.json' -C "$SOURCE" .
  fi
elif [ -f "$SOURCE" ]; then
  kind="file"
  if [ -x "$SOURCE" ]; then kind="executable"; fi
  mkdir -p "$target/$kind"
  file="$target/$kind/$(basename "$SOURCE")"
  cp "$SOURCE" "$file"
else
  fail "Artifact missing" "The job was to leave behind $SOURCE and there is no such file or folder."
fi
digest=$(digest_of "$file")
{
  echo "digest=$digest"
  echo "file=$file"
  echo "folder=$target"
} | tee -a "$GITHUB_OUTPUT"
