#!/bin/bash
# Installs what is missing of scripts/packages.txt, and the pinned DuckDB. What is there is left alone, so that a second
# call changes nothing and takes no time.
# Usage: scripts/install.sh build|test      (test: what building needs, and what the tests need)
#        MP_INSTALL=no scripts/install.sh … (installs nothing: only says what is missing)
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  build) groups='build' ;;
  test) groups='build test page' ;;
  *) echo 'usage: scripts/install.sh build|test' >&2; exit 2 ;;
esac

packages_of() { awk -v group="$1" '$1 == group { print $2 }' scripts/packages.txt; }

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Whether there is a DuckDB to load: the pinned one, or one that is installed.
has_duckdb() {
  [ -f build/deps/duckdb/libduckdb.so ] || /sbin/ldconfig -p 2>/dev/null | grep -q 'libduckdb\.so'
}

# An apt-get that root runs, with our few words around it.
apt() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || return 1
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"
}

missing=()
for group in $groups; do
  for package in $(packages_of "$group"); do
    installed "$package" && continue
    # Its tests tell that they are skipped.
    if [ "$group" = page ] && { [ "${MP_INSTALL:-yes}" = no ] || command -v "$package" >/dev/null; }; then
      command -v "$package" >/dev/null || echo "missing, and its tests are skipped: $package" >&2
      continue
    fi
    missing+=("$package")
  done
done
# npm may be there without Debian's package of that name.
if ! command -v npm >/dev/null; then
  mapfile -t -O ${#missing[@]} missing < <(packages_of npm)
fi

# One sync at the end in place of several for each of some hundred small packages: measured on a busy machine, a third of the
# time. Only a power loss within these seconds could tell the difference.
install_missing() {
  apt install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "$@" >"$log" 2>&1 && sync
}

if [ ${#missing[@]} -gt 0 ]; then
  if [ "${MP_INSTALL:-yes}" = no ] || ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]}" >&2
    echo 'Install them (Debian 12 names), then try again.' >&2
    exit 69
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo 'There is no sudo. As root, run:' >&2
    echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 77
  fi
  echo "installing ${#missing[@]} packages and what they need: ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  # The package lists are fetched only when the ones that are there do not lead to every package.
  if ! install_missing "${missing[@]}"; then
    echo 'fetching the package lists'
    if ! { apt update && install_missing "${missing[@]}"; } >>"$log" 2>&1; then
      tail -n 20 "$log" >&2
      echo "apt-get could not install: ${missing[*]}" >&2
      exit 69
    fi
  fi
  grep -E '^[0-9]+ upgraded|^Need to get|^After this|^Fetched' "$log" || true
else
  echo 'all packages are there'
fi

# The program builds and runs without it; only Parquet and `query` need it, and say so.
if [ "${MP_INSTALL:-yes}" != no ] && ! has_duckdb; then
  scripts/install-duckdb.sh || echo 'going on without DuckDB: no Parquet files, no `query`' >&2
fi
