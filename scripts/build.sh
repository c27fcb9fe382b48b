#!/bin/bash
# Configures a preset and builds targets of it, each step timed. Usage: scripts/build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
jobs=${JOBS:-$(scripts/jobs.sh)}
targets=()
[ $# -eq 0 ] || targets=(--target "$@")

configure() {  # quietly, unless it fails
  local log
  log=$(mktemp)
  if cmake --preset "$preset" >"$log" 2>&1; then rm -f "$log"; return; fi
  cat "$log" >&2
  rm -f "$log"
  return 1
}
export -f configure
export preset

scripts/step.sh "configure $preset" bash -euc configure
scripts/step.sh "build $preset with $jobs jobs" \
  cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
