#!/usr/bin/env bash
# Fails when something that was to be deployed is not, be it because it was skipped. In: ENVIRONMENT, LOST, OPEN.
set -euo pipefail

if [ -n "$LOST" ]; then
  echo "::error title=Not handed over::$LOST was promised and did not arrive (GitHub drops an output that contains a masked value). Its pipeline counts as not deployed to $ENVIRONMENT."
fi
if [ -n "$OPEN" ]; then
  echo "::error title=Not everything is deployed to $ENVIRONMENT::$OPEN"
fi
[ -z "$LOST$OPEN" ]
