#!/bin/bash
# Fuzzes each venue by itself, from its golden frames on. Usage: scripts/fuzz-venues.sh SECONDS [VENUE...]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
shift
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target fuzz_venue_read >/dev/null
venues=("$@")
[ ${#venues[@]} -gt 0 ] || mapfile -t venues < <(ls tests/golden)
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
for venue in "${venues[@]}"; do
  rm -rf "${corpus:?}"/*
  python3 - "tests/golden/$venue/frames.jsonl" "$corpus" <<'PYTHON'
import base64, json, pathlib, sys
frames, corpus = map(pathlib.Path, sys.argv[1:])
for number, line in enumerate(frames.read_text().splitlines()):
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    wrapped = isinstance(entry, dict) and entry.get("t") in ("recv", "http", "header")
    if wrapped and "b64" in entry:
        data = base64.b64decode(entry["b64"])
    elif wrapped:
        data = entry.get("data", "").encode()
    else:
        data = line.encode()
    (corpus / str(number)).write_bytes(data)
PYTHON
  log=$corpus/../fuzz-$venue.log
  if MP_FUZZ_VENUE=$venue build/fuzz/fuzz/fuzz_venue_read -max_total_time="$seconds" -max_len=4096 \
      -rss_limit_mb=2048 -artifact_prefix="$corpus/" "$corpus" >"$log" 2>&1; then
    echo "$venue: $(grep -o 'Done [0-9]* runs' "$log"), no finding"
  else
    echo "$venue: FOUND, see $log" >&2
    cp "$corpus"/crash-* "$corpus"/timeout-* "$corpus"/.. 2>/dev/null || true
    status=1
  fi
  [ -n "${status:-}" ] || rm -f "$log"
done
exit "${status:-0}"
