#!/bin/sh
set -e
case "$1" in
  live)
    helm upgrade mail ./chart --namespace live
    ;;
  *)
    helm template ./chart
    ;;
esac
