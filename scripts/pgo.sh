#!/bin/bash
# Profile-guided optimisation: builds the program, lets it decode, keep books and collect from the simulator, and builds it
# again for what it did most. Leaves build/pgo/marketprism.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/pgo
find build/pgo -name '*.gcda' -delete  # of other sources, perhaps
scripts/build.sh pgo-train marketprism
scripts/step.sh 'train it' build/pgo/marketprism bench decode receive book journal e2e --rounds 1 --scratch build/pgo
scripts/build.sh pgo marketprism
