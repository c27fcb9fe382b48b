#!/bin/bash
# Puts the DuckDB library that the Parquet sink and `marketprism query` load into build/deps/duckdb.
# Its source is the npm package @duckdb/node-bindings-linux-x64, fetched by the npm that is
# installed; both the package and the library are checked against the sums below.
# Running it again does nothing when the right library is there.
set -euo pipefail

package="@duckdb/node-bindings-linux-x64@1.4.4-r.4"
package_sha256=732fac4dc6b8f198870b9c4bb6ddf13544466daca00ad28ba2f1d80de5d7aa4b
library_sha256=1ef33048e12235115ac0d277a0aaccbb560e33248144f488b5ac005cd9ba81b5

root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$root/build/deps/duckdb}

fail() {
  echo "install-duckdb: $*" >&2
  exit 1
}
is() { echo "$2  $1" | sha256sum --check --status 2>/dev/null; }

if [[ -f $target/libduckdb.so ]] && is "$target/libduckdb.so" "$library_sha256"; then
  echo "install-duckdb: $target/libduckdb.so is already DuckDB 1.4.4"
  exit 0
fi
[[ $(uname -s)-$(uname -m) == Linux-x86_64 ]] ||
  fail "the pinned library is for Linux on x86_64, and this is $(uname -s) on $(uname -m)"
command -v npm >/dev/null || fail "npm is needed to fetch $package, and there is none"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "install-duckdb: fetching $package (about 21 MB)"
(cd "$work" && npm pack --silent "$package" >/dev/null) || fail "npm could not fetch $package"
archives=("$work"/*.tgz)
is "${archives[0]}" "$package_sha256" || fail "$package has other contents than expected: refused"
tar -xzf "${archives[0]}" -C "$work" package/libduckdb.so package/LICENSE
is "$work/package/libduckdb.so" "$library_sha256" || fail "libduckdb.so has an unexpected sum: refused"

mkdir -p "$target"
# Under another name first: a program that runs keeps the library that it has mapped.
cp "$work/package/libduckdb.so" "$target/.libduckdb.so.new"
mv "$target/.libduckdb.so.new" "$target/libduckdb.so"
cp "$work/package/LICENSE" "$target/LICENSE"
echo "install-duckdb: installed DuckDB 1.4.4 (MIT licence) as $target/libduckdb.so"
