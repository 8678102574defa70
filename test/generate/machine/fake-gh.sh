#!/bin/bash
# Stands in for `gh api` over the artifacts that the machine keeps: a list in $GH_STORE/artifacts.json, a zip for each.
set -euo pipefail
if [ "$1" = attestation ]; then exit 0; fi
[ "$1" = api ]
url=$2
filter=.
if [ "${3:-}" = --jq ]; then filter=$4; fi
name=${url##*name=}
name=${name%%&*}
case "$url" in
  */artifacts/*/zip)
    id=${url%/zip}
    cat "$GH_STORE/${id##*/}.zip"
    ;;
  */runs/*/artifacts\?name=*)
    run=${url#*/runs/}
    jq --arg name "$name" --argjson run "${run%%/*}" '{artifacts: [.artifacts[] | select(.name == $name and .workflow_run.id == $run)]}' \
      "$GH_STORE/artifacts.json" | jq -r "$filter"
    ;;
  */artifacts\?name=*)
    jq --arg name "$name" '{artifacts: [.artifacts[] | select(.name == $name)] | sort_by(-.id)}' "$GH_STORE/artifacts.json" | jq -r "$filter"
    ;;
  *)
    echo "fake gh: no answer for $url" >&2
    exit 1
    ;;
esac
