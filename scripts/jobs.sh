#!/bin/bash
# Prints how many compilations to run at once: one per core, and no more than there is memory for.
# Usage: scripts/jobs.sh [MIB_PER_JOB]
set -euo pipefail
mib_per_job=${1:-1500}  # the largest translation units take 0.8 to 1.2 GB
cores=$(nproc)
mib=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
fit=$((mib / mib_per_job))
jobs=$((fit < cores ? fit : cores))
echo $((jobs < 1 ? 1 : jobs))
