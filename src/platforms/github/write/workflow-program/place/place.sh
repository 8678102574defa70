#!/usr/bin/env bash
# Lays a downloaded artifact where it belongs, when it has the digest it was made with. In: DOWNLOADED (a folder with one file),
# DIGEST, TARGET (from the root of the checkout), SIGNER and SOURCE_REF (of its attestation; empty: there is none).
set -euo pipefail

digest_of() { # FILE
  if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi
}

fail() {
  echo "::error title=$1::$2"
  exit 1
}

file=$(find "$DOWNLOADED" -type f)
if [ ! -f "$file" ]; then fail "Artifact missing" "Exactly one file was expected in the artifact for $TARGET."; fi
sum=$(digest_of "$file")
actual="sha256:${sum%% *}"
if [ "$actual" != "$DIGEST" ]; then fail "Another artifact" "$TARGET has the digest $actual; $DIGEST was built and tested."; fi
if [ -n "$SIGNER" ]; then
  for attempt in 1 2 3 4; do
    if gh attestation verify "$file" --repo "$GITHUB_REPOSITORY" --signer-workflow "$GITHUB_REPOSITORY/$SIGNER" --source-ref "$SOURCE_REF"; then break; fi
    if [ "$attempt" -eq 4 ]; then fail "Not signed" "$TARGET is not attested by $SIGNER on $SOURCE_REF."; fi
    sleep "$((attempt * 5))"
  done
fi
rm -rf "${GITHUB_WORKSPACE:?}/$TARGET"
case "$file" in
  "$DOWNLOADED"/*.folder.tar)
    mkdir -p "$GITHUB_WORKSPACE/$TARGET"
    about=$(tar --version)
    if [[ $about == *GNU* ]]; then
      tar --force-local --extract --file "$file" --directory "$GITHUB_WORKSPACE/$TARGET"
    else
      tar -x -f "$file" -C "$GITHUB_WORKSPACE/$TARGET"
    fi
    ;;
  *)
    mkdir -p "$(dirname "$GITHUB_WORKSPACE/$TARGET")"
    mv "$file" "$GITHUB_WORKSPACE/$TARGET"
    ;;
esac
echo "$TARGET has the digest $actual"
