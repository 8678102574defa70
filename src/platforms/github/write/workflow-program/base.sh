# shellcheck shell=bash
# What all programs beside this file stand on.

set -euo pipefail
shopt -s inherit_errexit 2> /dev/null || true

# Ends the program and says why. On standard error, so that nobody takes it for a value.
fail() { # TITLE SENTENCE
  echo "::error title=$1::$2" >&2
  exit 1
}

# A program that a machine, or the image of a container, may lack.
require() { # PROGRAM
  command -v "$1" > /dev/null || fail "No $1" "This needs $1, which the machine or the container of this job does not have."
}

# On Windows jq ends lines as Windows does, unless it is told.
if [ "${RUNNER_OS:-}" = Windows ]; then
  jq() { command jq --binary "$@"; }
fi

# The digest of a file: sha256:HEX.
digest_of() { # FILE
  local sum
  if command -v sha256sum > /dev/null; then sum=$(sha256sum < "$1"); else sum=$(shasum -a 256 < "$1"); fi
  sum=${sum%% *}
  [ "${#sum}" -eq 64 ] || fail "No digest" "$1 has none."
  echo "sha256:$sum"
}

# A mark that nobody can know beforehand: a value cannot end itself and go on as another output.
new_mark() {
  local mark
  mark="end_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  [ "${#mark}" -eq 36 ] || fail "No chance" "/dev/urandom gave nothing."
  echo "$mark"
}
