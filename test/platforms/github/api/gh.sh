#!/bin/bash
# The real gh, and beside it what Debian's is too old for: `gh variable set` and `gh attestation verify`, with the options
# that generated files and settings use. What nobody signs here is taken from where a certificate would stand, and compared
# as the real one does.
set -euo pipefail
fail() {
  echo "gh: $*" >&2
  exit 1
}

set_variable() {
  local name=$1 value='' environment='' repo='{owner}/{repo}' path
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --body | -b) value=$2 ;;
      --env | -e) environment=$2 ;;
      --repo | -R) repo=$2 ;;
      *) fail "unknown flag: $1" ;;
    esac
    shift 2
  done
  path=repos/$repo/actions/variables
  if [ -n "$environment" ]; then path=repos/$repo/environments/$environment/variables; fi
  "$REAL_GH" api --silent --method POST "$path" -f "name=$name" -f "value=$value" 2> /dev/null ||
    "$REAL_GH" api --silent --method PATCH "$path/$name" -f "name=$name" -f "value=$value"
}

case "${1:-} ${2:-}" in
  "variable set")
    set_variable "${@:3}"
    exit
    ;;
  "variable "*) fail "the stand-in knows variable set only" ;;
  "attestation "*) ;;
  *) exec "$REAL_GH" "$@" ;;
esac

[ "${2:-}" = verify ] || fail "the stand-in knows verify only"
shift 2
file='' repo='' signer='' ref='' digest='' predicate=https://slsa.dev/provenance/v1
while [ $# -gt 0 ]; do
  case $1 in
    --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
  esac
  case $1 in
    --repo | -R) repo=$2 ;;
    --signer-workflow) signer=$2 ;;
    --source-ref) ref=$2 ;;
    --source-digest) digest=$2 ;;
    --predicate-type) predicate=$2 ;;
    -*) fail "unknown flag: $1" ;;
    *)
      [ -z "$file" ] || fail "accepts 1 arg(s), received 2"
      file=$1
      shift
      continue
      ;;
  esac
  shift 2
done
if [ -z "$file" ] || [ -z "$repo" ]; then fail "a file and one of --owner and --repo are needed"; fi
subject=sha256:$(sha256sum "$file" | cut -d ' ' -f 1)
found=$("$REAL_GH" api --method GET "repos/$repo/attestations/$subject" -f per_page=30 -f "predicate_type=$predicate") ||
  fail "no attestations found for subject $subject"
# Any file of the repository may have signed where no signer is named.
jq -e --arg repo "$repo" --arg signer "$signer" --arg ref "$ref" --arg digest "$digest" '
  any(.attestations[].bundle.verificationMaterial;
    (if $signer == "" then (.signerWorkflow | startswith($repo + "/")) else .signerWorkflow == ($signer | ltrimstr("https://github.com/")) end)
    and ($ref == "" or .sourceRef == $ref)
    and ($digest == "" or .sourceDigest == $digest))' <<< "$found" > /dev/null ||
  fail "verifying with issuer \"sigstore.dev\": no attestation of $subject is of the expected signer and source"
echo "Verification succeeded" >&2
