#!/bin/sh
# Puts a packaged release in place and starts it instead of the one before.
# Usage: HOME_FOLDER=… RELEASE=… PORT=… DATABASE_PATH=… SITE_ROOT=… sh deploy.sh PACKAGE
set -eu
package=$1
place=$HOME_FOLDER/api
mkdir -p "$place"
rm -rf "${place:?}/$RELEASE"
cp -R "$package" "$place/$RELEASE"

if [ -f "$place/pid" ] && kill "$(cat "$place/pid")" 2>/dev/null; then
  while kill -0 "$(cat "$place/pid")" 2>/dev/null; do sleep 0.05; done
fi

ln -sfn "$RELEASE" "$place/current"
printf '{"PORT":"%s","DATABASE_PATH":"%s","SITE_ROOT":"%s","RELEASE":"%s"}\n' \
  "$PORT" "$DATABASE_PATH" "$SITE_ROOT" "$RELEASE" > "$place/settings.json"

node "$place/current/server.mjs" > "$place/server.log" 2>&1 < /dev/null &
echo $! > "$place/pid"

tries=0
until node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$API_URL/health"; do
  tries=$((tries + 1))
  if [ "$tries" -ge 50 ]; then
    echo "the API does not answer at $API_URL; its log:" >&2
    cat "$place/server.log" >&2
    exit 1
  fi
  sleep 0.1
done
echo "release $RELEASE answers at $API_URL"
echo "name=shop-${BATON_ENVIRONMENT:-local} pid=$(cat "$place/pid") url=${API_URL%/api}/" >> "${BATON_SERVICE:-/dev/null}"
