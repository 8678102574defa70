#!/bin/sh
set -e
up() {
  helm upgrade mail ./chart --namespace live
}
if [ "$1" = "live" ]; then
  up
else
  helm template ./chart
fi
