#!/usr/bin/env bash
# Lays a downloaded artifact where it belongs, when it has the digest it was made with. In: DOWNLOADED (what `pack` left: one file),
# DIGEST, TARGET (from the root of the checkout), SIGNER and SOURCE_REF (of its attestation; empty: there is none).

# shellcheck source-path=SCRIPTDIR source=../base.sh
source "$GITHUB_ACTION_PATH/../base.sh"

file=$(find "$DOWNLOADED" -type f)
if [ ! -f "$file" ]; then fail "Artifact missing" "Exactly one file was expected in the artifact for $TARGET."; fi
actual=$(digest_of "$file")
if [ "$actual" != "$DIGEST" ]; then fail "Another artifact" "$TARGET has the digest $actual; $DIGEST was built and tested."; fi
if [ -n "$SIGNER" ]; then
  require gh
  for attempt in 1 2 3 4; do
    if gh attestation verify "$file" --repo "$GITHUB_REPOSITORY" --signer-workflow "$GITHUB_REPOSITORY/$SIGNER" --source-ref "$SOURCE_REF"; then break; fi
    if [ "$attempt" -eq 4 ]; then fail "Not signed" "$TARGET is not attested by $SIGNER on $SOURCE_REF."; fi
    sleep "$((attempt * 5))"
  done
fi
rm -rf "${GITHUB_WORKSPACE:?}/$TARGET"
case "$file" in
  "$DOWNLOADED"/folder/*)
    mkdir -p "$GITHUB_WORKSPACE/$TARGET"
    about=$(tar --version)
    if [[ $about == *GNU* ]]; then
      tar --force-local --extract --file "$file" --directory "$GITHUB_WORKSPACE/$TARGET"
    else
      tar -x -f "$file" -C "$GITHUB_WORKSPACE/$TARGET"
    fi
    ;;
  "$DOWNLOADED"/executable/* | "$DOWNLOADED"/file/*)
    mkdir -p "$(dirname "$GITHUB_WORKSPACE/$TARGET")"
    mv "$file" "$GITHUB_WORKSPACE/$TARGET"
    if [[ $file == "$DOWNLOADED"/executable/* ]]; then chmod +x "$GITHUB_WORKSPACE/$TARGET"; fi
    ;;
  *) fail "Unreadable" "The artifact for $TARGET was packed in another way. Start the workflow with force, which builds it anew." ;;
esac
echo "$TARGET has the digest $actual"
