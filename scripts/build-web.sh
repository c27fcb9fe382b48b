#!/bin/bash
# Builds the page (web/) that the program embeds. Usage: scripts/build-web.sh WORK DIST
# Builds in WORK, a folder of its own, so that the sources stay as they are; leaves the files in DIST, empty where there is
# no npm or no network: the program then has no page, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$1
dist=$2
rm -rf "$dist"
mkdir -p "$work" "$dist"
fail() { echo "the page is left out: $1" >&2; exit 0; }
command -v npm >/dev/null || fail 'npm is needed to build it, and there is none'
# What was installed for the same lock file stays.
find "$work" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name installed.json -exec rm -rf {} +
tar -C web --exclude=node_modules --exclude=dist --exclude=build -cf - . | tar -C "$work" -xf -
if ! cmp -s "$work/package-lock.json" "$work/installed.json"; then
  (cd "$work" && npm ci --no-audit --no-fund --loglevel=error >&2) || fail 'npm could not install what web/package-lock.json names'
  cp "$work/package-lock.json" "$work/installed.json"
fi
(cd "$work" && npm run --silent build >&2)
cp -r "$work/dist/." "$dist/"
