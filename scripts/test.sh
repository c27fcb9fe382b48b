#!/bin/bash
# All tests under clang's address and undefined-behaviour sanitizers, the threaded ones under its thread sanitizer, and
# the instructions of the message path. Usage: scripts/test.sh
# TSAN=no and INSTRUCTIONS=no leave those parts out.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
jobs=${JOBS:-$(scripts/jobs.sh)}
# Test programs with threads of their own; each is a folder of tests/unit.
threaded=(obs journal net sim pipeline)

run_ctest() {  # PRESET [ctest arguments]; a test program that hangs is ended by its time-out
  local preset=$1
  shift
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" --timeout 300 "$@"
}
export -f run_ctest
export jobs

scripts/build.sh dev || exit
scripts/step.sh 'test dev (ASan, UBSan)' bash -c 'run_ctest dev'
status=$?

if [ "${TSAN:-yes}" != no ]; then
  present=()
  for name in "${threaded[@]}"; do
    [ -n "$(find "tests/unit/$name" -name '*.cpp' -print -quit 2>/dev/null)" ] && present+=("$name")
  done
  if [ ${#present[@]} -gt 0 ]; then
    pattern="^($(IFS='|'; echo "${present[*]}"))\\."
    export pattern
    scripts/build.sh tsan "${present[@]/%/_test}" || exit
    scripts/step.sh "test tsan: ${present[*]}" bash -c 'run_ctest tsan -R "$pattern"' || status=$?
  fi
fi
# What the message path costs, in the optimised program, and what that tells of its memory. Counts are those of g++ on x86-64.
if [ "${INSTRUCTIONS:-yes}" != no ] && [ "$(uname -m)" = x86_64 ]; then
  scripts/build.sh release instructions marketprism planted || exit
  scripts/step.sh 'count instructions, look into the optimised program' bash -c 'run_ctest release' || status=$?
fi
exit "$status"
