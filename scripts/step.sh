#!/bin/bash
# Runs one step, says what it is and how long it took.
# Usage: scripts/step.sh "What it does" COMMAND [ARGUMENT...]
set -uo pipefail
title=$1
shift
printf '==> %s\n' "$title"
started=$(date +%s%N)
"$@"
status=$?
tenths=$((($(date +%s%N) - started) / 100000000))
if [ $status -eq 0 ]; then
  printf '==> %s: done in %d.%d s\n' "$title" $((tenths / 10)) $((tenths % 10))
else
  printf '==> %s: FAILED with exit code %d after %d.%d s\n' \
    "$title" $status $((tenths / 10)) $((tenths % 10)) >&2
fi
exit $status
